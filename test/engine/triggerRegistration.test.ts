import type { INode } from 'n8n-workflow';

import { seal } from '../../nodes/KpnSmsTrigger/seal';
import type { Sandbox } from '../../sandbox';
import { sender } from '../unit/sandbox/client';
import type { TriggerHost } from './triggerHost';
import {
	post,
	REPORT,
	signed,
	startTriggerSetting,
	until,
	type TriggerSetting,
} from './triggerSetting';

let setting: TriggerSetting;
let sandbox: Sandbox;
const start = async (options = {}) => {
	setting = await startTriggerSetting(options);
	({ sandbox } = setting);
};
afterEach(async () => await setting.close());

const ELSEWHERE = 'https://elsewhere.example.com/kpn';
const published = async (changes: Partial<INode> = {}) => {
	const host = await setting.host(changes);
	await host.publish();
	return host;
};
/** The calls that change something at KPN. */
const changes = () =>
	sandbox.settingsCalls
		.filter(({ method }) => method !== 'GET')
		.map(({ method, path }) => `${method} ${path}`);
const configured = () => sandbox.settings.application?.webhook_url;
const keys = () => sandbox.settings.keys.map(({ status }) => status);
const sendSms = async (body: object = {}) => {
	const send = await sender(sandbox);
	const messages = [{ content: 'Hello', mobile_number: '+31612345670' }];
	expect((await send({ messages, ...body })).status).toBe(200);
};
/** A report as KPN signs it with its active key. */
const report = async (host: TriggerHost, payload: object = REPORT) => {
	const { key_id: keyId, secret } = sandbox.settings.activeKey ?? {};
	const body = JSON.stringify(payload);
	return (await post(host.url, body, signed(body, { keyId, secret }))).status;
};

