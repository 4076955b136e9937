import { sleep } from 'n8n-workflow';

import { RESTORE_DELAY_MS } from './restoreDelay';

/** By KPN application, of which each has one webhook URL. */
const locks = new Map<string, Promise<unknown>>();
/** What is about to be given back, unless it is taken out of here. */
export const pendingRestores = new Map<string, { url: string; giveBack: () => Promise<void> }>();

/** Runs one task after the other for each application: n8n registers the triggers of a workflow at the same time. */
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

/** Has the place of a webhook URL given back a moment later, unless it is published again until then. */
export function scheduleRestore(
	application: string,
	url: string,
	giveBack: () => Promise<void>,
): void {
	const pending = { url, giveBack };
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
	await pending?.giveBack();
}
