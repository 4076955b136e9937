import { setTimeout as delay } from 'node:timers/promises';

/** Rejects, naming the condition, if it does not come true. */
export async function waitUntil(
	condition: () => boolean | Promise<boolean>,
	withinMs = 30_000,
): Promise<void> {
	const deadline = Date.now() + withinMs;
	while (!(await condition())) {
		if (Date.now() > deadline) throw new Error(`It did not happen in time: ${String(condition)}`);
		await delay(20);
	}
}
