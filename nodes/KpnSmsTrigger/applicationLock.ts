import { sleep } from 'n8n-workflow';

import { RESTORE_DELAY_MS } from './restoreDelay';

/** By KPN application, of which each has one webhook URL. */
const locks = new Map<string, Promise<unknown>>();
/** What is about to be restored, unless it is deleted here. */
export const pendingRestores = new Map<string, { url: string; restore: () => Promise<void> }>();

/**
 * Runs one task after the other for each application: n8n registers the triggers of a workflow at
 * the same time.
 */
export async function withApplicationLock<T>(
	application: string,
	task: () => Promise<T>,
): Promise<T> {
	const result = (locks.get(application) ?? Promise.resolve()).then(task, task);
	locks.set(application, result);
	try {
		return await result;
	} finally {
		if (locks.get(application) === result) locks.delete(application);
	}
}

/**
 * Schedules the restore of the previous webhook URL.
 *
 * @param url the one that is replaced by it, unless it is published again before that
 */
export function scheduleRestore(
	application: string,
	url: string,
	restore: () => Promise<void>,
): void {
	const pending = { url, restore };
	pendingRestores.set(application, pending);
	void sleep(RESTORE_DELAY_MS).then(
		async () =>
			await withApplicationLock(application, async () => {
				if (pendingRestores.get(application) === pending) await restoreNow(application);
			}),
	);
}

export async function restoreNow(application: string): Promise<void> {
	const pending = pendingRestores.get(application);
	pendingRestores.delete(application);
	await pending?.restore();
}
