import type { Outcome } from '../../../nodes/KpnSms/send/outcome';
import { QuotaWatch } from '../../../nodes/KpnSms/send/quotaWatch';
import type { Quota } from '../../../nodes/shared/quota';
import { ACCEPTED } from '../../support/unit/simulatedKpn';

const HOUR = 3_600_000;
const inAnHour = () => String(Date.now() + HOUR);

const answer = (quota?: Quota, changes: object = {}): Outcome =>
	({ ...ACCEPTED, account: { quota }, ...changes }) as Outcome;

/** Calls that begin in order, five before the first answer, and are answered in the order given. */
async function play(
	planned: number,
	limit: number,
	{ usedBefore = 0, order = [0, 1, 2, 3, 4], quota = {} } = {},
): Promise<string[]> {
	const warnings: string[] = [];
	const watch = new QuotaWatch(planned, (words) => warnings.push(words));
	for (let done = 0; done < planned; done += order.length) {
		const answers: Array<(outcome: Outcome) => void> = [];
		const calls = order.map(
			async () =>
				await watch.during(async () => await new Promise((resolve) => answers.push(resolve))),
		);
		for (const place of order) {
			const used = usedBefore + done + place + 1;
			answers[place]?.(answer({ limit, used, resetUtc: inAnHour(), ...quota }));
			await new Promise(setImmediate);
		}
		await Promise.all(calls);
	}
	return warnings;
}

test('the first answer shows that the quota does not carry the run: it is said once', async () => {
	const warnings = await play(1000, 400, { usedBefore: 100 });
	expect(warnings).toEqual([
		expect.stringMatching(
			/^KPN’s quota of 400 calls carries 299 more until .*UTC, and this run has 995 left to make\. KPN refuses what it does not carry: /,
		),
	]);
});

test.each([
	[[0, 1, 2, 3, 4], 0, 0],
	[[4, 3, 2, 1, 0], 0, 0],
	[[0, 1, 2, 3, 4], 5, 1],
	[[4, 3, 2, 1, 0], 5, 1],
])('answers in the order %j, short by %i calls: said %i times', async (order, short, times) => {
	expect(await play(100, 100 - short, { order })).toHaveLength(times);
});

test('a quota that starts anew within a minute is waited for, and nothing is said', async () => {
	const soon = { resetUtc: String(Date.now() + 30_000) };
	expect(await play(1000, 400, { quota: soon })).toEqual([]);
});

test('where some had been sent before, nobody knows how many calls are left, and nothing is said', async () => {
	const warnings: string[] = [];
	const watch = new QuotaWatch(1000, (words) => warnings.push(words));
	await watch.during(async () => answer(undefined, { acceptedBefore: true }));
	await watch.during(async () => answer({ limit: 400, used: 1, resetUtc: inAnHour() }));
	expect(warnings).toEqual([]);
});

test('KPN says nothing of its quota: nothing is said', async () => {
	expect(await play(10, 5, { quota: { limit: undefined } })).toEqual([]);
	expect(await play(10, 5, { quota: { used: undefined } })).toEqual([]);
});

test('what is used beyond the quota with nothing left to send is no news', async () => {
	expect(await play(5, 2, { usedBefore: 10, order: [0] })).toHaveLength(1);
	expect(await play(1, 2, { usedBefore: 10, order: [0] })).toEqual([]);
});
