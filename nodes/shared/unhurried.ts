import { sleep } from 'n8n-workflow';

/** Work for so long at a time, and n8n still answers everybody else. */
const LONGEST_HOLD_MS = 20;

/** Maps a list of any length without holding the event loop. */
export async function mapUnhurried<T, R>(
	list: readonly T[],
	map: (one: T, index: number) => R,
): Promise<R[]> {
	const mapped: R[] = [];
	let since = Date.now();
	for (const [index, one] of list.entries()) {
		mapped.push(map(one, index));
		if (Date.now() - since >= LONGEST_HOLD_MS) {
			await yieldToEventLoop();
			since = Date.now();
		}
	}
	return mapped;
}

/** Gives everything else that waits its turn. A timer of 0 would take a millisecond for that. */
async function yieldToEventLoop(): Promise<void> {
	const { port1, port2 } = new MessageChannel();
	await new Promise<void>((resolve) => {
		port1.once('message', () => resolve());
		port2.postMessage(undefined);
	});
	port1.close();
}

/**
 * Waits, or until the cancel button; the caller asks about that itself. For 0 milliseconds, until
 * everything else that waits has had its turn.
 */
export async function pause(milliseconds: number, cancel?: AbortSignal): Promise<void> {
	if (cancel?.aborted) return;
	if (milliseconds === 0) return await yieldToEventLoop();
	const waking = new AbortController();
	const canceled = new Promise<void>((resolve) => {
		cancel?.addEventListener('abort', () => resolve(), { signal: waking.signal });
	});
	await Promise.race([sleep(milliseconds), canceled]);
	waking.abort();
}
