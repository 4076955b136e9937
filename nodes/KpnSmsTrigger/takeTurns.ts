import { sleep } from 'n8n-workflow';

import { GIVE_BACK_AFTER } from './giveBackAfter';

/** By KPN application, of which each has one webhook URL. */
const turns = new Map<string, Promise<unknown>>();
/** What is about to be given back, unless it is taken out of here. */
export const leaving = new Map<string, { url: string; giveBack: () => Promise<void> }>();

/** Runs one task after the other for each application: n8n registers the triggers of a workflow at the same time. */
export async function inTurn<T>(application: string, task: () => Promise<T>): Promise<T> {
	const turn = (turns.get(application) ?? Promise.resolve()).then(task, task);
	turns.set(application, turn);
	try {
		return await turn;
	} finally {
		if (turns.get(application) === turn) turns.delete(application);
	}
}

/** Has the place of a webhook URL given back a moment later, unless it is published again until then. */
export function leaveLater(application: string, url: string, giveBack: () => Promise<void>): void {
	const one = { url, giveBack };
	leaving.set(application, one);
	void sleep(GIVE_BACK_AFTER).then(
		async () =>
			await inTurn(application, async () => {
				if (leaving.get(application) === one) await leaveNow(application);
			}),
	);
}

export async function leaveNow(application: string): Promise<void> {
	const one = leaving.get(application);
	leaving.delete(application);
	await one?.giveBack();
}
