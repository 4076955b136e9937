import type { Outcome } from '../../../nodes/KpnSms/send/outcome';
import { MAX_WINDOW } from '../../../nodes/KpnSms/rate/callWindow';
import type { Pace } from '../../../nodes/KpnSms/rate/pace';
import { withSharedPace } from '../../../nodes/KpnSms/rate/sharedPace';
import {
	sendInVirtualTime,
	createCalls,
	type SendRecord,
} from '../../support/unit/sendInVirtualTime';
import {
	ACCEPTED,
	failure,
	NO_CONNECTION,
	type Rate,
	SimulatedKpn,
	spikeArrest,
	tokenBucket,
	TOO_MANY,
	UNAVAILABLE,
} from '../../support/unit/simulatedKpn';
import { seeded, VirtualTime } from '../../support/unit/virtualTime';

/** How fast a list is sent to a KPN, in virtual time: the network takes 150 ms, give or take. */

const NETWORK_MS = 150;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

const spread = (seed: number) => {
	const random = seeded(seed);
	return () => NETWORK_MS * (0.9 + 0.2 * random());
};

interface Found {
	kpn: SimulatedKpn;
	tookMs: number;
	played: SendRecord;
}

async function sendTo(
	make: (time: VirtualTime) => SimulatedKpn,
	sizes: number[],
	seed = 1,
	pace?: Pace,
): Promise<Found> {
	const time = new VirtualTime();
	const kpn = make(time);
	const plan = { stopAtUnknown: false, ...(pace && { pace }) };
	const delivery = sendInVirtualTime(createCalls(sizes), async (call) => await kpn.call(call), {
		seed,
		time,
		plan,
	});
	const played = await time.pass(delivery);
	return { kpn, tookMs: played.tookMs, played };
}

const BROKEN_OFF = failure({ outcome: 'unknown', systemCode: 'ECONNRESET' });

const isAccepted = ({ settled }: SendRecord) =>
	settled.every(([, outcome]) => outcome === ACCEPTED);

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Messages for each rate: less than a minute says little, and for more than 2,000 it is the same. */
const MESSAGES: Array<[rate: number, messages: number]> = [
	[2, 60],
	[2, 120],
	[5, 100],
	[5, 300],
	[10, 600],
	[20, 2000],
	[50, 2000],
];

/** Of the time that the rate allows, and of the calls after the first 20, for each seed. */
async function sendAtRate(rateOf: () => Rate, burst: number, rate: number, count: number) {
	const ratios: number[] = [];
	const refused: number[] = [];
	for (const seed of SEEDS) {
		const { kpn, tookMs, played } = await sendTo(
			(time) => new SimulatedKpn(time, { latency: spread(seed), rate: rateOf() }),
			Array<number>(count).fill(1),
			seed,
		);
		expect(isAccepted(played)).toBe(true);
		expect(kpn.taken).toHaveLength(count);
		ratios.push(tookMs / (((count - burst) / rate) * 1000 + NETWORK_MS));
		refused.push(kpn.refused.filter((call) => call >= 20).length / (kpn.calls - 20));
	}
	return { ratios, refused };
}

test.each(MESSAGES)(
	'a KPN that takes %i calls a second, none close together, and %i messages: all accepted, in little more time than that takes, and few refused',
	async (rate, count) => {
		const { ratios, refused } = await sendAtRate(() => spikeArrest(rate), 1, rate, count);
		expect(mean(ratios)).toBeLessThanOrEqual(1.15);
		expect(Math.max(...ratios)).toBeLessThanOrEqual(1.2);
		expect(mean(refused)).toBeLessThanOrEqual(0.03);
	},
);

test.each(MESSAGES)(
	'a KPN that takes %i calls a second, as many of them at once, and %i messages: the same',
	async (rate, count) => {
		const { ratios, refused } = await sendAtRate(() => tokenBucket(rate, rate), rate, rate, count);
		expect(mean(ratios)).toBeLessThanOrEqual(1.15);
		// At 50 a second some 50 calls are on their way when the first is refused; and at 2 a second
		// each refusal is one in a hundred.
		const most = count === 60 ? 0.06 : rate === 2 || rate === 50 ? 0.037 : 0.03;
		expect(mean(refused)).toBeLessThanOrEqual(most);
	},
);

