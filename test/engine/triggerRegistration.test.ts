import { startSandbox, type Sandbox } from '../../sandbox';
import { sender } from '../support/sandbox/client';
import type * as TriggerModule from '../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';
import { waitUntil } from '../support/waitUntil';
import type { TriggerHost } from '../support/engine/triggerHost';
import { startTriggerSetup, type TriggerSetup } from '../support/engine/triggerSetup';

// The real one is waited for in the real n8n.
jest.mock('../../nodes/KpnSmsTrigger/restoreDelay', () => ({ RESTORE_DELAY_MS: 500 }));

let setting: TriggerSetup;
let sandbox: Sandbox;
const start = async (options = {}) => {
	setting = await startTriggerSetup(options);
	({ sandbox } = setting);
};
afterEach(async () => await setting.close());

const ELSEWHERE = 'https://elsewhere.example.com/kpn';
const privacy_config = { excluded_fields: { sms_dlr: ['Message'], other_service: ['Name'] } };
const takeOver = { parameters: { additionalOptions: { takeOver: true } } };
const configured = () => sandbox.settings.application?.webhook_url;
const untilConfigured = async (url?: string) => await waitUntil(() => configured() === url);
const sendSms = async () => {
	const send = await sender(sandbox);
	const messages = [{ content: 'Hello', mobile_number: '+31612345670' }];
	expect((await send({ messages })).status).toBe(200);
};

