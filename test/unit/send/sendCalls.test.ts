import fc from 'fast-check';

import type { Message } from '../../../nodes/KpnSms/send/message';
import { sendCalls, MAX_OPEN_MESSAGES } from '../../../nodes/KpnSms/send/sendCalls';
import { MAX_RETRY_WAIT_MS, type Outcome } from '../../../nodes/KpnSms/send/outcome';
import { INITIAL_WINDOW } from '../../../nodes/KpnSms/rate/callWindow';
import { Pace } from '../../../nodes/KpnSms/rate/pace';
import { createCalls, sendAndPassTime } from '../../support/unit/sendInVirtualTime';
import {
	ACCEPTED,
	failure,
	NO_CONNECTION,
	TOO_MANY,
	UNAVAILABLE,
} from '../../support/unit/simulatedKpn';
import { VirtualTime } from '../../support/unit/virtualTime';

const BAD = failure({ statusCode: 400 });
const UNAUTHORIZED = failure({ statusCode: 401, affectsEveryCall: true });
const FORBIDDEN = failure({ statusCode: 403, affectsEveryCall: true });
const BROKEN = failure({ outcome: 'unknown', statusCode: 500 });
const TIMED_OUT = failure({ outcome: 'unknown', systemCode: 'ETIMEDOUT' });

const ANSWERS: Outcome[] = [
	...[ACCEPTED, BAD, UNAUTHORIZED, FORBIDDEN, BROKEN, TIMED_OUT],
	...[TOO_MANY, UNAVAILABLE, NO_CONNECTION],
];

const isNotTried = ([, outcome]: [Message, Outcome]) => 'notTried' in outcome && outcome.notTried;

test('for any answers every message is settled once, and none is in a call after it may be at KPN', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }),
			fc.array(fc.constantFrom(...ANSWERS), { minLength: 1, maxLength: 12 }),
			fc.boolean(),
			fc.integer(),
			async (sizes, answers, stopAtUnknown, seed) => {
				const calls = createCalls(sizes);
				const {
					calls: made,
					settled,
					open,
				} = await sendAndPassTime(calls, answers, {
					plan: { stopAtUnknown },
					seed,
				});
				expect(settled.map(([{ item }]) => item.itemIndex).sort((a, b) => a - b)).toEqual(
					calls.flat().map(({ item }) => item.itemIndex),
				);
				expect(open.size).toBe(0);
				for (const { messages, outcome } of made) {
					if (outcome.outcome === 'refused') continue;
					for (const message of messages) {
						expect(settled).toContainEqual([message, outcome]);
						const later = made.filter((call) => call.messages.includes(message)).at(-1);
						expect(later?.outcome).toBe(outcome);
					}
				}
			},
		),
	);
});

test.each([200, 50, 7])(
	'in calls of %i messages, never more than 1,000 messages are on their way',
	async (size) => {
		const { maxOpen } = await sendAndPassTime(createCalls(Array<number>(200).fill(size)), [
			ACCEPTED,
		]);
		expect(maxOpen).toBeLessThanOrEqual(MAX_OPEN_MESSAGES);
		expect(maxOpen).toBeGreaterThan(Math.min(MAX_OPEN_MESSAGES - 2 * size, 60 * size));
	},
);

