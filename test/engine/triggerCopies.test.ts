import { act, actOnTheirs, takeOver } from '../support/engine/triggerSetup';
import { pause } from '../support/sandbox/client';
import { waitUntil } from '../support/waitUntil';

// The real one is waited for in the real n8n.
jest.mock('../../nodes/KpnSmsTrigger/restoreDelay', () => ({ RESTORE_DELAY_MS: 500 }));

/** Longer than until something is given back. */
const SETTLED_MS = 1500;

describe('listening for a test event', () => {
	act(
		'a test listens at its own URL, takes nothing along and makes no key',
		async (setup, sandbox) => {
			const host = await setup.host();
			const end = await host.listenForTest();
			expect(setup.configured()).toBe(host.testUrl);
			await setup.sendSms();
			await waitUntil(() => host.executions.length > 0);
			expect(await end()).toBe(true);
			await setup.untilConfigured(undefined);
			expect(sandbox.settings.keys).toEqual([]);
		},
	);

	act('listening again at once is no less a test than the first', async (setup) => {
		const host = await setup.host();
		const end = await host.listenForTest();
		await end();
		await host.listenForTest();
		await pause(SETTLED_MS);
		expect(setup.configured()).toBe(host.testUrl);
	});

	act('what a broken test has left is no obstacle to the next one', async (setup) => {
		const host = await setup.host();
		await host.listenForTest();
		const end = await host.listenForTest();
		await end();
		await setup.untilConfigured(undefined);
	});

	act(
		'nor to publishing, as is no test that still listens: unpublishing removes the URL',
		async (setup) => {
			const host = await setup.host();
			const end = await host.listenForTest();
			await host.publish();
			expect(setup.configured()).toBe(host.url);
			await end();
			await pause(SETTLED_MS);
			expect(setup.configured()).toBe(host.url);
			await host.unpublish();
			await setup.untilConfigured(undefined);
		},
	);

	actOnTheirs(
		'a test takes no events away from somebody else, not even with Take Over',
		async (setup) => {
			const host = await setup.host(takeOver);
			await expect(host.listenForTest()).rejects.toThrow(/would take them away/);
			expect(setup.changes()).toEqual([]);
		},
	);

	act(
		'a test URL that outlived its test is called that to another workflow, and is nothing to give back',
		async (setup, sandbox) => {
			const tested = await setup.host();
			await tested.listenForTest();
			sandbox.settings.application = {
				webhook_url: tested.testUrl.replace('127.0.0.1', 'n8n.test'),
			};
			const words = /to the test URL of a workflow.*once more and stop it, or use.*Take Over/;
			const other = await setup.host();
			await expect(other.publish()).rejects.toThrow(words);
			await expect(other.listenForTest()).rejects.toThrow(words);
			const taking = await setup.published(takeOver);
			await taking.unpublish();
			await setup.untilConfigured(undefined);
		},
	);
});

describe('two triggers on one application', () => {
	act('published at the same time, one is refused in words', async (setup, sandbox) => {
		const [one, two] = [await setup.host(), await setup.host()];
		sandbox.inject({ on: 'settings', times: 20, delayMs: 20 });
		const results = await Promise.allSettled([one.publish(), two.publish()]);
		expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
		const [refused] = results.filter((result) => result.status === 'rejected');
		expect(String(refused?.reason)).toMatch(/KPN has one webhook URL for each application/);
		expect(setup.configured()).toBe(one.published ? one.url : two.url);
	});

	act('the place of one that is being unpublished is free for another', async (setup) => {
		const first = await setup.published();
		const second = await setup.host();
		await first.unpublish();
		await second.publish();
		expect(setup.configured()).toBe(second.url);
	});

	act('static data that came along with an export is not taken for one’s own', async (setup) => {
		const first = await setup.published();
		const copy = await setup.host();
		copy.staticData = first.staticData;
		await expect(copy.publish()).rejects.toThrow(
			/to the workflow “Reports” of this n8n\..*Take Over/,
		);
		await copy.unpublish();
		await pause(SETTLED_MS);
		expect(setup.configured()).toBe(first.url);
	});
});
