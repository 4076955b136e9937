import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 20;
/** Asking n8n takes it some time: the longer it takes, the less often it is asked. */
const MAX_EVERY_MS = 500;

/** Rejects, naming the condition, if it does not come true. */
export async function waitUntil(
	condition: () => boolean | Promise<boolean>,
	withinMs = 30_000,
): Promise<void> {
	const started = Date.now();
	for (;;) {
		const holds = condition();
		if (await holds) return;
		const elapsed = Date.now() - started;
		if (elapsed > withinMs) throw new Error(`It did not happen in time: ${String(condition)}`);
		const asksN8n = typeof holds !== 'boolean';
		await delay(asksN8n ? Math.min(MAX_EVERY_MS, EVERY_MS + elapsed / 10) : EVERY_MS);
	}
}