describe('trying again', () => {
	test('an unavailable KPN is asked again as often as Maximum Retries says, ever later', async () => {
		for (const answer of [UNAVAILABLE, NO_CONNECTION]) {
			const { calls, settled } = await sendAndPassTime(createCalls([1]), [answer]);
			expect(settled).toEqual([[expect.anything(), answer]]);
			expect(calls).toHaveLength(4);
			const waits = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0));
			[500, 1000, 2000].forEach((wait, index) => {
				expect(waits[index]).toBeGreaterThanOrEqual(wait / 2);
				expect(waits[index]).toBeLessThanOrEqual(1.5 * wait + 5);
			});
			expect(
				(await sendAndPassTime(createCalls([1], { maximumRetries: 0 }), [answer])).calls,
			).toHaveLength(1);
		}
	});

	test('the waits are different each time', async () => {
		const waits = await Promise.all(
			Array.from({ length: 20 }, async (_, seed) => {
				const { calls } = await sendAndPassTime(createCalls([1]), [UNAVAILABLE, ACCEPTED], {
					seed,
				});
				return calls[1]?.at ?? 0;
			}),
		);
		expect(new Set(waits).size).toBeGreaterThan(15);
	});

	test('it counts attempts since anybody last got through', async () => {
		let call = 0;
		// Of four calls one gets through: at no time are there more than three in vain.
		const answers = () => (call++ % 4 === 3 ? ACCEPTED : UNAVAILABLE);
		const { settled } = await sendAndPassTime(createCalls(Array<number>(50).fill(1)), answers);
		expect(settled.filter(([, { outcome }]) => outcome === 'accepted')).toHaveLength(50);
	});

	test('a KPN with too many calls for half a minute is waited for, and one with them for good is not', async () => {
		const busyFor = async (milliseconds: number) => {
			let begin: number | undefined;
			const time = new VirtualTime();
			const answer = () => {
				begin ??= time.now;
				return time.now - begin < milliseconds ? TOO_MANY : ACCEPTED;
			};
			return await sendAndPassTime(createCalls([1]), answer, { time });
		};
		expect((await busyFor(30_000)).settled[0]?.[1]).toBe(ACCEPTED);
		const { settled, calls, tookMs } = await busyFor(Infinity);
		expect(settled[0]?.[1]).toBe(TOO_MANY);
		expect(tookMs).toBeLessThan(60_000);
		expect(calls.length).toBeLessThan(60);
	});

	test('the wait that KPN asks for holds for all calls, unless it is longer than a minute', async () => {
		const asking = (afterMs: number) =>
			failure({ statusCode: 429, retry: { afterMs }, retryable: true, affectsEveryCall: true });
		const { calls, settled } = await sendAndPassTime(createCalls(Array<number>(30).fill(1)), [
			asking(7000),
			...Array<Outcome>(100).fill(ACCEPTED),
		]);
		expect(settled.every(([, outcome]) => outcome === ACCEPTED)).toBe(true);
		const later = calls.filter(({ at }) => at > 1);
		expect(later.length).toBeGreaterThan(20);
		expect(Math.min(...later.map(({ at }) => at))).toBeGreaterThanOrEqual(7001);
		const long = await sendAndPassTime(createCalls([1]), [asking(MAX_RETRY_WAIT_MS + 1)]);
		expect(long.calls).toHaveLength(1);
		expect(long.tookMs).toBeLessThan(12);
	});

	test('a message that KPN refused and that waits is on record as refused, not as on its way', async () => {
		const time = new VirtualTime();
		const opened: number[] = [];
		const answers = [...Array<Outcome>(3).fill(UNAVAILABLE), ACCEPTED];
		const { calls } = await sendAndPassTime(createCalls([3]), answers, {
			time,
			canceled: ({ open, calls: soFar }) => {
				if (soFar.length > 0 && soFar.length < 4) opened.push(open.size);
				return false;
			},
		});
		expect(calls).toHaveLength(4);
		// Asked before each wait, and while the call goes out.
		expect(opened).toContain(0);
		expect(opened.filter((size) => size !== 0 && size !== 3)).toEqual([]);
	});

	test('nothing else is made again', async () => {
		for (const answer of [BROKEN, TIMED_OUT, UNAUTHORIZED, FORBIDDEN, BAD]) {
			expect((await sendAndPassTime(createCalls([1]), [answer])).calls).toHaveLength(1);
		}
	});
});

