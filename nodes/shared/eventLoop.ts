import { sleep } from 'n8n-workflow';

/** How long the event loop may be blocked at a time, without a delay that users of n8n notice. */
const MAX_BLOCK_MS = 20;

/** Maps a list of any length without blocking the event loop. */
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

/** Lets everything else that is waiting run. A timer of 0 would take a millisecond for that. */
async function yieldToEventLoop(): Promise<void> {
	const { port1, port2 } = new MessageChannel();
	await new Promise<void>((resolve) => {
		port1.once('message', () => resolve());
		port2.postMessage(undefined);
	});
	port1.close();
}

/**
 * Waits; ends early, without an error, when the execution is canceled. For 0 milliseconds, until
 * everything else that is waiting has run.
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
