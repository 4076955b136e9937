import {
	act,
	actOnTheirs,
	ELSEWHERE,
	TEAM,
	privacy_config,
	takeOver,
	withTriggerSetup,
} from '../support/engine/triggerSetup';
import { TriggerWorkflows } from '../support/engine/triggerWorkflows';

// The real one is waited for in the real n8n.
jest.mock('../../nodes/KpnSmsTrigger/restoreDelay', () => ({ RESTORE_DELAY_MS: 500 }));

describe('an application with somebody else’s webhook', () => {
	actOnTheirs('publishing is refused in words, and changes nothing', async (setup) => {
		const host = await setup.host();
		await expect(host.publish()).rejects.toThrow(
			/sends this application’s events to https:\/\/elsewhere.example.com now.*Take Over Webhook URL/,
		);
		expect(setup.changes()).toEqual([]);
	});

	actOnTheirs(
		'with Take Over, the fields stay excluded, and their key is used',
		async (setup, sandbox) => {
			const host = await setup.published(takeOver);
			expect(setup.changes()).toEqual(['PUT /applications']);
			expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
			expect(sandbox.settings.keys).toMatchObject([{ secret: 'theirs', status: 'active' }]);
			expect(host.log.join()).toMatch(/took KPN’s webhook URL over from https:\/\/elsewhere\.exa/);
			expect(await setup.report(host)).toBe(200);
			expect(host.staticData).not.toContain('elsewhere');
		},
	);
});

describe('a URL that team or organization have set', () => {
	test.concurrent.each(['team', 'organization'] as const)(
		'the URL of the %s is not taken',
		async (level) =>
			await withTriggerSetup(async (setup, sandbox) => {
				sandbox.settings.levels[level].config = { webhook_url: TEAM };
				for (const shown of [true, false]) {
					sandbox.settings.showsInherited = shown;
					const host = await setup.host();
					await expect(host.publish()).rejects.toThrow(
						new RegExp(`https://team.example.com now, as is set for its ${level}: `),
					);
				}
				expect(setup.changes()).toEqual([]);
			}),
	);

	act(
		'taken over, its excluded fields go on being excluded, and it is given back',
		async (setup, sandbox) => {
			sandbox.settings.levels.team.config = { webhook_url: TEAM, privacy_config };
			const host = await setup.published(takeOver);
			expect(sandbox.settings.application).toEqual({ webhook_url: host.url, privacy_config });
			await host.unpublish();
			await setup.untilConfigured(undefined);
			expect(sandbox.settings.levels.team.config).toEqual({ webhook_url: TEAM, privacy_config });
		},
	);
});

describe('several workflows of one n8n that take over', () => {
	const theirs = { webhook_url: ELSEWHERE, privacy_config };

	act(
		'the second can be told to take over, and the first, unpublished, leaves it alone',
		async (setup) => {
			const first = await setup.published();
			const second = await setup.host(takeOver);
			second.joins(first);
			await second.publish();
			expect(setup.configured()).toBe(second.url);
			await first.unpublish();
			expect(setup.configured()).toBe(second.url);
			await second.unpublish();
			await setup.untilConfigured(undefined);
		},
	);

	test.concurrent.each([
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
	])(
		'%s: in the end, KPN has what it had in the beginning',
		async (history) =>
			await withTriggerSetup(async (setup, sandbox) => {
				const workflows = await TriggerWorkflows.start(setup, 3);
				for (const before of [theirs, undefined]) {
					sandbox.settings.application = before;
					await workflows.happens(history);
					expect(sandbox.settings.application).toEqual(before);
					expect(workflows.log).not.toMatch(/still/);
					workflows.forget();
				}
			}),
	);

	act(
		'n8n killed before it has stored what it put at KPN: the log says that unpublishing leaves it there',
		async (setup) => {
			const workflows = await TriggerWorkflows.start(setup, 1);
			await workflows.happens('p0');
			workflows.forget();
			await workflows.happens('R p0 u0');
			expect(setup.configured()).toBe(workflows.hosts[0].url);
			expect(workflows.hosts[0].log.join()).toMatch(
				/KPN sends here already.*n8n was ended.*leaves it there/,
			);
		},
	);

	act(
		'the one that was taken over from gets its events again, also after a start of n8n',
		async (setup, sandbox) => {
			const workflows = await TriggerWorkflows.start(setup, 2);
			sandbox.settings.application = theirs;
			await workflows.happens('p0 p1 R u1');
			expect(setup.configured()).toBe(workflows.hosts[0].url);
			await workflows.happens('u0');
			expect(sandbox.settings.application).toEqual(theirs);
		},
	);

	act(
		'one published while another is about to leave comes in its place with one call',
		async (setup, sandbox) => {
			const workflows = await TriggerWorkflows.start(setup, 2);
			for (const before of [theirs, undefined]) {
				sandbox.settings.application = before;
				await workflows.happens('p0');
				sandbox.settingsCalls.length = 0;
				await workflows.happens('u0 p1');
				expect(setup.changes()).toEqual(['PUT /applications']);
				await workflows.happens('u1');
				expect(sandbox.settings.application).toEqual(before);
			}
		},
	);

	act(
		'one without Take Over waits for what another gives back, and does not take that',
		async (setup, sandbox) => {
			const workflows = await TriggerWorkflows.start(setup, 1);
			sandbox.settings.application = theirs;
			await workflows.happens('p0');
			const other = await setup.host();
			await workflows.hosts[0].unpublish();
			await expect(other.publish()).rejects.toThrow(/sends .* to https:\/\/elsewhere/);
			expect(sandbox.settings.application).toEqual(theirs);
		},
	);

	act(
		'where it cannot come in its place, the other leaves all the same',
		async (setup, sandbox) => {
			const workflows = await TriggerWorkflows.start(setup, 2);
			await workflows.happens('p0');
			await workflows.hosts[0].unpublish();
			sandbox.inject({ on: 'settings', skip: 6, answer: { kind: 'http', status: 500 } });
			await expect(workflows.hosts[1]?.publish()).rejects.toThrow(/status 500/);
			await setup.untilConfigured(undefined);
		},
	);
});
