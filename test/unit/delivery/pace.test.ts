import { LARGEST_WINDOW, type Pace } from '../../../nodes/KpnSms/delivery/pace';
import { atSharedPace } from '../../../nodes/KpnSms/delivery/sharedPace';
import { deliverIn, makeCalls, type Played } from './play';
import { ACCEPTED, NO_CONNECTION, SimulatedKpn, spikeArrest, tokenBucket } from './simulatedKpn';
import { seeded, VirtualTime } from './virtualTime';

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
	played: Played;
}

async function sendTo(
	make: (time: VirtualTime) => SimulatedKpn,
	sizes: number[],
	seed = 1,
	pace?: Pace,
): Promise<Found> {
	const time = new VirtualTime();
	const kpn = make(time);
	const plan = { stopAtFailure: false, ...(pace && { pace }) };
	const delivery = deliverIn(makeCalls(sizes), async (call) => await kpn.call(call), {
		seed,
		time,
		plan,
	});
	const played = await time.pass(delivery);
	return { kpn, tookMs: played.tookMs, played };
}

const isAccepted = ({ settled }: Played) => settled.every(([, outcome]) => outcome === ACCEPTED);

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each([
	['without a burst', spikeArrest, 1],
	['with a burst', (rate: number) => tokenBucket(rate, rate), 0],
])('a KPN with a rate, %s', (_name, rateOf, strict) => {
	test.each([2, 5, 10, 20, 50])(
		'%i calls a second: all accepted, in little more time than that takes, and few refused',
		async (rate) => {
			const count = Math.min(2000, rate * 100);
			const ratios: number[] = [];
			const refused: number[] = [];
			for (const seed of SEEDS) {
				const { kpn, tookMs, played } = await sendTo(
					(time) => new SimulatedKpn(time, { latency: spread(seed), rate: rateOf(rate) }),
					Array<number>(count).fill(1),
					seed,
				);
				expect(isAccepted(played)).toBe(true);
				expect(kpn.taken).toHaveLength(count);
				ratios.push(tookMs / ((count / rate) * 1000));
				refused.push(kpn.refused.filter((call) => call >= 20).length / (kpn.calls - 20));
			}
			expect(mean(ratios)).toBeLessThanOrEqual(1.15);
			expect(Math.max(...ratios)).toBeLessThanOrEqual(1.35);
			expect(mean(refused)).toBeLessThanOrEqual(strict ? 0.03 : 0.04);
		},
	);
});

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
						await atSharedPace(`KPN ${seed}`, async (pace) => {
							const call = async (messages: Parameters<SimulatedKpn['call']>[0]) =>
								await kpn.call(messages);
							const plan = { stopAtFailure: true, pace };
							const calls = makeCalls(Array<number>(100).fill(1));
							return await deliverIn(calls, call, { seed: seed * execution, time, plan });
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
							await deliverIn(
								makeCalls(Array<number>(50).fill(1)),
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
	expect(kpn.mostInFlight).toBe(LARGEST_WINDOW);
	expect(tookMs).toBeLessThanOrEqual(1.25 * Math.ceil(1000 / LARGEST_WINDOW) * NETWORK_MS);
});

test('calls of 200 messages: five at once, all the time', async () => {
	const { kpn, tookMs } = await sendTo(
		(time) => new SimulatedKpn(time, { latency: () => NETWORK_MS }),
		Array<number>(50).fill(200),
	);
	expect(kpn.mostInFlight).toBe(5);
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
	expect(kpn.mostInFlight).toBeLessThanOrEqual(55);
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
	const goneFor = (ms: number) => (time: VirtualTime) =>
		new SimulatedKpn(time, {
			latency: () => NETWORK_MS,
			answer: (_call, now) => (now >= 1000 && now < 1000 + ms ? NO_CONNECTION : ACCEPTED),
		});

	test('for a second: all accepted, once', async () => {
		for (const seed of SEEDS) {
			const { kpn, played } = await sendTo(goneFor(1000), Array<number>(1000).fill(1), seed);
			expect(isAccepted(played)).toBe(true);
			expect(kpn.taken).toHaveLength(1000);
		}
	});

	test('for good: each message is named as what it is, after a few attempts', async () => {
		for (const seed of SEEDS) {
			const { kpn, played, tookMs } = await sendTo(
				goneFor(Infinity),
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
