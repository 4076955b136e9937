import fc from 'fast-check';

import type { Call, Message } from '../../../nodes/KpnSms/delivery/batch';
import {
	CALLS_IN_FLIGHT,
	deliver,
	LONGEST_WAIT_MS,
	type DeliveryPlan,
} from '../../../nodes/KpnSms/delivery/deliver';
import type { Failure } from '../../../nodes/shared/failure';
import type { Outcome } from '../../../nodes/KpnSms/delivery/outcome';
import { aDraft } from './drafts';

const failure = (changes: Partial<Failure>): Failure => ({
	outcome: 'refused',
	meaning: 'it failed',
	advice: 'look',
	kpn: {},
	retryable: false,
	concernsEveryCall: false,
	...changes,
});

const ANSWERS: Record<string, Outcome> = {
	accepted: { outcome: 'accepted', documentId: 'id' },
	badRequest: failure({ statusCode: 400 }),
	unauthorized: failure({ statusCode: 401, concernsEveryCall: true }),
	busy: failure({ statusCode: 503, retryable: true, tryAgain: {}, concernsEveryCall: true }),
	broken: failure({ outcome: 'unknown' }),
};

const makeCalls = (sizes: number[]): Call[] => {
	let itemIndex = 0;
	return sizes.map(
		(size) =>
			Array.from({ length: size }, () => ({
				draft: aDraft({ itemIndex: itemIndex++ }),
				recipient: '+31612345670',
			})) as Message[] as Call,
	);
};

async function play(
	calls: Call[],
	answers: Outcome[] | ((call: Call) => Outcome),
	plan: Partial<DeliveryPlan> = {},
) {
	const answerTo = (call: Call) =>
		typeof answers === 'function' ? answers(call) : answers[next++ % answers.length];
	const made: Array<{ messages: Message[]; outcome: Outcome }> = [];
	const settled: Array<[Message, Outcome]> = [];
	const waits: number[] = [];
	let inFlight = 0;
	let mostInFlight = 0;
	let next = 0;
	await deliver(
		calls,
		{ stopAtFailure: true, acceptedBefore: false, ...plan },
		{
			call: async (messages) => {
				mostInFlight = Math.max(mostInFlight, ++inFlight);
				const outcome = answerTo(messages) ?? failure({});
				await Promise.resolve();
				inFlight--;
				made.push({ messages, outcome });
				return outcome;
			},
			starts: () => {},
			settles: (message, outcome) => settled.push([message, outcome]),
			sleep: async (milliseconds) => {
				waits.push(milliseconds);
			},
			canceled: () => false,
		},
	);
	return { made, settled, waits, mostInFlight };
}

test('for any answers every message is settled once, and none is in a call after it may be at KPN', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }),
			fc.array(fc.constantFrom(...Object.values(ANSWERS)), { minLength: 1, maxLength: 12 }),
			fc.boolean(),
			async (sizes, answers, stopAtFailure) => {
				const calls = makeCalls(sizes);
				const { made, settled, mostInFlight } = await play(calls, answers, { stopAtFailure });
				expect(settled.map(([{ draft }]) => draft.itemIndex).sort((a, b) => a - b)).toEqual(
					calls.flat().map(({ draft }) => draft.itemIndex),
				);
				for (const { messages, outcome } of made) {
					if (outcome.outcome === 'refused') continue;
					for (const message of messages) {
						expect(settled).toContainEqual([message, outcome]);
						const later = made.filter((call) => call.messages.includes(message)).at(-1);
						expect(later?.outcome).toBe(outcome);
					}
				}
				expect(mostInFlight).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
			},
		),
	);
});

test('a refused call is halved until the bad message stands alone', async () => {
	const [messages] = makeCalls([8]) as [Call];
	const bad = messages[5];
	const settled = new Map<Message, string>();
	let calls = 0;
	await deliver(
		[messages],
		{ stopAtFailure: true, acceptedBefore: false },
		{
			call: async (call) => {
				calls++;
				return (bad && call.includes(bad) ? ANSWERS.badRequest : ANSWERS.accepted) as Outcome;
			},
			starts: () => {},
			settles: (message, { outcome }) => settled.set(message, outcome),
			sleep: async () => {},
			canceled: () => false,
		},
	);
	for (const message of messages) {
		expect(settled.get(message)).toBe(message === bad ? 'refused' : 'accepted');
	}
	expect(calls).toBe(7);
});