test.each(MESSAGES.filter(([rate]) => rate <= 20))(
	'%i calls a second and %i messages, where n8n halts now and then so that calls arrive all at once: hardly slower',
	async (rate, count) => {
		const ratios: number[] = [];
		for (const seed of SEEDS) {
			const random = seeded(seed * 77);
			const exponential = (average: number) => -average * Math.log(1 - random());
			let halted = { from: 0, until: 0 };
			const way = (now: number) => {
				const arrives = now + NETWORK_MS / 2 + exponential(0.5);
				while (halted.until < arrives) {
					const from = Math.max(halted.until, now) + exponential(1500);
					halted = { from, until: from + 90 * random() };
				}
				return (arrives > halted.from ? halted.until : arrives) - now;
			};
			const { played, tookMs } = await sendTo(
				(time) =>
					new SimulatedKpn(time, {
						networkMs: () => way(time.now),
						latency: () => (NETWORK_MS / 2) * (0.9 + 0.2 * random()),
						rate: spikeArrest(rate),
					}),
				Array<number>(count).fill(1),
				seed,
			);
			expect(isAccepted(played)).toBe(true);
			ratios.push(tookMs / (((count - 1) / rate) * 1000 + NETWORK_MS));
		}
		expect(mean(ratios)).toBeLessThanOrEqual(1.2);
		expect(Math.max(...ratios)).toBeLessThanOrEqual(1.35);
	},
);

test.each([
	['without a burst', () => spikeArrest(10)],
	['with a burst', () => tokenBucket(10, 10)],
])('three executions at one pace, %s: all accepted, few refused', async (_name, rate) => {
	for (const seed of SEEDS) {
		const time = new VirtualTime();
		const kpn = new SimulatedKpn(time, { latency: spread(seed), rate: rate() });
		const three = await time.pass(
			Promise.all(
				SEEDS.slice(0, 3).map(
					async (execution) =>
						await withSharedPace(`KPN ${seed}`, async (pace) => {
							const call = async (messages: Parameters<SimulatedKpn['call']>[0]) =>
								await kpn.call(messages);
							const plan = { stopAtUnknown: true, pace };
							const calls = createCalls(Array<number>(100).fill(1));
							return await sendInVirtualTime(calls, call, { seed: seed * execution, time, plan });
						}),
				),
			),
		);
		expect(three.every(isAccepted)).toBe(true);
		expect(kpn.refused.length).toBeLessThanOrEqual(0.1 * kpn.calls);
		expect(time.now).toBeLessThanOrEqual(1.3 * 30_000);
	}
});

test('three executions on three workers, which know nothing of each other: all end with all accepted', async () => {
	for (const rateOf of [() => spikeArrest(10), () => tokenBucket(10, 10)]) {
		for (const seed of SEEDS) {
			const time = new VirtualTime();
			const kpn = new SimulatedKpn(time, { latency: spread(seed), rate: rateOf() });
			const three = await time.pass(
				Promise.all(
					[1, 2, 3].map(
						async (worker) =>
							await sendInVirtualTime(
								createCalls(Array<number>(50).fill(1)),
								async (messages) => await kpn.call(messages),
								{ seed: seed * 10 + worker, time },
							),
					),
				),
			);
			expect(three.every(isAccepted)).toBe(true);
			expect(kpn.taken).toHaveLength(150);
		}
	}
});

test('a rate that drops to a tenth in the middle: each once, and the rest at the lower rate', async () => {
	for (const seed of SEEDS) {
		const [before, after] = [spikeArrest(50), spikeArrest(5)];
		const { kpn, played, tookMs } = await sendTo(
			(time) =>
				new SimulatedKpn(time, {
					latency: spread(seed),
					rate: (now) => (now < 10_000 ? before(now) : after(now)),
				}),
			Array<number>(600).fill(1),
			seed,
		);
		expect(isAccepted(played)).toBe(true);
		expect(new Set(kpn.taken).size).toBe(600);
		expect(kpn.taken).toHaveLength(600);
		expect(kpn.refused.length).toBeLessThan(0.12 * kpn.calls);
		// 200 in the first ten seconds at the worst, and the rest at five a second.
		expect(tookMs).toBeLessThan(1.3 * (10_000 + 400 * 200));
	}
});

test('a rate that rises: the pace follows', async () => {
	const [before, after] = [spikeArrest(5), spikeArrest(50)];
	const { played, tookMs } = await sendTo(
		(time) =>
			new SimulatedKpn(time, {
				latency: spread(1),
				rate: (now) => (now < 10_000 ? before(now) : after(now)),
			}),
		Array<number>(2000).fill(1),
	);
	expect(isAccepted(played)).toBe(true);
	expect(tookMs).toBeLessThan(120_000);
});

test('without a limit: 64 calls at once after a few round trips, and no gap', async () => {
	const { kpn, tookMs } = await sendTo(
		(time) => new SimulatedKpn(time, { latency: () => NETWORK_MS }),
		Array<number>(1000).fill(1),
	);
	expect(kpn.maxInFlight).toBe(MAX_WINDOW);
	expect(tookMs).toBeLessThanOrEqual(1.25 * Math.ceil(1000 / MAX_WINDOW) * NETWORK_MS);
});