describe('an application without a webhook', () => {
	beforeEach(async () => await start());

	test('publishing sets the URL and makes no key: KPN makes one with the first report, and that arrives', async () => {
		const host = await setting.published();
		expect(setting.changes()).toEqual(['POST /applications']);
		expect(sandbox.settings.activeKey).toBeUndefined();
		await sendSms();
		await waitUntil(() => host.executions.length > 0);
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
		expect(sandbox.settings.levels.organization.keys).toHaveLength(1);
	});

	test('an SMS that a phone sends arrives by itself', async () => {
		const host = await setting.published();
		sandbox.receiveSms({ sender: '+31612345670', content: 'Yes, please 🙂' });
		await waitUntil(() => host.executions.length > 0);
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

	test('unpublishing removes the URL', async () => {
		const host = await setting.published();
		expect(await host.unpublish()).toBe(true);
		await untilConfigured(undefined);
		await host.publish();
		expect(configured()).toBe(host.url);
	});

	test('unpublished and published at once, as n8n publishes a change: nothing is changed at KPN', async () => {
		const host = await setting.published();
		sandbox.settingsCalls.length = 0;
		await host.unpublish();
		await host.publish();
		await new Promise((resolve) => setTimeout(resolve, 2500));
		expect(setting.changes()).toEqual([]);
		expect(configured()).toBe(host.url);
	});

	test('a start of n8n 1.x asks KPN nothing, and events go on arriving', async () => {
		sandbox.settings.addKey({ secret: 'theirs' });
		const host = await setting.published();
		sandbox.settingsCalls.length = 0;
		for (let time = 0; time < 3; time++) await host.restart1x();
		expect(sandbox.settingsCalls).toEqual([]);
		expect(await setting.report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('no secret is readable in what n8n stores', async () => {
		sandbox.settings.addKey({ secret: 'a secret that nobody may read' });
		const host = await setting.published();
		expect(host.staticData).toContain('"secret"');
		expect(host.staticData).not.toContain('nobody may read');
		expect(host.staticData).not.toContain(sandbox.clientId);
	});

	test('an event that comes before n8n has saved the registration does not undo it', async () => {
		sandbox.settings.addKey({ secret: 'theirs' });
		const host = await setting.host();
		let early: string | undefined;
		await host.publish('activate', async () => {
			expect(await setting.report(host)).toBe(200);
			early = host.staticData;
		});
		expect(early).toBe('{}');
		expect(await setting.report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
		await host.unpublish();
		await untilConfigured(undefined);
	});

	test('a URL that somebody has set here by hand stays', async () => {
		const host = await setting.host();
		sandbox.settings.application = { webhook_url: host.url };
		await host.publish();
		await host.unpublish();
		await new Promise((resolve) => setTimeout(resolve, 2500));
		expect(setting.changes()).toEqual([]);
	});

	test('a test listens at its own URL, takes nothing along and makes no key', async () => {
		const host = await setting.host();
		const end = await host.listenForTest();
		expect(configured()).toBe(host.testUrl);
		await sendSms();
		await waitUntil(() => host.executions.length > 0);
		expect(await end()).toBe(true);
		expect([configured(), sandbox.settings.keys]).toEqual([undefined, []]);
	});

	test('what a broken test has left is no obstacle to the next one', async () => {
		const host = await setting.host();
		await host.listenForTest();
		const end = await host.listenForTest();
		await end();
		expect(configured()).toBeUndefined();
	});

	test('nor to publishing, as is no test that still listens: unpublishing removes the URL', async () => {
		const host = await setting.host();
		const end = await host.listenForTest();
		await host.publish();
		expect(configured()).toBe(host.url);
		await end();
		expect(configured()).toBe(host.url);
		await host.unpublish();
		await untilConfigured(undefined);
	});

	test('fields that somebody has excluded since are not lost on unpublishing', async () => {
		const host = await setting.published();
		sandbox.settings.application = { webhook_url: host.url, privacy_config };
		await host.unpublish();
		await waitUntil(() => /which fields are left out/.test(host.log.join()));
		expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
	});
});

describe('an application with somebody else’s webhook', () => {
	beforeEach(async () => {
		await start();
		sandbox.settings.application = { webhook_url: ELSEWHERE, privacy_config };
		sandbox.settings.addKey({ secret: 'theirs' });
	});

	test('publishing is refused in words, and changes nothing', async () => {
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(
			/sends this application’s events to https:\/\/elsewhere.example.com now.*Take Over Webhook URL/,
		);
		expect(setting.changes()).toEqual([]);
	});

	test('with Take Over, the fields stay excluded, and their key is used', async () => {
		const host = await setting.published(takeOver);
		expect(setting.changes()).toEqual(['PUT /applications']);
		expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
		expect(sandbox.settings.keys).toMatchObject([{ secret: 'theirs', status: 'active' }]);
		expect(host.log.join()).toMatch(/took KPN’s webhook URL over from https:\/\/elsewhere\.exa/);
		expect(await setting.report(host)).toBe(200);
		expect(host.staticData).not.toContain('elsewhere');
	});

	test('unpublishing puts theirs back, also after starts of n8n and after publishing twice', async () => {
		const host = await setting.published(takeOver);
		await host.restart1x();
		await host.publish();
		await host.unpublish();
		await untilConfigured(ELSEWHERE);
		expect(sandbox.settings.application).toEqual({ webhook_url: ELSEWHERE, privacy_config });
	});

	test('unpublishing leaves what somebody has changed since', async () => {
		const host = await setting.published(takeOver);
		sandbox.settings.application = { webhook_url: 'https://new.example.com/' };
		sandbox.settingsCalls.length = 0;
		await host.unpublish();
		await new Promise((resolve) => setTimeout(resolve, 2500));
		expect(setting.changes()).toEqual([]);
	});

	test('with another Client Secret, what was there cannot be read: so the words say', async () => {
		const host = await setting.published(takeOver);
		const { clientSecret, ...others } = setting.credentials.raw('kpn');
		setting.credentials.set('kpn', { ...others, clientSecret: `${String(clientSecret)} changed` });
		jest.spyOn(sandbox.settings, 'activeKey', 'get');
		await expect(host.unpublish()).rejects.toThrow(/Client Secret|does not know this Consumer/);
		expect(configured()).toBe(host.url);
	});

	test('a test does not take events away from it, not even with Take Over', async () => {
		const host = await setting.host(takeOver);
		await expect(host.listenForTest()).rejects.toThrow(/would take them away/);
		expect(setting.changes()).toEqual([]);
	});

	test('unpublishing that fails keeps what is to be put back for the next time', async () => {
		const host = await setting.published(takeOver);
		sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 503 } });
		await expect(host.unpublish()).rejects.toThrow(/settings answered with HTTP status 503/);
		await host.publish();
		await host.unpublish();
		await untilConfigured(ELSEWHERE);
	});
});

describe('a workflow that n8n 1.x could not publish as a whole, of which it stores nothing', () => {
	test('what was there is given back at once, for n8n may be ended before long', async () => {
		await start();
		sandbox.settings.application = { webhook_url: ELSEWHERE };
		const host = await setting.published(takeOver);
		host.staticData = '{}';
		await host.unpublish();
		expect(configured()).toBe(ELSEWHERE);
	});

	test.each([
		['what was there', 'PUT', 2, { webhook_url: ELSEWHERE }],
		['nothing, as before', 'DELETE', 4, undefined],
	])('KPN fails on giving back %s: the next time does it', async (_what, method, skip, theirs) => {
		await start();
		sandbox.settings.application = theirs;
		const host = await setting.published(takeOver);
		host.staticData = '{}';
		sandbox.inject({ on: 'settings', skip, answer: { kind: 'http', status: 503 } });
		await expect(host.unpublish()).rejects.toThrow('may still send');
		host.staticData = '{}';
		expect(sandbox.settingsCalls.at(-1)?.method).toBe(method);
		await host.publish();
		await host.unpublish();
		await untilConfigured(theirs?.webhook_url);
	});
});

describe('a credential that becomes another application’s', () => {
	test('the URL at the one that it was stays, and the words name both; the other one gets its own', async () => {
		await start();
		const host = await setting.published();
		const other = await startSandbox();
		const data = setting.credentials.raw('kpn');
		delete data.oauthTokenData;
		setting.credentials.set('kpn', { ...data, baseUrl: other.url });
		const words = new RegExp(
			`${host.url}. .*application whose Client ID ends in -key, at ${sandbox.url}, and is another`,
		);
		// An error would have n8n try again for some seconds, and not publish meanwhile.
		await host.unpublish();
		expect(host.log.join()).toMatch(words);
		await host.publish();
		expect(other.settings.application?.webhook_url).toBe(host.url);
		await host.unpublish();
		await waitUntil(() => other.settings.application === undefined);
		expect(configured()).toBe(host.url);
		await other.close();
	});
});

describe('what team and organization have set', () => {
	const TEAM = 'https://team.example.com/kpn';
	beforeEach(async () => await start());

	test.each(['team', 'organization'] as const)('the URL of the %s is not taken', async (level) => {
		sandbox.settings.levels[level].config = { webhook_url: TEAM };
		for (const shown of [true, false]) {
			sandbox.settings.showsInherited = shown;
			const host = await setting.host();
			await expect(host.publish()).rejects.toThrow(
				new RegExp(`https://team.example.com now, as is set for its ${level}: `),
			);
		}
		expect(setting.changes()).toEqual([]);
	});

	test('taken over, its excluded fields go on being excluded, and it is given back', async () => {
		sandbox.settings.levels.team.config = { webhook_url: TEAM, privacy_config };
		const host = await setting.published(takeOver);
		expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
		await host.unpublish();
		await untilConfigured(undefined);
		expect(sandbox.settings.levels.team.config).toEqual({ webhook_url: TEAM, privacy_config });
	});

	test('published again while KPN does not show the team, its excluded fields stay excluded', async () => {
		sandbox.settings.levels.team.config = { privacy_config };
		const host = await setting.published();
		sandbox.inject({ on: 'settings', skip: 1, answer: { kind: 'http', status: 403 } });
		await host.publish();
		expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
	});

	test('what the team excludes at the moment counts, on publishing again', async () => {
		sandbox.settings.levels.team.config = { privacy_config };
		const host = await setting.published();
		const now = { excluded_fields: { sms_dlr: ['Message', 'RecipientPhonenumber'] } };
		sandbox.settings.levels.team.config = { privacy_config: now };
		await host.publish();
		expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config: now });
	});

	test.each(['team', 'organization'] as const)(
		'the key of the %s verifies, and none is made',
		async (level) => {
			sandbox.settings.addKey({ secret: 'of all' }, level);
			const host = await setting.published();
			expect(await setting.report(host)).toBe(200);
			expect(setting.changes()).toEqual(['POST /applications']);
		},
	);

	test('the application’s own key goes before the team’s', async () => {
		sandbox.settings.addKey({ secret: 'of the team' }, 'team');
		const own = sandbox.settings.addKey({ secret: 'its own' });
		const host = await setting.published();
		expect(await setting.report(host, undefined, own)).toBe(200);
	});
});

describe('two triggers on one application', () => {
	beforeEach(async () => await start());

	test('published at the same time, one is refused in words', async () => {
		const [one, two] = [await setting.host(), await setting.host()];
		sandbox.inject({ on: 'settings', times: 20, delayMs: 20 });
		const results = await Promise.allSettled([one.publish(), two.publish()]);
		expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
		const [refused] = results.filter((result) => result.status === 'rejected');
		expect(String(refused?.reason)).toMatch(/KPN has one webhook URL for each application/);
		expect(configured()).toBe(one.published ? one.url : two.url);
	});

	test('the second can be told to take over, and the first, unpublished, leaves it alone', async () => {
		const first = await setting.published();
		const second = await setting.host(takeOver);
		second.joins(first);
		await second.publish();
		expect(configured()).toBe(second.url);
		await first.unpublish();
		expect(configured()).toBe(second.url);
		await second.unpublish();
		await untilConfigured(undefined);
	});

	test('a URL of this n8n that has no trigger any more is not put back', async () => {
		const host = await setting.host(takeOver);
		sandbox.settings.application = { webhook_url: `${new URL(host.url).origin}/webhook/gone` };
		await host.publish();
		await host.unpublish();
		await untilConfigured(undefined);
	});

	test('the place of one that is being unpublished is free for another', async () => {
		const first = await setting.published();
		const second = await setting.host();
		await first.unpublish();
		await second.publish();
		expect(configured()).toBe(second.url);
	});

	test('static data that came along with an export is not taken for one’s own', async () => {
		const first = await setting.published();
		const copy = await setting.host();
		copy.staticData = first.staticData;
		await expect(copy.publish()).rejects.toThrow(
			/to the workflow “Reports” of this n8n\..*Take Over/,
		);
		await copy.unpublish();
		await new Promise((resolve) => setTimeout(resolve, 2500));
		expect(configured()).toBe(first.url);
	});
});

describe('when KPN refuses', () => {
	test('403: the words say which product to add, and nothing is changed', async () => {
		await start({ webhookProducts: false });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/Add KPN’s product “Webhook conf.*Manual/);
		expect(sandbox.settings.application).toBeUndefined();
	});

	test('403 of the keys: the words name the other product, and nothing is changed', async () => {
		await start({ webhookProducts: 'configuration' });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(
			/Add KPN’s product “WebhookConfigs-SigningKeys-KPN”.*Manual/,
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
		[{ skip: 3 }, /signing keys answered with HTTP status 400(?!.*https address)/],
		[{ skip: 6 }, /settings answered with HTTP status 400.*https address/],
	])('a 400 (%j) is explained with the URL only where it is about that', async (fault, words) => {
		await start();
		sandbox.inject({ on: 'settings', ...fault, answer: { kind: 'http', status: 400 } });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(words);
	});

	test('an answer that holds a secret is quoted without it', async () => {
		await start();
		const body = { secret: 'of "the key"', text: '{"secret": "of the key"}', form: 'secret=key&x' };
		sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 500, body } });
		const host = await setting.host();
		const error = await host.publish().catch(({ message }: Error) => message);
		expect(error).toMatch(/KPN says: “{"secret":"…","text":/);
		expect(error).not.toContain('key');
	});

	test('KPN is down on publishing: clear words, and nothing is left behind', async () => {
		await start();
		await sandbox.stopListening();
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/KPN could not be reached \(ECONNREFUSED\)/);
		await sandbox.resumeListening();
		await host.publish();
		expect(configured()).toBe(host.url);
	});

	test.each([['settings'], ['token']] as const)(
		'KPN does not answer on publishing (%s): within 30 s, in words',
		async (on) => {
			await start();
			sandbox.inject({ on, times: null, answer: { kind: 'hang' } });
			const host = await setting.host();
			const started = performance.now();
			await expect(host.publish()).rejects.toThrow(/KPN did not answer in time.*Check Env/);
			// n8n 2.x tries again, and waits 15 s in all for that.
			for (let again = 0; again < 4; again++) {
				await expect(host.publish()).rejects.toThrow(/KPN did not answer in time/);
			}
			expect(performance.now() - started).toBeLessThan(25_000);
		},
	);

	test('nor does it when each answer of KPN’s takes 4 s', async () => {
		await start();
		sandbox.inject({ on: 'settings', times: null, delayMs: 4000 });
		const host = await setting.host();
		const started = performance.now();
		await expect(host.publish()).rejects.toThrow(/KPN did not answer in time/);
		expect(performance.now() - started).toBeLessThan(30_000);
		expect(setting.changes()).toEqual([]);
	});

	test('KPN is down on unpublishing: the log and the error name the URL that stays', async () => {
		await start();
		const host = await setting.published();
		await sandbox.stopListening();
		const words = new RegExp(
			`${host.url}. KPN could not be reached .* Remove that URL at KPN, or publish and unpublish`,
		);
		await expect(host.unpublish()).rejects.toThrow(words);
		expect(host.log.join()).toMatch(words);
		await sandbox.resumeListening();
		await host.publish();
		await host.unpublish();
		await untilConfigured(undefined);
	});

	test('once, however often n8n tries', async () => {
		await start();
		const host = await setting.published();
		await sandbox.stopListening();
		for (let time = 0; time < 3; time++) await expect(host.unpublish()).rejects.toThrow(host.url);
		expect(host.log).toHaveLength(1);
		await sandbox.resumeListening();
		await host.publish();
		await sandbox.stopListening();
		await expect(host.unpublish()).rejects.toThrow(host.url);
		expect(host.log).toHaveLength(2);
	});

	test('KPN gives no token for the moment: the words are those of publishing', async () => {
		await start();
		sandbox.inject({ on: 'token', times: null, answer: { kind: 'http', status: 500 } });
		const host = await setting.host();
		const error = await host.publish().catch(({ message }: Error) => message);
		expect(error).toMatch(/token server failed \(status 500\).*Publish the workflow again in some/);
		expect(error).not.toMatch(/sen[dt]/);
	});

	test('a moment after it, too', async () => {
		await start();
		const host = await setting.published();
		await host.unpublish();
		await sandbox.stopListening();
		const words = `may still send to ${host.url}. KPN could not be reached`;
		await waitUntil(() => host.log.join().includes(words));
	});

	test('what is gone already need not be deleted', async () => {
		await start();
		const host = await setting.published();
		await host.unpublish();
		sandbox.inject({ on: 'settings', skip: 3, answer: { kind: 'http', status: 404 } });
		await waitUntil(() => sandbox.settingsCalls.at(-1)?.method === 'DELETE');
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(host.log).toEqual([]);
	});

	test('a wrong Client Secret, and a Base URL that is none, are said in words', async () => {
		await start();
		const data = setting.credentials.raw('kpn');
		setting.credentials.set('kpn', { ...data, clientSecret: 'wrong' });
		const host = await setting.host();
		await expect(host.publish()).rejects.toThrow(/KPN does not know this Client ID/);
		setting.credentials.set('kpn', { ...data, baseUrl: 'localhost' });
		await expect(host.publish()).rejects.toThrow(/Base URL in the credential is not an address/);
	});

	test('an expired token is renewed', async () => {
		await start();
		const host = await setting.published();
		sandbox.expireTokens();
		await host.unpublish();
		await untilConfigured(undefined);
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
		sandbox.inject({ on: 'settings', skip: 6, accept: true, answer: { kind: 'reset' } });
		const host = await setting.host();
		// n8n unpublishes what it could not publish: that would put it back, too.
		jest.spyOn(host, 'unpublish').mockResolvedValue(true);
		await expect(host.publish()).rejects.toThrow(/KPN could not be reached/);
		expect(setting.changes()).toEqual(['POST /applications', 'DELETE /applications']);
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

describe('several workflows of one n8n that take over', () => {
	const SETTLED = 700;
	let hosts: TriggerHost[];
	const workflows = async (count: number) => {
		hosts = await Promise.all(
			Array.from({ length: count }, async () => await setting.host(takeOver)),
		);
		for (const host of hosts.slice(1)) host.joins(hosts[0] as TriggerHost);
	};
	/** It stays the same where n8n has moved to another address. */
	const pathOf = (url: string) => new URL(url).pathname;
	/** Waits for what is given back a moment later, and for the calls that it takes. */
	const settled = async () => {
		let calls: number;
		do {
			calls = sandbox.settingsCalls.length;
			await new Promise((resolve) => setTimeout(resolve, SETTLED));
		} while (sandbox.settingsCalls.length > calls);
		// A busy machine takes longer.
		const isLeaving = () =>
			hosts.some(({ published, url }) => !published && configured()?.endsWith(pathOf(url)));
		await waitUntil(() => !isLeaving(), 5000).catch(() => {});
	};
	/** n8n as it is after a start: nothing in its memory. */
	const restart = () =>
		jest.isolateModules(() => {
			const path = '../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';
			const again = jest.requireActual<typeof TriggerModule>(path);
			const type = new again.KpnSmsTrigger();
			for (const host of hosts) host.restart2x(type);
		});
	/** `p0` publishes the first, `u0` unpublishes it, `e0` publishes it again at once; `-` waits, `R` restarts n8n. */
	const happens = async (history: string) => {
		for (const step of history.split(' ')) {
			const host = hosts[Number(step[1])] as TriggerHost;
			if (step === '-') await settled();
			else if (step === 'R') restart();
			else if (step === 'M') hosts.forEach((one) => one.moveTo('localhost'));
			else {
				if (step[0] !== 'p') await host.unpublish();
				if (step[0] !== 'u') await host.publish();
			}
		}
		await settled();
	};
	beforeEach(async () => await start());

	const FOREIGN = { webhook_url: ELSEWHERE, privacy_config };
	test.each([
		['p0 p1 e0 p2 u1 - u0 - u2'],
		['p0 p1 e0 u0 - u1'],
		['p0 p1 e0 u1 - u0'],
		['p0 p1 u0 - p0 u0 - u1'],
		['p0 p1 u0 - p0 u1 - u0'],
		['p0 p1 e0 e1 e0 u1 u0'],
		['p0 p1 p2 e1 e0 u2 u0 u1'],
		['p0 p1 p2 e1 e0 u1 - u0 - u2'],
		['p0 u0 p1 u1'],
		['p0 p1 u0 - R u1'],
		['p0 p1 R u0 - u1'],
		['p0 p1 R u1 - u0'],
		['p0 R p1 u0 - u1'],
		['p0 R p1 u1 - u0'],
		['p0 R p1 e0 u1 - u0'],
		['p0 R p1 e0 u0 - u1'],
		['p0 R p1 p0 u0 - u1'],
		['p0 p1 u0 - R M u1'],
		['p0 p1 R M u1 - u0'],
	])('%s: in the end, KPN has what it had in the beginning', async (history) => {
		await workflows(3);
		for (const before of [FOREIGN, undefined]) {
			sandbox.settings.application = before;
			await happens(history);
			expect(sandbox.settings.application).toEqual(before);
			expect(hosts.flatMap(({ log }) => log).join()).not.toMatch(/still/);
			hosts.forEach((host) => (host.staticData = '{}'));
		}
	});

	test('n8n killed before it has stored what it put at KPN: the log says that unpublishing leaves it there', async () => {
		await workflows(1);
		await happens('p0');
		hosts.forEach((host) => (host.staticData = '{}'));
		await happens('R p0 u0');
		expect(configured()).toBe(hosts[0]?.url);
		expect(hosts[0]?.log.join()).toMatch(/KPN sends here already.*n8n was ended.*leaves it there/);
	});

	test('the one that was taken over from gets its events again, also after a start of n8n', async () => {
		await workflows(2);
		sandbox.settings.application = FOREIGN;
		await happens('p0 p1 R u1');
		expect(configured()).toBe(hosts[0]?.url);
		await happens('u0');
		expect(sandbox.settings.application).toEqual(FOREIGN);
	});

	test('one published while another is about to leave comes in its place with one call', async () => {
		await workflows(2);
		for (const before of [FOREIGN, undefined]) {
			sandbox.settings.application = before;
			await happens('p0');
			sandbox.settingsCalls.length = 0;
			await happens('u0 p1');
			expect(setting.changes()).toEqual(['PUT /applications']);
			await happens('u1');
			expect(sandbox.settings.application).toEqual(before);
		}
	});

	test('one without Take Over waits for what another gives back, and does not take that', async () => {
		await workflows(1);
		sandbox.settings.application = FOREIGN;
		await happens('p0');
		const other = await setting.host();
		await hosts[0]?.unpublish();
		await expect(other.publish()).rejects.toThrow(/sends .* to https:\/\/elsewhere/);
		expect(sandbox.settings.application).toEqual(FOREIGN);
	});

	test('where it cannot come in its place, the other leaves all the same', async () => {
		await workflows(2);
		await happens('p0');
		await hosts[0]?.unpublish();
		sandbox.inject({ on: 'settings', skip: 6, answer: { kind: 'http', status: 500 } });
		await expect(hosts[1]?.publish()).rejects.toThrow(/status 500/);
		await untilConfigured(undefined);
	});
});

describe('a test URL that outlived its test', () => {
	beforeEach(async () => await start());

	test('is called that to another workflow, and is nothing to give back', async () => {
		const tested = await setting.host();
		await tested.listenForTest();
		sandbox.settings.application = { webhook_url: tested.testUrl.replace('127.0.0.1', 'n8n.test') };
		const words = /to the test URL of a workflow.*once more and stop it, or use.*Take Over/;
		const other = await setting.host();
		await expect(other.publish()).rejects.toThrow(words);
		await expect(other.listenForTest()).rejects.toThrow(words);
		const taking = await setting.published(takeOver);
		await taking.unpublish();
		await untilConfigured(undefined);
	});
});