describe('what ends the sending', () => {
	test('a failure that every call would have: the rest comes out as not tried', async () => {
		const { calls, settled } = await sendAndPassTime(createCalls(Array<number>(200).fill(1)), [
			UNAUTHORIZED,
		]);
		expect(calls.length).toBeLessThanOrEqual(INITIAL_WINDOW);
		expect(settled.filter(isNotTried)).toHaveLength(200 - calls.length);
	});

	test('an unknown outcome, in "Stop Workflow" only', async () => {
		const calls = createCalls(Array<number>(200).fill(1));
		const stopped = await sendAndPassTime(calls, [BROKEN]);
		expect(stopped.calls.length).toBeLessThanOrEqual(INITIAL_WINDOW);
		const continued = await sendAndPassTime(calls, [BROKEN], { plan: { stopAtUnknown: false } });
		expect(continued.calls).toHaveLength(200);
	});

	test('cancel: what was on its way arrives, and nothing more is sent', async () => {
		const { calls, settled } = await sendAndPassTime(
			createCalls(Array<number>(200).fill(1)),
			[ACCEPTED],
			{
				canceled: (played) => played.calls.length >= 20,
			},
		);
		expect(calls.length).toBeLessThanOrEqual(20 + 64);
		expect(settled).toHaveLength(200);
		expect(settled.filter(isNotTried)).toHaveLength(200 - calls.length);
	});

	test.each([
		[false, 100],
		[true, 0],
	])(
		'403 for one sender: with Stop Workflow %p, %i messages of another are sent',
		async (stopAtUnknown, sent) => {
			const calls = createCalls(Array<number>(200).fill(1));
			for (const [{ item }] of calls.slice(100)) item.sender = 'Other';
			const { settled, calls: made } = await sendAndPassTime(
				calls,
				([{ item }]) => (item.sender === 'Other' ? ACCEPTED : FORBIDDEN),
				{ plan: { stopAtUnknown } },
			);
			const accepted = settled.filter(([, { outcome }]) => outcome === 'accepted');
			expect(accepted).toHaveLength(sent);
			expect(made.length).toBeLessThanOrEqual(sent + INITIAL_WINDOW);
		},
	);
});