test('calls of 200 messages: five at once, all the time', async () => {
	const { kpn, tookMs } = await sendTo(
		(time) => new SimulatedKpn(time, { latency: () => NETWORK_MS }),
		Array<number>(50).fill(200),
	);
	expect(kpn.maxInFlight).toBe(5);
	expect(tookMs).toBe(10 * NETWORK_MS);
});

test('a KPN that grows slow under load: no more calls at once than show a gain', async () => {
	// Ten at once are as quick as one; more only wait.
	const latency = (inFlight: number) => NETWORK_MS * Math.max(1, inFlight / 10);
	const { kpn, played, tookMs } = await sendTo(
		(time) => new SimulatedKpn(time, { latency }),
		Array<number>(2000).fill(1),
	);
	expect(isAccepted(played)).toBe(true);
	expect(kpn.maxInFlight).toBeLessThanOrEqual(55);
	expect(tookMs).toBeLessThanOrEqual(1.15 * (2000 / 10) * NETWORK_MS);
});

test('a KPN that takes so many calls at once and no more: all accepted', async () => {
	for (const seed of SEEDS) {
		const { kpn, played, tookMs } = await sendTo(
			(time): SimulatedKpn => {
				const one: SimulatedKpn = new SimulatedKpn(time, {
					latency: spread(seed),
					rate: () => one.inFlight <= 8,
				});
				return one;
			},
			Array<number>(1000).fill(1),
			seed,
		);
		expect(isAccepted(played)).toBe(true);
		expect(kpn.refused.length).toBeLessThan(0.1 * kpn.calls);
		expect(tookMs).toBeLessThan(3 * (1000 / 8) * NETWORK_MS);
	}
});

describe('a KPN that is gone', () => {
	const goneFor = (ms: number, answer: Outcome) => (time: VirtualTime) =>
		new SimulatedKpn(time, {
			latency: () => NETWORK_MS,
			answer: (_call, now) => (now >= 1000 && now < 1000 + ms ? answer : ACCEPTED),
		});

	test('for one second or five: all accepted, once, or named where Maximum Retries was too few', async () => {
		for (const [ms, answer] of [
			[1000, NO_CONNECTION],
			[5000, NO_CONNECTION],
			[5000, UNAVAILABLE],
			[5000, TOO_MANY],
		] as const) {
			for (const seed of SEEDS) {
				const { kpn, played } = await sendTo(
					goneFor(ms, answer),
					Array<number>(1000).fill(1),
					seed,
				);
				const sent = played.settled.filter(([, outcome]) => outcome === ACCEPTED);
				expect(played.settled).toHaveLength(1000);
				expect(new Set(kpn.taken).size).toBe(kpn.taken.length);
				expect(sent).toHaveLength(kpn.taken.length);
				if (ms === 1000 || answer === TOO_MANY) expect(sent).toHaveLength(1000);
				expect(played.settled.every(([, { outcome }]) => outcome !== 'unknown')).toBe(true);
			}
		}
	});

	test('with calls on their way that break off: of no more is the outcome unknown', async () => {
		for (const seed of SEEDS) {
			const brokenAt = new Set<number>();
			const { kpn, played } = await sendTo(
				(time) =>
					new SimulatedKpn(time, {
						latency: () => NETWORK_MS,
						answer: (_call, now) => {
							if (now < 1000 || now > 6000) return ACCEPTED;
							if (now > 1000 + NETWORK_MS) return NO_CONNECTION;
							brokenAt.add(now);
							return BROKEN_OFF;
						},
					}),
				Array<number>(1000).fill(1),
				seed,
			);
			const unknown = played.settled.filter(([, { outcome }]) => outcome === 'unknown');
			expect(brokenAt.size).toBeGreaterThan(0);
			expect(unknown.length).toBeGreaterThan(0);
			expect(unknown.length).toBeLessThanOrEqual(MAX_WINDOW);
			expect(played.settled).toHaveLength(1000);
			expect(new Set(kpn.taken).size).toBe(kpn.taken.length);
		}
	});

	test('for good: each message is named as what it is, after a few attempts', async () => {
		for (const seed of SEEDS) {
			const { kpn, played, tookMs } = await sendTo(
				goneFor(Infinity, NO_CONNECTION),
				Array<number>(1000).fill(1),
				seed,
			);
			const sent = played.settled.filter(([, outcome]) => outcome === ACCEPTED);
			expect(sent).toHaveLength(kpn.taken.length);
			expect(played.settled).toHaveLength(1000);
			expect(played.settled.every(([, { outcome }]) => outcome !== 'unknown')).toBe(true);
			expect(tookMs).toBeLessThan(20_000);
		}
	});
});
