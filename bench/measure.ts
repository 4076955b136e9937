import type { BenchN8n, Reading } from './benchN8n';
import type { Contender } from './contenders';
import type { LineProcess } from './lineProcess';
import type { Place } from './place';

export const SIZES = [1, 10, 100, 1000, 10_000, 100_000];

/** Milliseconds that KPN takes for a call: at once, and as over a network. */
export const AT_ONCE = 0;
export const NETWORK = 150;

/** Few over the network: there it is known by then who is slow. */
const SIZES_OF = new Map([
	[AT_ONCE, SIZES],
	[NETWORK, [1, 100, 10_000]],
]);

/** Each size is run until one of these is reached; small ones cost little, and differ much. */
const maxRuns = (count: number) => (count <= 10 ? 41 : 9);
const ENOUGH_MS = 15_000;

/** What takes longer is not waited for. */
export const TIMEOUT_MS = 120_000;

export interface Result {
	contender: string;
	sends: boolean;
	delayMs: number;
	count: number;
	readings: Array<Reading & KpnCounts>;
	/** Why there is no (further) reading. */
	failure?: string;
}

interface KpnCounts {
	calls: number;
	tokenCalls: number;
	messages: number;
}

/** Where contenders are compared. */
interface Arena extends Place {
	n8n: BenchN8n;
	script: LineProcess;
}

/** Runs every contender with every size: one round after the other, so that all share what disturbs. */
export async function compare(place: Arena, largest: number): Promise<Result[]> {
	const results: Result[] = [];
	for (const [delayMs, sizes] of SIZES_OF) {
		await warmUp(place);
		for (const count of sizes.filter((size) => size <= largest)) {
			const entries = place.n8n.contenders
				.filter(({ sends, most = Infinity }) => (sends || delayMs === AT_ONCE) && count <= most)
				.map((contender) => ({
					contender,
					spentMs: 0,
					result: begin(contender, delayMs, count, results),
				}));
			for (let round = 0; round < maxRuns(count); round++) {
				for (const entry of entries) {
					if (entry.result.failure !== undefined || entry.spentMs > ENOUGH_MS) continue;
					const started = performance.now();
					await runOnce(place, entry.contender, entry.result);
					entry.spentMs += performance.now() - started;
				}
			}
			for (const { result } of entries) {
				results.push(result);
				place.say(line(result));
			}
		}
	}
	return results;
}

/** A result without readings; without a prospect of any, too, where fewer messages took too long. */
function begin(
	{ name, sends }: Contender,
	delayMs: number,
	count: number,
	before: Result[],
): Result {
	const result: Result = { contender: name, sends, delayMs, count, readings: [] };
	const last = before.findLast((one) => one.contender === name && one.delayMs === delayMs);
	// Of few messages, what n8n and the network take for any number of them is the most.
	if (!last || last.count < 100) return result;
	const expectedMs = (median(last.readings.map(({ wallMs }) => wallMs)) * count) / last.count;
	// What failed has no readings: that is not tried again, either.
	if (expectedMs <= 2 * TIMEOUT_MS) return result;
	const minutes = Math.round(expectedMs / 60_000);
	return { ...result, failure: minutes > 0 ? `not tried: some ${minutes} min` : 'not tried' };
}

/** Gets the tokens and the first compilation out of the way. */
async function warmUp(place: Arena): Promise<void> {
	for (const contender of place.n8n.contenders) {
		for (const count of [1, 200]) {
			if (contender.node) await place.n8n.measure(contender, count, TIMEOUT_MS);
			else await place.script.next(String(count));
		}
	}
}

async function runOnce(place: Arena, contender: Contender, result: Result): Promise<void> {
	const { count, delayMs } = result;
	await fetch(`${place.kpn}/bench?delayMs=${delayMs}`, { method: 'POST' });
	try {
		const reading = contender.node
			? await place.n8n.measure(contender, count, TIMEOUT_MS)
			: (JSON.parse(await place.script.next(String(count))) as Reading);
		const counts = (await (await fetch(`${place.kpn}/bench`)).json()) as KpnCounts;
		if (contender.sends && counts.messages !== count) {
			result.failure = `sent ${counts.messages} of ${count}`;
		} else if (reading.failed || (reading.items !== undefined && reading.items !== count)) {
			result.failure = `${reading.items} items came out, ${reading.failed} of them failed`;
		}
		result.readings.push({ ...reading, ...counts });
	} catch (error) {
		const { name, message } = error as Error;
		result.failure = name === 'TimeoutError' ? `not done after ${TIMEOUT_MS / 1000} s` : message;
		await place.n8n.restart();
		await warmUp(place);
	}
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = sorted.length / 2;
	const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
	return low === undefined || high === undefined ? NaN : (low + high) / 2;
}

function line({ contender, delayMs, count, readings, failure }: Result): string {
	const wall = median(readings.map(({ wallMs }) => wallMs));
	const words = failure ?? `${wall.toFixed(1)} ms, ${readings.length} runs`;
	return `${count} messages, KPN ${delayMs} ms, ${contender}: ${words}`;
}