describe('bad messages', () => {
	const badAt = (bad: (item: number) => boolean) => (call: Message[]) =>
		call.some(({ item }) => bad(item.itemIndex)) ? BAD : ACCEPTED;

	test('a refused call is halved until the bad message stands alone', async () => {
		const { calls, settled } = await sendAndPassTime(
			createCalls([8]),
			badAt((item) => item === 5),
		);
		for (const [{ item }, outcome] of settled) {
			expect(outcome).toBe(item.itemIndex === 5 ? BAD : ACCEPTED);
		}
		expect(calls).toHaveLength(7);
	});

	test('halving makes calls at the same time', async () => {
		const answer = badAt((item) => item % 10 === 3);
		const { calls, tookMs } = await sendAndPassTime(createCalls([200]), answer);
		expect(calls.length).toBeGreaterThan(100);
		// One after the other they would take a millisecond each.
		expect(tookMs).toBeLessThan(calls.length / 4);
	});

	test.each([
		['at its beginning', (item: number) => item < 60],
		['at its end', (item: number) => item >= 140],
		['at both ends', (item: number) => item < 60 || item >= 140],
		['everywhere', (item: number) => item % 3 > 0],
		['in most places', (item: number) => item % 7 > 0],
	])('a list with bad messages %s: each good one is sent', async (_where, bad) => {
		for (const sizes of [[200], Array<number>(200).fill(1)]) {
			for (let seed = 1; seed <= 20; seed++) {
				const { settled } = await sendAndPassTime(createCalls(sizes), badAt(bad), { seed });
				expect(settled).toHaveLength(200);
				for (const [{ item }, outcome] of settled) {
					expect(outcome).toBe(bad(item.itemIndex) ? BAD : ACCEPTED);
				}
			}
		}
	});

	describe('where KPN refuses every message', () => {
		const sizes = Array<number>(5).fill(200);

		test.each([
			['with 400', BAD, sizes],
			['with 400, one a call', BAD, Array<number>(1000).fill(1)],
			['without a document ID', failure({ statusCode: 200 }), Array<number>(1000).fill(1)],
		])(
			'%s, 1,000 of them cost few calls, and the rest comes out as not tried',
			async (_, answer, all) => {
				for (let seed = 1; seed <= 10; seed++) {
					const { calls, settled } = await sendAndPassTime(createCalls(all), [answer], { seed });
					expect(calls.length).toBeLessThanOrEqual(60);
					expect(settled).toHaveLength(1000);
					const notTried = settled.filter(isNotTried);
					expect(notTried.length).toBeGreaterThan(940);
					expect(notTried[0]?.[1]).toMatchObject({
						outcome: 'refused',
						meaning: expect.stringMatching(
							/^KPN refused all 5\d messages that were tried, at random places among the 1000 /,
						),
						retryable: true,
					});
				}
			},
		);

		test('other messages are tried the next time', async () => {
			const tried = async (seed: number) =>
				(
					await sendAndPassTime(createCalls(Array<number>(1000).fill(1)), [BAD], { seed })
				).calls.map(({ messages }) => messages[0].item.itemIndex);
			const [one, other] = [await tried(1), await tried(2)];
			// The first few go out in order, before anything is known of them.
			expect(one.filter((item) => other.includes(item)).length).toBeLessThan(12);
		});

		test('each is tried alone if an earlier try had some accepted', async () => {
			const { settled } = await sendAndPassTime(createCalls([40]), [BAD], {
				plan: { hasAcceptedBefore: true },
			});
			expect(settled.map(([, outcome]) => outcome)).toEqual(Array(40).fill(BAD));
		});

		test('messages with another sender are sent all the same', async () => {
			const calls = createCalls([200, 200]);
			for (const { item } of calls[1] ?? []) item.sender = 'Other';
			const { settled } = await sendAndPassTime(calls, (call) =>
				call[0].item.sender === 'Other' ? ACCEPTED : BAD,
			);
			expect(settled.filter(([, { outcome }]) => outcome === 'accepted')).toHaveLength(200);
		});
	});
});

describe('Batching', () => {
	test.each([1, 10, 50])('at most %i messages a second', async (size) => {
		const calls = createCalls(Array<number>(200).fill(1));
		const { calls: made, settled } = await sendAndPassTime(calls, [ACCEPTED], {
			plan: { batching: { size, intervalMs: 1000 } },
		});
		expect(settled.every(([, outcome]) => outcome === ACCEPTED)).toBe(true);
		const times = made.map(({ at }) => at).sort((a, b) => a - b);
		for (const [index, at] of times.entries()) {
			const next = times[index + size];
			if (next !== undefined) expect(next - at).toBeGreaterThanOrEqual(1000);
		}
		expect(times.at(-1)).toBeLessThanOrEqual((200 / size) * 1000);
	});

	test('a call that is larger than a batch goes alone', async () => {
		const { calls } = await sendAndPassTime(createCalls([20, 20, 20]), [ACCEPTED], {
			plan: { batching: { size: 10, intervalMs: 1000 } },
		});
		expect(calls.map(({ at }) => at)).toEqual([0, 1000, 2000]);
	});
});

test('an error in what is told of a message comes out, and does not hang', async () => {
	const delivery = sendCalls(
		createCalls([1, 1]),
		{ stopAtUnknown: true, hasAcceptedBefore: false, pace: new Pace(64, Math.random) },
		{
			sendCall: async () => ACCEPTED,
			onRetry: () => {},
			onSettled: () => {
				throw new Error('no room');
			},
			sleep: async () => {},
			isCanceled: () => false,
			now: () => 0,
			random: Math.random,
		},
	);
	await expect(delivery).rejects.toThrow('no room');
});
