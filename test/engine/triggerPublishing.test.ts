import { act, privacy_config, withTriggerSetup } from '../support/engine/triggerSetup';
import { pause } from '../support/sandbox/client';
import { waitUntil } from '../support/waitUntil';

// The real one is waited for in the real n8n.
jest.mock('../../nodes/KpnSmsTrigger/restoreDelay', () => ({ RESTORE_DELAY_MS: 500 }));

/** Longer than until something is given back. */
const SETTLED_MS = 1500;

describe('publishing where nobody has set anything', () => {
	act(
		'publishing sets the URL and makes no key: KPN makes one with the first report, and that arrives',
		async (setup, sandbox) => {
			const host = await setup.published();
			expect(setup.changes()).toEqual(['POST /applications']);
			expect(sandbox.settings.activeKey).toBeUndefined();
			await setup.sendSms();
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
		},
	);

	act('an SMS that a phone sends arrives by itself', async (setup, sandbox) => {
		const host = await setup.published();
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

	act('a start of n8n 1.x asks KPN nothing, and events go on arriving', async (setup, sandbox) => {
		sandbox.settings.addKey({ secret: 'theirs' });
		const host = await setup.published();
		sandbox.settingsCalls.length = 0;
		for (let time = 0; time < 3; time++) await host.restart1x();
		expect(sandbox.settingsCalls).toEqual([]);
		expect(await setup.report(host)).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	act('no secret is readable in what n8n stores', async (setup, sandbox) => {
		sandbox.settings.addKey({ secret: 'a secret that nobody may read' });
		const host = await setup.published();
		expect(host.staticData).toContain('"secret"');
		expect(host.staticData).not.toContain('nobody may read');
		expect(host.staticData).not.toContain(sandbox.clientId);
	});

	act(
		'an event that comes before n8n has saved the registration does not undo it',
		async (setup, sandbox) => {
			sandbox.settings.addKey({ secret: 'theirs' });
			const host = await setup.host();
			let early: string | undefined;
			await host.publish('activate', async () => {
				expect(await setup.report(host)).toBe(200);
				early = host.staticData;
			});
			expect(early).toBe('{}');
			expect(await setup.report(host)).toBe(200);
			expect(host.executions).toHaveLength(1);
			await host.unpublish();
			await setup.untilConfigured(undefined);
		},
	);

	act('a URL that somebody has set here by hand stays', async (setup, sandbox) => {
		const host = await setup.host();
		sandbox.settings.application = { webhook_url: host.url };
		await host.publish();
		await host.unpublish();
		await pause(SETTLED_MS);
		expect(setup.changes()).toEqual([]);
	});
});

describe('publishing below what team and organization have set', () => {
	act(
		'published again while KPN does not show the team, its excluded fields stay excluded',
		async (setup, sandbox) => {
			sandbox.settings.levels.team.config = { privacy_config };
			const host = await setup.published();
			sandbox.inject({ on: 'settings', skip: 1, answer: { kind: 'http', status: 403 } });
			await host.publish();
			expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
		},
	);

	act(
		'what the team excludes at the moment counts, on publishing again',
		async (setup, sandbox) => {
			sandbox.settings.levels.team.config = { privacy_config };
			const host = await setup.published();
			const now = { excluded_fields: { sms_dlr: ['Message', 'RecipientPhonenumber'] } };
			sandbox.settings.levels.team.config = { privacy_config: now };
			await host.publish();
			expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config: now });
		},
	);

	test.concurrent.each(['team', 'organization'] as const)(
		'the key of the %s verifies, and none is made',
		async (level) =>
			await withTriggerSetup(async (setup, sandbox) => {
				sandbox.settings.addKey({ secret: 'of all' }, level);
				const host = await setup.published();
				expect(await setup.report(host)).toBe(200);
				expect(setup.changes()).toEqual(['POST /applications']);
			}),
	);

	act('the application’s own key goes before the team’s', async (setup, sandbox) => {
		sandbox.settings.addKey({ secret: 'of the team' }, 'team');
		const own = sandbox.settings.addKey({ secret: 'its own' });
		const host = await setup.published();
		expect(await setup.report(host, undefined, own)).toBe(200);
	});
});

describe('publishing that KPN refuses', () => {
	act(
		'403: the words say which product to add, and nothing is changed',
		async (setup, sandbox) => {
			const host = await setup.host();
			await expect(host.publish()).rejects.toThrow(/Add KPN’s product “Webhook conf.*Manual/);
			expect(sandbox.settings.application).toBeUndefined();
		},
		{ webhookProducts: false },
	);

	act(
		'403 of the keys: the words name the other product, and nothing is changed',
		async (setup, sandbox) => {
			const host = await setup.host();
			await expect(host.publish()).rejects.toThrow(
				/Add KPN’s product “WebhookConfigs-SigningKeys-KPN”.*Manual/,
			);
			expect(sandbox.settings.application).toBeUndefined();
		},
		{ webhookProducts: 'configuration' },
	);

	act('KPN’s own words and its code are in the error', async (setup, sandbox) => {
		const fault = { faultstring: 'Spike arrest', detail: { errorcode: 'policies.ratelimit' } };
		const answer = { kind: 'http', status: 429, body: { fault } } as const;
		sandbox.inject({ on: 'settings', answer });
		const host = await setup.host();
		await expect(host.publish()).rejects.toThrow(
			'HTTP status 429. KPN says: “Spike arrest” (policies.ratelimit). Try again later.',
		);
	});

	test.concurrent.each([
		[{ skip: 3 }, /signing keys answered with HTTP status 400(?!.*https address)/],
		[{ skip: 6 }, /settings answered with HTTP status 400.*https address/],
	])(
		'a 400 (%j) is explained with the URL only where it is about that',
		async (fault, words) =>
			await withTriggerSetup(async (setup, sandbox) => {
				sandbox.inject({ on: 'settings', ...fault, answer: { kind: 'http', status: 400 } });
				const host = await setup.host();
				await expect(host.publish()).rejects.toThrow(words);
			}),
	);

	act('an answer that holds a secret is quoted without it', async (setup, sandbox) => {
		const body = { secret: 'of "the key"', text: '{"secret": "of the key"}', form: 'secret=key&x' };
		sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 500, body } });
		const host = await setup.host();
		const error = await host.publish().catch(({ message }: Error) => message);
		expect(error).toMatch(/KPN says: “{"secret":"…","text":/);
		expect(error).not.toContain('key');
	});

	act(
		'KPN is down on publishing: clear words, and nothing is left behind',
		async (setup, sandbox) => {
			await sandbox.stopListening();
			const host = await setup.host();
			await expect(host.publish()).rejects.toThrow(/KPN could not be reached \(ECONNREFUSED\)/);
			await sandbox.resumeListening();
			await host.publish();
			expect(setup.configured()).toBe(host.url);
		},
	);

	test.concurrent.each([['settings'], ['token']] as const)(
		'KPN does not answer on publishing (%s): within 30 s, in words',
		async (on) =>
			await withTriggerSetup(async (setup, sandbox) => {
				sandbox.inject({ on, times: null, answer: { kind: 'hang' } });
				const host = await setup.host();
				const started = performance.now();
				await expect(host.publish()).rejects.toThrow(/KPN did not answer in time.*Check Env/);
				// n8n 2.x tries again, and waits 15 s in all for that.
				for (let again = 0; again < 4; again++) {
					await expect(host.publish()).rejects.toThrow(/KPN did not answer in time/);
				}
				expect(performance.now() - started).toBeLessThan(25_000);
			}),
	);

	act('nor does it when each answer of KPN’s takes 4 s', async (setup, sandbox) => {
		sandbox.inject({ on: 'settings', times: null, delayMs: 4000 });
		const host = await setup.host();
		const started = performance.now();
		await expect(host.publish()).rejects.toThrow(/KPN did not answer in time/);
		expect(performance.now() - started).toBeLessThan(30_000);
		expect(setup.changes()).toEqual([]);
	});

	act(
		'KPN gives no token for the moment: the words are those of publishing',
		async (setup, sandbox) => {
			sandbox.inject({ on: 'token', times: null, answer: { kind: 'http', status: 500 } });
			const host = await setup.host();
			const error = await host.publish().catch(({ message }: Error) => message);
			expect(error).toMatch(
				/token server failed \(status 500\).*Publish the workflow again in some/,
			);
			expect(error).not.toMatch(/sen[dt]/);
		},
	);

	act('a wrong Client Secret, and a Base URL that is none, are said in words', async (setup) => {
		const data = setup.credentials.raw(setup.kpnId);
		setup.credentials.set(setup.kpnId, { ...data, clientSecret: 'wrong' });
		const host = await setup.host();
		await expect(host.publish()).rejects.toThrow(/KPN does not know this Client ID/);
		setup.credentials.set(setup.kpnId, { ...data, baseUrl: 'localhost' });
		await expect(host.publish()).rejects.toThrow(/Base URL in the credential is not an address/);
	});

	act('a redirect is neither followed nor taken for success', async (setup, sandbox) => {
		const trap = 'http://127.0.0.1:9/';
		sandbox.inject({
			on: 'settings',
			answer: { kind: 'http', status: 302, headers: { location: trap } },
		});
		const host = await setup.host();
		await expect(host.publish()).rejects.toThrow(/HTTP status 302/);
	});

	act(
		'a URL of which it is unclear whether KPN took it is put back at once',
		async (setup, sandbox) => {
			sandbox.inject({ on: 'settings', skip: 6, accept: true, answer: { kind: 'reset' } });
			const host = await setup.host();
			// n8n unpublishes what it could not publish: that would put it back, too.
			jest.spyOn(host, 'unpublish').mockResolvedValue(true);
			await expect(host.publish()).rejects.toThrow(/KPN could not be reached/);
			expect(setup.changes()).toEqual(['POST /applications', 'DELETE /applications']);
			expect(setup.configured()).toBeUndefined();
		},
	);

	act(
		'an n8n without https is told before anything is changed at KPN itself',
		async (setup, sandbox) => {
			setup.credentials.set(setup.kpnId, {
				...setup.credentials.raw(setup.kpnId),
				environment: 'production',
			});
			const host = await setup.host();
			await expect(host.publish()).rejects.toThrow(/sends only to https.*WEBHOOK_URL/);
			expect(sandbox.settingsCalls).toEqual([]);
		},
	);
});
