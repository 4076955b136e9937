import { sleep } from 'n8n-workflow';

/** Work for so long at a time, and n8n still answers everybody else. */
const MAX_BLOCK_MS = 20;

/** Maps a list of any length without holding the event loop. */
export async function mapWithYield<T, R>(
	list: readonly T[],
	map: (element: T, index: number) => R,
): Promise<R[]> {
	const mapped: R[] = [];
	let yieldedAt = Date.now();
	for (const [index, element] of list.entries()) {
		mapped.push(map(element, index));
		if (Date.now() - yieldedAt >= MAX_BLOCK_MS) {
			await yieldToEventLoop();
			yieldedAt = Date.now();
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
export async function cancelableSleep(milliseconds: number, cancel?: AbortSignal): Promise<void> {
	if (cancel?.aborted) return;
	if (milliseconds === 0) return await yieldToEventLoop();
	const listener = new AbortController();
	const canceled = new Promise<void>((resolve) => {
		cancel?.addEventListener('abort', () => resolve(), { signal: listener.signal });
	});
	await Promise.race([sleep(milliseconds), canceled]);
	listener.abort();
}
