import type { HistoryKind } from '../drawn';
import { triggerHistory } from './arbitraries';
import type { TriggerHistory } from './history';
import { judge } from './judge';
import { perform } from './perform';

/** Histories of the trigger: events, keys and settings at KPN, and what becomes of them in n8n. */
export const trigger: HistoryKind<TriggerHistory> = {
	history: triggerHistory,
	atOnce: 4,
	longestMs: 120_000,
	judged: async (drawn) => {
		const record = await perform(drawn);
		const { broken, limit } = judge(record);
		const took = record.changes.filter(({ by, taking, after, before }) => {
			const isTaken = taking.some(({ url }) => url === after?.webhook_url);
			return by === 'n8n' && isTaken && before?.webhook_url !== undefined;
		});
		const back = record.changes.filter(({ by, taking }) => by === 'n8n' && taking.length === 0);
		const counts = {
			...record.counts,
			takenOver: took.length,
			givenBack: back.length,
			executions: record.executions.flat().length,
			forged: record.forged.length,
			restarted: record.restarts,
			'not judged at their end': limit === undefined ? 0 : 1,
			...(limit !== undefined && { [`(${limit})`]: 1 }),
		};
		return { broken, counts };
	},
};
