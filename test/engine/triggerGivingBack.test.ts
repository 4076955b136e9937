import { startSandbox } from '../../sandbox';
import {
	act,
	actOnTheirs,
	ELSEWHERE,
	privacy_config,
	takeOver,
	withTriggerSetup,
} from '../support/engine/triggerSetup';
import { pause } from '../support/sandbox/client';
import { waitUntil } from '../support/waitUntil';

// The real one is waited for in the real n8n.
jest.mock('../../nodes/KpnSmsTrigger/restoreDelay', () => ({ RESTORE_DELAY_MS: 500 }));

/** Longer than until something is given back. */
const SETTLED_MS = 1500;

describe('unpublishing where nobody had set anything', () => {
	act('unpublishing removes the URL', async (setup) => {
		const host = await setup.published();
		expect(await host.unpublish()).toBe(true);
		await setup.untilConfigured(undefined);
		await host.publish();
		expect(setup.configured()).toBe(host.url);
	});

	act(
		'unpublished and published at once, as n8n publishes a change: nothing is changed at KPN',
		async (setup, sandbox) => {
			const host = await setup.published();
			sandbox.settingsCalls.length = 0;
			await host.unpublish();
			await host.publish();
			await pause(SETTLED_MS);
			expect(setup.changes()).toEqual([]);
			expect(setup.configured()).toBe(host.url);
		},
	);

	act(
		'fields that somebody has excluded since are not lost on unpublishing',
		async (setup, sandbox) => {
			const host = await setup.published();
			sandbox.settings.application = { webhook_url: host.url, privacy_config };
			await host.unpublish();
			await waitUntil(() => /which fields are left out/.test(host.log.join()));
			expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
		},
	);

	act('a URL of this n8n that has no trigger any more is not put back', async (setup, sandbox) => {
		const host = await setup.host(takeOver);
		sandbox.settings.application = { webhook_url: `${new URL(host.url).origin}/webhook/gone` };
		await host.publish();
		await host.unpublish();
		await setup.untilConfigured(undefined);
	});
});

describe('unpublishing where somebody else’s webhook was', () => {
	actOnTheirs(
		'unpublishing puts theirs back, also after starts of n8n and after publishing twice',
		async (setup, sandbox) => {
			const host = await setup.published(takeOver);
			await host.restart1x();
			await host.publish();
			await host.unpublish();
			await setup.untilConfigured(ELSEWHERE);
			expect(sandbox.settings.application).toEqual({ webhook_url: ELSEWHERE, privacy_config });
		},
	);

	actOnTheirs('unpublishing leaves what somebody has changed since', async (setup, sandbox) => {
		const host = await setup.published(takeOver);
		sandbox.settings.application = { webhook_url: 'https://new.example.com/' };
		sandbox.settingsCalls.length = 0;
		await host.unpublish();
		await pause(SETTLED_MS);
		expect(setup.changes()).toEqual([]);
	});

	actOnTheirs(
		'with another Client Secret, what was there cannot be read: so the words say',
		async (setup, sandbox) => {
			const host = await setup.published(takeOver);
			const { clientSecret, ...others } = setup.credentials.raw(setup.kpnId);
			setup.credentials.set(setup.kpnId, {
				...others,
				clientSecret: `${String(clientSecret)} changed`,
			});
			jest.spyOn(sandbox.settings, 'activeKey', 'get');
			await expect(host.unpublish()).rejects.toThrow(/Client Secret|does not know this Consumer/);
			expect(setup.configured()).toBe(host.url);
		},
	);

	actOnTheirs(
		'unpublishing that fails keeps what is to be put back for the next time',
		async (setup, sandbox) => {
			const host = await setup.published(takeOver);
			sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 503 } });
			await expect(host.unpublish()).rejects.toThrow(/settings answered with HTTP status 503/);
			await host.publish();
			await host.unpublish();
			await setup.untilConfigured(ELSEWHERE);
		},
	);
});

