import type { HistoryKind } from '../drawn';
import { triggerHistory, type TriggerHistory } from './history';
import { judge } from './judge';
import { excusesOf } from './judgeSettings';
import { perform } from './perform';

/** Histories of the trigger: events, keys and settings at KPN, and what becomes of them in n8n. */
export const trigger: HistoryKind<TriggerHistory> = {
	history: triggerHistory,
	atOnce: 4,
	longestMs: 20_000,
	judged: async (drawn) => {
		const record = await perform(drawn);
		const executions = record.executions.flat().length;
		const forged = record.forged.length;
		const took = record.changes.filter(({ by, taking, after, before }) => {
			const isTaken = taking.some(({ url }) => url === after?.webhook_url);
			return by === 'n8n' && isTaken && before?.webhook_url !== undefined;
		});
		const back = record.changes.filter(({ by, taking }) => by === 'n8n' && taking.length === 0);
		const excused = excusesOf(record).length > 0 ? 1 : 0;
		const counts = { ...record.counts, executions, forged, excused };
		return {
			broken: judge(record),
			counts: { ...counts, takenOver: took.length, givenBack: back.length },
		};
	},
};
