import type { HistoryKind } from './drawn';
import { history, type History } from './history';
import { judge } from './judge';
import { perform } from './perform';

/** Histories of the sending node, its retries and its executions. */
export const sending: HistoryKind<History> = {
	history,
	// Most of a history is waiting.
	atOnce: 32,
	longestMs: 180_000,
	judged: async (drawn) => {
		const record = await perform(drawn);
		const { messages, stalled } = record;
		const broken = judge(drawn, record);
		return { broken, counts: { 'SMS taken by KPN': messages.length }, stalled };
	},
};
