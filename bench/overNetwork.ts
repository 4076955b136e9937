import type { BenchN8n, Reading } from './benchN8n';
import { DRAGGED, HTTP_REQUEST, SCRIPT } from './contenders';
import { median, NETWORK, TIMEOUT_MS } from './measure';
import type { Place } from './place';

const ROUNDS = 5;

/** Milliseconds that each took for all messages, round by round. */
export type Walls = Map<string, number[]>;

export const V1 = 'KPN SMS, v1';
export const V1_COUNT = 1000;
/** Calls at once of the script that is the limit of v1, which takes one message a call. */
export const V1_SCRIPT_CALLS = 64;

/** One message a call, as v1 takes them. */
export async function onV1(place: Place, n8n: BenchN8n): Promise<Walls> {
	const { kpn, startScript } = place;
	const ours = await n8n.addVariant(n8n.contender(DRAGGED), V1, { baseUrl: kpn, smsApi: 'v1' });
	const script = startScript(1, V1_SCRIPT_CALLS);
	return await interleaved(place, V1_COUNT, {
		[V1]: async () => await n8n.measure(ours, V1_COUNT, TIMEOUT_MS),
		[SCRIPT]: async () => JSON.parse(await script.next(String(V1_COUNT))) as Reading,
		[HTTP_REQUEST]: async () =>
			await n8n.measure(n8n.contender(HTTP_REQUEST), V1_COUNT, TIMEOUT_MS),
	});
}

/** 200 messages a call, 10,000 in all. */
export async function onCurrent(place: Place, n8n: BenchN8n): Promise<Walls> {
	const script = place.startScript();
	return await interleaved(place, 10_000, {
		[DRAGGED]: async () => await n8n.measure(n8n.contender(DRAGGED), 10_000, TIMEOUT_MS),
		[SCRIPT]: async () => JSON.parse(await script.next('10000')) as Reading,
	});
}

/** The median of what one took of the other, in the same round. */
export const ratioOf = (walls: Walls, one: string, other: string): number =>
	median((walls.get(one) ?? []).map((wall, round) => wall / (walls.get(other)?.[round] ?? NaN)));

/** Each in turn, again and again, so that all share what disturbs. */
async function interleaved(
	{ kpn, say }: Place,
	count: number,
	runs: Record<string, () => Promise<Reading>>,
): Promise<Walls> {
	const walls: Walls = new Map(Object.keys(runs).map((name) => [name, []]));
	for (let round = 0; round <= ROUNDS; round++) {
		for (const [name, run] of Object.entries(runs)) {
			await fetch(`${kpn}/bench?delayMs=${NETWORK}`, { method: 'POST' });
			const { wallMs } = await run();
			const { messages } = (await (await fetch(`${kpn}/bench`)).json()) as { messages: number };
			if (messages !== count) throw new Error(`${name} sent ${messages} of ${count}`);
			say(`${count} messages over ${NETWORK} ms, ${name}: ${wallMs.toFixed(0)} ms`);
			// The first gets the token and the compilation out of the way.
			if (round > 0) walls.get(name)?.push(wallMs);
		}
	}
	return walls;
}
