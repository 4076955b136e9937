import { inspect } from 'node:util';

import type { NodeApiError } from 'n8n-workflow';

import type { Sandbox } from '../../sandbox';
import { sender } from '../unit/sandbox/client';
import { until } from '../until';
import { startTriggerSetting, type TriggerSetting } from './triggerSetting';

let setting: TriggerSetting;
let sandbox: Sandbox;
const start = async (options = {}) => {
	setting = await startTriggerSetting(options);
	({ sandbox } = setting);
};
afterEach(async () => await setting.close());

const ELSEWHERE = 'https://elsewhere.example.com/kpn';
const configured = () => sandbox.settings.application?.webhook_url;
const keys = () => sandbox.settings.keys.map(({ status }) => status);
const sendSms = async (body: object = {}) => {
	const send = await sender(sandbox);
	const messages = [{ content: 'Hello', mobile_number: '+31612345670' }];
	expect((await send({ messages, ...body })).status).toBe(200);
};

describe('an application without a webhook', () => {
	beforeEach(async () => await start());

	test('publishing makes a key and sets the URL; a report then arrives by itself', async () => {
		const host = await setting.published();
		expect(setting.changes()).toEqual(['POST /applications/keys', 'POST /applications']);
		expect([configured(), keys()]).toEqual([host.url, ['active']]);
		await sendSms();
		await until(() => host.executions.length > 0);
		expect(host.executions.flat().map(({ json }) => json)).toEqual([
			expect.objectContaining({
				event: 'deliveryReport',
				status: 'delivered',
				recipient: '+31612345670',
				documentId: sandbox.messages[0]?.documentId,
				attempt: 1,
				keyId: sandbox.settings.activeKey?.key_id,
			}),
		]);
		expect(sandbox.deliveries).toHaveLength(1);
	});

	test('an SMS that a phone sends arrives by itself', async () => {
		const host = await setting.published();
		sandbox.receiveSms({ sender: '+31612345670', content: 'Yes, please 🙂' });
		await until(() => host.executions.length > 0);
		expect(host.executions.flat().map(({ json }) => json)).toEqual([
			{
				event: 'inboundSms',
				sender: '+31612345670',
				recipient: '+3197000000000',
				messageId: sandbox.inbound[0]?.messageId,
				content: 'Yes, please 🙂',
				sentAt: sandbox.inbound[0]?.sentAt,
				contentType: 'text/unicode/*',
				body: expect.objectContaining({ sender: '31612345670' }),
			},
		]);
	});

	test('unpublishing removes the URL, and deletes nothing that KPN still signs with', async () => {
		const host = await setting.published();
		expect(await host.unpublish()).toBe(true);
		expect([configured(), keys()]).toEqual([undefined, ['active']]);
		await host.publish();
		expect([configured(), keys()]).toEqual([host.url, ['active']]);
		expect(await setting.report(host)).toBe(200);
	});

	test('a start of n8n changes nothing at KPN, and events go on arriving', async () => {
		const host = await setting.published();
		sandbox.settingsCalls.length = 0;
		for (let time = 0; time < 3; time++) await host.restart();
		expect(setting.changes()).toEqual([]);
		expect(host.log).toEqual([]);
		expect(await setting.report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('publishing again changes nothing where all is as it should be', async () => {
		const host = await setting.published();
		sandbox.settingsCalls.length = 0;
		await host.publish();
		expect(setting.changes()).toEqual([]);
		await host.unpublish();
		expect(configured()).toBeUndefined();
	});

	test('no secret is readable in what n8n stores', async () => {
		const host = await setting.published();
		const { secret = '' } = sandbox.settings.activeKey ?? {};
		expect(secret).toHaveLength(64);
		expect(host.staticData).not.toContain(secret);
		expect(host.staticData).not.toContain(Buffer.from(secret).toString('base64url').slice(0, 20));
	});

	test('an event that comes before n8n has saved the registration does not undo it', async () => {
		const host = await setting.host();
		// n8n has read the static data for it before, and saves it after.
		let early: string | undefined;
		await host.publish('activate', async () => {
			expect(await setting.report(host)).toBe(200);
			early = host.staticData;
		});
		expect(early).toBe('{}');
		expect(await setting.report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
		await host.unpublish();
		expect(configured()).toBeUndefined();
	});

	test('a URL that somebody has set here by hand stays', async () => {
		const host = await setting.host();
		sandbox.settings.application = { webhook_url: host.url };
		await host.publish();
		expect(setting.changes()).toEqual(['POST /applications/keys']);
		await host.unpublish();
		expect(configured()).toBe(host.url);
		expect(host.log.at(-1)).toMatch(/KPN still sends here/);
	});

	test('a test listens at its own URL and takes nothing along', async () => {
		const host = await setting.host();
		const end = await host.listenForTest();
		expect(configured()).toBe(host.testUrl);
		await sendSms();
		await until(() => host.executions.length > 0);
		expect(await end()).toBe(true);
		expect(configured()).toBeUndefined();
	});

	test('what a broken test has left is no obstacle to publishing, and is not put back', async () => {
		const host = await setting.host();
		await host.listenForTest();
		await host.publish();
		expect(configured()).toBe(host.url);
		await host.unpublish();
		expect(configured()).toBeUndefined();
	});
});

describe('an application with somebody else’s webhook', () => {
	const privacy_config = { excluded_fields: { sms_dlr: ['Message'] } };
	beforeEach(async () => {
		await start();
		sandbox.settings.application = { webhook_url: ELSEWHERE, privacy_config };
		sandbox.settings.addKey({ secret: 'theirs' });
	});

	test('publishing sets the URL, says whose it was, and uses their key without changing it', async () => {
		const host = await setting.published();
		expect(setting.changes()).toEqual(['PUT /applications']);
		expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
		expect(keys()).toEqual(['active']);
		expect(host.log.join()).toMatch(/sent to https:\/\/elsewhere\.example\.com before/);
		expect(await setting.report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('unpublishing puts theirs back, also after starts of n8n and after publishing twice', async () => {
		const host = await setting.published();
		await host.restart();
		await host.publish();
		expect(await host.unpublish()).toBe(true);
		expect(sandbox.settings.application).toEqual({ webhook_url: ELSEWHERE, privacy_config });
		expect(sandbox.settings.keys).toMatchObject([{ secret: 'theirs', status: 'active' }]);
	});

	test('unpublishing leaves what somebody has changed since', async () => {
		const host = await setting.published();
		sandbox.settings.application = { webhook_url: 'https://new.example.com/' };
		expect(await host.unpublish()).toBe(true);
		expect(configured()).toBe('https://new.example.com/');
	});

	test('a start of n8n leaves what somebody has changed since, and says so', async () => {
		const host = await setting.published();
		sandbox.settings.application = { webhook_url: 'https://new.example.com/' };
		sandbox.settingsCalls.length = 0;
		host.log.length = 0;
		await host.restart();
		expect(setting.changes()).toEqual([]);
		expect(host.log).toEqual([expect.stringMatching(/KPN now sends elsewhere/)]);
		expect(await setting.report(host)).toBe(200);
	});

	test('a test does not take events away from it', async () => {
		const host = await setting.host();
		await expect(host.listenForTest()).rejects.toThrow(/would take those events away/);
		expect(setting.changes()).toEqual([]);
	});

	test('unpublishing that fails keeps what is to be put back for the next time', async () => {
		const host = await setting.published();
		sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 503 } });
		await expect(host.unpublish()).rejects.toThrow(
			/webhook settings answered with HTTP status 503/,
		);
		await host.publish();
		await host.unpublish();
		expect(configured()).toBe(ELSEWHERE);
	});
});

describe('two triggers on one application', () => {
	beforeEach(async () => await start());

	test('the second is refused in words, and the first goes on', async () => {
		const first = await setting.published();
		// In the same n8n, that is at the same address.
		const second = await setting.host();
		Object.assign(second, { base: new URL(first.url).origin });
		await expect(second.publish()).rejects.toThrow(/another KPN SMS Trigger of this n8n has it/);
		expect(configured()).toBe(first.url);
		expect(await setting.report(first)).toBe(200);
	});

	test('the second can be told to take over, and the first, unpublished, leaves it alone', async () => {
		const first = await setting.published();
		const second = await setting.host({ parameters: { additionalOptions: { takeOver: true } } });
		Object.assign(second, { base: new URL(first.url).origin });
		await second.publish();
		expect(configured()).toBe(second.url);
		await first.unpublish();
		expect(configured()).toBe(second.url);
		await second.unpublish();
		expect(configured()).toBe(first.url);
	});
});

describe('when KPN refuses', () => {
	test('403: the words say which product to add, and nothing is changed', async () => {
		await start({ webhookProducts: false });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(
			/Add KPN’s webhook configuration product \(webhookconfigs-kpn\).*Manual/,
		);
		expect(sandbox.settings.application).toBeUndefined();
	});

	test('KPN’s own words and its code are in the error', async () => {
		await start();
		const fault = { faultstring: 'Spike arrest', detail: { errorcode: 'policies.ratelimit' } };
		const answer = { kind: 'http', status: 429, body: { fault } } as const;
		sandbox.inject({ on: 'settings', answer });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(
			'HTTP status 429. KPN says: “Spike arrest” (policies.ratelimit). Try again later.',
		);
	});

	test.each([
		['in JSON', (secret: string) => JSON.stringify({ key_id: null, secret })],
		['in a sentence', (secret: string) => `The secret ${secret} is not taken`],
	])('a refusal that repeats the new secret %s is quoted without it', async (_how, refusal) => {
		await start();
		let secret = '';
		const { settings } = sandbox;
		const real = settings.answer.bind(settings);
		jest.spyOn(settings, 'answer').mockImplementation((method, path, query, body) => {
			if (method !== 'POST') return real(method, path, query, body);
			({ secret } = body as { secret: string });
			return { status: 400, headers: {}, body: refusal(secret) };
		});
		const host = await setting.host();
		const error = await host.publish().catch((thrown: NodeApiError) => thrown);
		expect(secret).toHaveLength(64);
		expect(error).toMatchObject({ message: expect.stringMatching(/KPN says: “.*secret.*…/) });
		expect(inspect(error, { depth: 9 })).not.toContain(secret);
	});

	test('an answer that holds a secret is logged without it', async () => {
		await start();
		const host = await setting.published();
		const body = { secret: 'of "the key"', text: '{"secret": "of the key"}', form: 'secret=key&x' };
		sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 500, body } });
		await host.restart();
		expect(host.log.at(-1)).toMatch(/could not be checked.*KPN says: “{"secret":"…","text":/);
		expect(host.log.join()).not.toContain('key');
	});

	test('KPN is down on publishing: clear words, and nothing is left behind', async () => {
		await start();
		await sandbox.stopListening();
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/KPN could not be reached \(ECONNREFUSED\)/);
		await sandbox.listenAgain();
		await host.publish();
		expect(configured()).toBe(host.url);
	});

	test('KPN is down when n8n starts: events still start the workflow', async () => {
		await start();
		const host = await setting.published();
		await sandbox.stopListening();
		await host.restart();
		expect(host.log.at(-1)).toMatch(/could not be checked. KPN could not be reached/);
		expect(await setting.report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('a wrong Consumer Secret is said in words', async () => {
		await start();
		setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), clientSecret: 'wrong' });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/KPN does not know this Consumer Key/);
	});

	test('an expired token is renewed', async () => {
		await start();
		const host = await setting.published();
		sandbox.expireTokens();
		await host.unpublish();
		expect(configured()).toBeUndefined();
	});

	test('a redirect is neither followed nor taken for success', async () => {
		await start();
		const trap = 'http://127.0.0.1:9/';
		sandbox.inject({
			on: 'settings',
			answer: { kind: 'http', status: 302, headers: { location: trap } },
		});
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/HTTP status 302/);
	});

	test('a URL of which it is unclear whether KPN took it is put back at once', async () => {
		await start();
		sandbox.inject({ on: 'settings', skip: 4, accept: true, answer: { kind: 'reset' } });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/KPN could not be reached/);
		expect(setting.changes()).toEqual([
			'POST /applications/keys',
			'POST /applications',
			'DELETE /applications',
		]);
		expect(configured()).toBeUndefined();
	});

	test('an n8n without https is told before anything is changed at KPN itself', async () => {
		await start();
		setting.credentials.set('kpn', {
			...setting.credentials.raw('kpn'),
			environment: 'production',
		});
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/sends only to https.*WEBHOOK_URL/);
		expect(sandbox.settingsCalls).toEqual([]);
	});
});