describe('a workflow that n8n 1.x could not publish as a whole, of which it stores nothing', () => {
	act(
		'what was there is given back at once, for n8n may be ended before long',
		async (setup, sandbox) => {
			sandbox.settings.application = { webhook_url: ELSEWHERE };
			const host = await setup.published(takeOver);
			host.staticData = '{}';
			await host.unpublish();
			expect(setup.configured()).toBe(ELSEWHERE);
		},
	);

	test.concurrent.each([
		['what was there', 'PUT', 2, { webhook_url: ELSEWHERE }],
		['nothing, as before', 'DELETE', 4, undefined],
	])(
		'KPN fails on giving back %s: the next time does it',
		async (_what, method, skip, theirs) =>
			await withTriggerSetup(async (setup, sandbox) => {
				sandbox.settings.application = theirs;
				const host = await setup.published(takeOver);
				host.staticData = '{}';
				sandbox.inject({ on: 'settings', skip, answer: { kind: 'http', status: 503 } });
				await expect(host.unpublish()).rejects.toThrow('may still send');
				host.staticData = '{}';
				expect(sandbox.settingsCalls.at(-1)?.method).toBe(method);
				await host.publish();
				await host.unpublish();
				await setup.untilConfigured(theirs?.webhook_url);
			}),
	);
});

describe('a credential that becomes another application’s', () => {
	act(
		'the URL at the one that it was stays, and the words name both; the other one gets its own',
		async (setup, sandbox) => {
			const host = await setup.published();
			const other = await startSandbox();
			const data = setup.credentials.raw(setup.kpnId);
			delete data.oauthTokenData;
			setup.credentials.set(setup.kpnId, { ...data, baseUrl: other.url });
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
			expect(setup.configured()).toBe(host.url);
			await other.close();
		},
	);
});

describe('unpublishing that KPN refuses', () => {
	act(
		'KPN is down on unpublishing: the log and the error name the URL that stays',
		async (setup, sandbox) => {
			const host = await setup.published();
			await sandbox.stopListening();
			const words = new RegExp(
				`${host.url}. KPN could not be reached .* Remove that URL at KPN, or publish and unpublish`,
			);
			await expect(host.unpublish()).rejects.toThrow(words);
			expect(host.log.join()).toMatch(words);
			await sandbox.resumeListening();
			await host.publish();
			await host.unpublish();
			await setup.untilConfigured(undefined);
		},
	);

	act('the log names it once, however often n8n tries', async (setup, sandbox) => {
		const host = await setup.published();
		await sandbox.stopListening();
		for (let time = 0; time < 3; time++) await expect(host.unpublish()).rejects.toThrow(host.url);
		expect(host.log).toHaveLength(1);
		await sandbox.resumeListening();
		await host.publish();
		await sandbox.stopListening();
		await expect(host.unpublish()).rejects.toThrow(host.url);
		expect(host.log).toHaveLength(2);
	});

	act(
		'KPN is down a moment after unpublishing: the log names the URL, too',
		async (setup, sandbox) => {
			const host = await setup.published();
			await host.unpublish();
			await sandbox.stopListening();
			const words = `may still send to ${host.url}. KPN could not be reached`;
			await waitUntil(() => host.log.join().includes(words));
		},
	);

	act('what is gone already need not be deleted', async (setup, sandbox) => {
		const host = await setup.published();
		await host.unpublish();
		sandbox.inject({ on: 'settings', skip: 3, answer: { kind: 'http', status: 404 } });
		await waitUntil(() => sandbox.settingsCalls.at(-1)?.method === 'DELETE');
		await pause(50);
		expect(host.log).toEqual([]);
	});

	act('an expired token is renewed', async (setup, sandbox) => {
		const host = await setup.published();
		sandbox.expireTokens();
		await host.unpublish();
		await setup.untilConfigured(undefined);
	});
});