describe('an application without a webhook', () => {
	beforeEach(async () => await start());

	test('publishing makes a key and sets the URL; a report then arrives by itself', async () => {
		const host = await published();
		expect(changes()).toEqual(['POST /applications/keys', 'POST /applications']);
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
		const host = await published();
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
		const host = await published();
		expect(await host.unpublish()).toBe(true);
		expect([configured(), keys()]).toEqual([undefined, ['active']]);
		await host.publish();
		expect([configured(), keys()]).toEqual([host.url, ['active']]);
		expect(await report(host)).toBe(200);
	});

	test('a start of n8n changes nothing at KPN, and events go on arriving', async () => {
		const host = await published();
		sandbox.settingsCalls.length = 0;
		for (let time = 0; time < 3; time++) await host.restart();
		expect(changes()).toEqual([]);
		expect(host.log).toEqual([]);
		expect(await report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('publishing again changes nothing where all is as it should be', async () => {
		const host = await published();
		sandbox.settingsCalls.length = 0;
		await host.publish();
		expect(changes()).toEqual([]);
		await host.unpublish();
		expect(configured()).toBeUndefined();
	});

	test('no secret is readable in what n8n stores', async () => {
		const host = await published();
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
			expect(await report(host)).toBe(200);
			early = host.staticData;
		});
		expect(early).toBe('{}');
		expect(await report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
		await host.unpublish();
		expect(configured()).toBeUndefined();
	});

	test('a URL that somebody has set here by hand stays', async () => {
		const host = await setting.host();
		sandbox.settings.application = { webhook_url: host.url };
		await host.publish();
		expect(changes()).toEqual(['POST /applications/keys']);
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
		const host = await published();
		expect(changes()).toEqual(['PUT /applications']);
		expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
		expect(keys()).toEqual(['active']);
		expect(host.log.join()).toMatch(/sent to https:\/\/elsewhere\.example\.com before/);
		expect(await report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('unpublishing puts theirs back, also after starts of n8n and after publishing twice', async () => {
		const host = await published();
		await host.restart();
		await host.publish();
		expect(await host.unpublish()).toBe(true);
		expect(sandbox.settings.application).toEqual({ webhook_url: ELSEWHERE, privacy_config });
		expect(sandbox.settings.keys).toMatchObject([{ secret: 'theirs', status: 'active' }]);
	});

	test('unpublishing leaves what somebody has changed since', async () => {
		const host = await published();
		sandbox.settings.application = { webhook_url: 'https://new.example.com/' };
		expect(await host.unpublish()).toBe(true);
		expect(configured()).toBe('https://new.example.com/');
	});

	test('a start of n8n leaves what somebody has changed since, and says so', async () => {
		const host = await published();
		sandbox.settings.application = { webhook_url: 'https://new.example.com/' };
		sandbox.settingsCalls.length = 0;
		host.log.length = 0;
		await host.restart();
		expect(changes()).toEqual([]);
		expect(host.log).toEqual([expect.stringMatching(/KPN now sends elsewhere/)]);
		expect(await report(host)).toBe(200);
	});

	test('a test does not take events away from it', async () => {
		const host = await setting.host();
		await expect(host.listenForTest()).rejects.toThrow(/would take those events away/);
		expect(changes()).toEqual([]);
	});

	test('unpublishing that fails keeps what is to be put back for the next time', async () => {
		const host = await published();
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
		const first = await published();
		// In the same n8n, that is at the same address.
		const second = await setting.host();
		Object.assign(second, { base: new URL(first.url).origin });
		await expect(second.publish()).rejects.toThrow(/another KPN SMS Trigger of this n8n has it/);
		expect(configured()).toBe(first.url);
		expect(await report(first)).toBe(200);
	});

	test('the second can be told to take over, and the first, unpublished, leaves it alone', async () => {
		const first = await published();
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

describe('keys that change at KPN', () => {
	beforeEach(async () => await start());

	test('a rotation loses no event: before, during and after it, signed with either key', async () => {
		const host = await published();
		const old = sandbox.settings.activeKey;
		expect(await report(host, { ...REPORT, DLRID: 'before' })).toBe(200);
		sandbox.settings.addKey({ secret: 'new one' });
		expect(await report(host, { ...REPORT, DLRID: 'new key' })).toBe(200);
		const late = JSON.stringify({ ...REPORT, DLRID: 'old key' });
		const { key_id: keyId, secret } = old ?? {};
		expect((await post(host.url, late, signed(late, { keyId, secret }))).status).toBe(200);
		await host.restart();
		expect(await report(host, { ...REPORT, DLRID: 'after' })).toBe(200);
		expect(host.executions).toHaveLength(4);
		expect(changes()).toEqual(['POST /applications/keys', 'POST /applications']);
	});

	test('a retired key verifies no more', async () => {
		const host = await published();
		const { key_id: keyId = '', secret } = sandbox.settings.activeKey ?? {};
		sandbox.settings.addKey({ secret: 'new one' });
		sandbox.settings.answer(
			'POST',
			`/applications/keys/${keyId}/retire`,
			new URLSearchParams(),
			{},
		);
		await host.restart();
		const body = JSON.stringify(REPORT);
		expect((await post(host.url, body, signed(body, { keyId, secret }))).status).toBe(401);
		expect(host.executions).toEqual([]);
	});

	test('the key that we made is deleted once KPN no longer signs with it, theirs are not', async () => {
		const host = await published();
		sandbox.settings.addKey({ secret: 'theirs' });
		sandbox.settings.addKey({ secret: 'theirs again' });
		await host.unpublish();
		expect(sandbox.settings.keys).toMatchObject([
			{ secret: 'theirs', status: 'retiring' },
			{ secret: 'theirs again', status: 'active' },
		]);
	});

	test('a right signature under the id of another key is refused', async () => {
		const host = await published();
		const { secret } = sandbox.settings.activeKey ?? {};
		const body = JSON.stringify(REPORT);
		const headers = signed(body, { secret, keyId: 'wk_unknown' });
		expect((await post(host.url, body, headers)).status).toBe(401);
		expect(host.executions).toEqual([]);
	});

	test('a thousand requests with made-up key ids make n8n ask KPN once', async () => {
		const host = await published();
		sandbox.settingsCalls.length = 0;
		for (let batch = 0; batch < 20; batch++) {
			const forged = Array.from({ length: 50 }, async (_, index) => {
				const body = JSON.stringify({ ...REPORT, DLRID: `${batch}-${index}` });
				return await post(host.url, body, signed(body, { keyId: `wk_${batch}_${index}` }));
			});
			for (const { status } of await Promise.all(forged)) expect(status).toBe(401);
		}
		expect(host.executions).toEqual([]);
		expect(sandbox.settingsCalls.map(({ path }) => path)).toEqual([
			'/applications/keys/reveal',
			'/applications/keys',
		]);
	});

	test('a key of ours that somebody has replaced and retired is found out about with the next event', async () => {
		const host = await published();
		sandbox.settings.keys.length = 0;
		expect(await report(host, { ...REPORT, DLRID: 'unsigned' })).toBe(401);
		await host.restart();
		expect(host.log.at(-1)).toMatch(/no active signing key/);
		await host.publish();
		expect(await report(host)).toBe(200);
	});

	test('with another Consumer Secret the kept keys do not open, and KPN is asked', async () => {
		const host = await published();
		// Sealed with another secret, as one that was changed since.
		const stored = JSON.parse(host.staticData) as Record<
			string,
			{ keys: Array<{ sealed: string }> }
		>;
		const [key] = stored['node:KPN SMS Trigger']?.keys ?? [];
		if (!key) throw new Error('No key is stored');
		key.sealed = seal('a secret', 'another Consumer Secret');
		host.staticData = JSON.stringify(stored);
		expect(await report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
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
		const host = await published();
		await sandbox.stopListening();
		await host.restart();
		expect(host.log.at(-1)).toMatch(/could not be checked. KPN could not be reached/);
		expect(await report(host)).toBe(200);
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
		const host = await published();
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
		expect(changes()).toEqual([
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