test('a busy KPN is asked again a bounded number of times, ever later', async () => {
	const { made, waits } = await play(makeCalls([1]), [ANSWERS.busy as Outcome]);
	expect(made).toHaveLength(4);
	expect(waits).toEqual([500, 1000, 2000]);
});

test('the wait that KPN asks for is honoured, unless it is longer than a minute', async () => {
	const asking = (afterMs: number) =>
		failure({ tryAgain: { afterMs }, retryable: true, concernsEveryCall: true });
	expect((await play(makeCalls([1]), [asking(7000)])).waits).toEqual([7000, 7000, 7000]);
	const long = await play(makeCalls([1]), [asking(LONGEST_WAIT_MS + 1)]);
	expect(long.waits).toEqual([]);
	expect(long.made).toHaveLength(1);
});

test('nothing else is made again', async () => {
	for (const answer of [ANSWERS.broken, ANSWERS.unauthorized, ANSWERS.badRequest]) {
		expect((await play(makeCalls([1]), [answer as Outcome])).made).toHaveLength(1);
	}
});

test('after a failure that every call would have, the rest comes out as not tried', async () => {
	const { made, settled } = await play(makeCalls(Array(20).fill(1)), [
		ANSWERS.unauthorized as Outcome,
	]);
	expect(made.length).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
	const notTried = settled.filter(([, outcome]) => 'notTried' in outcome && outcome.notTried);
	expect(notTried).toHaveLength(20 - made.length);
});

test('an unknown outcome ends the sending in "Stop Workflow" only', async () => {
	const calls = makeCalls(Array(20).fill(1));
	const stopped = await play(calls, [ANSWERS.broken as Outcome], { stopAtFailure: true });
	expect(stopped.made.length).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
	const continued = await play(calls, [ANSWERS.broken as Outcome], { stopAtFailure: false });
	expect(continued.made).toHaveLength(20);
});

describe('where KPN refuses every message', () => {
	const BAD = ANSWERS.badRequest as Outcome;
	const sizes = Array<number>(5).fill(200);

	test('1,000 of them cost a good hundred calls, and the rest comes out as not tried', async () => {
		const { made, settled } = await play(makeCalls(sizes), [BAD]);
		expect(made.length).toBeLessThanOrEqual(120);
		expect(settled).toHaveLength(1000);
		const notTried = settled.filter(([, outcome]) => 'notTried' in outcome && outcome.notTried);
		expect(notTried.length).toBeGreaterThan(970);
		expect(notTried[0]?.[1]).toMatchObject({
			outcome: 'refused',
			meaning: expect.stringContaining('KPN refused each of the first 20 messages'),
			retryable: true,
		});
	});

	test('each is tried alone if an earlier try had some accepted', async () => {
		const { settled } = await play(makeCalls([40]), [BAD], { acceptedBefore: true });
		expect(settled.map(([, outcome]) => outcome)).toEqual(Array(40).fill(BAD));
	});

	test('messages with another sender are sent all the same', async () => {
		const calls = makeCalls([200, 200]);
		for (const { draft } of calls[1] ?? []) draft.sender = 'Other';
		const { settled } = await play(calls, (call) =>
			call[0].draft.sender === 'Other' ? (ANSWERS.accepted as Outcome) : BAD,
		);
		expect(settled.filter(([, { outcome }]) => outcome === 'accepted')).toHaveLength(200);
	});
});

test.each([
	['at its beginning', (item: number) => item < 60],
	['at its end', (item: number) => item >= 140],
	['everywhere', (item: number) => item % 3 > 0],
	['in most places', (item: number) => item % 7 > 0],
])('a list with bad messages %s: each good one is sent', async (_where, bad) => {
	for (const sizes of [[200], Array<number>(200).fill(1)]) {
		const { settled } = await play(makeCalls(sizes), (call) =>
			call.some(({ draft }) => bad(draft.itemIndex))
				? (ANSWERS.badRequest as Outcome)
				: (ANSWERS.accepted as Outcome),
		);
		for (const [{ draft }, outcome] of settled) {
			expect(outcome).toBe(bad(draft.itemIndex) ? ANSWERS.badRequest : ANSWERS.accepted);
		}
	}
});
