import type { INodeExecutionData } from 'n8n-workflow';

import { QueueMode } from '../../support/queue/queueMode';
import type { HistoryKind, Judged } from '../drawn';
import { judge } from '../judge';
import type { Try } from '../record';
import { messagesIn } from '../truth';
import { Disturbances } from './disturbances';
import { queueHistory, type QueueHistory } from './history';
import { leaksIn } from './logs';
import { Performance } from './perform';

/** What has to happen before anything is shown. */
const NEEDED = [
	'SMS taken by KPN',
	'executions cut off in the middle of sending',
	'retries',
	'items not sent again',
];

/** One n8n for all histories, from the first on. */
let running: Promise<QueueMode> | undefined;

/** Ends what is going wrong with it now, and resolves once all of it runs. */
let endDisturbances = async (): Promise<void> => {};

const startQueueMode = async (): Promise<QueueMode> =>
	await QueueMode.start({
		workers: 2,
		env: {
			// n8n looks every half a minute for executions that nobody works on, and not every three hours.
			N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '0.5',
		},
	});

/** Histories of sending in the real n8n in queue mode, parts of which are killed and restarted. */
export const queue: HistoryKind<QueueHistory> = {
	history: queueHistory,
	atOnce: 1,
	longestMs: 20 * 60_000,
	isTimed: true,
	judged: async (drawn) => {
		running ??= startQueueMode();
		return await judged(drawn, await running);
	},
	missing: (counts) => NEEDED.filter((name) => !counts[name]),
	close: async () => {
		await endDisturbances();
		await (await running)?.stop();
	},
};

async function judged(
	{ workflows, disturbances: drawn }: QueueHistory,
	n8n: QueueMode,
): Promise<Judged> {
	const performances: Performance[] = [];
	try {
		for (const one of workflows) performances.push(await Performance.prepare(one, n8n));
		const calls = () => performances.reduce((sum, { sandbox }) => sum + sandbox.calls.length, 0);
		const disturbances = new Disturbances(n8n, calls);
		const over = new AbortController();
		const disturbing = disturbances.run(drawn, over.signal);
		endDisturbances = async () => {
			over.abort();
			await disturbing;
			await disturbances.ended();
		};
		try {
			await Promise.all(performances.map(async (one) => await one.perform()));
		} finally {
			await endDisturbances();
		}
		return await judgedPerformances(workflows, performances, disturbances, n8n);
	} finally {
		await Promise.all(performances.map(async ({ sandbox }) => await sandbox.close()));
	}
}

async function judgedPerformances(
	workflows: QueueHistory['workflows'],
	performances: Performance[],
	disturbances: Disturbances,
	n8n: QueueMode,
): Promise<Judged> {
	const broken: string[] = [];
	const counts: Record<string, number> = { ...disturbances.counts };
	const count = (name: string, more: number) => (counts[name] = (counts[name] ?? 0) + more);
	const secrets: string[] = [];
	for (const [index, { history }] of workflows.entries()) {
		const one = performances[index];
		if (!one) continue;
		const record = await one.record(disturbances);
		const said = [...one.broken, ...judge(history, record)];
		broken.push(...said.map((words) => `workflow ${index} (${one.ends}): ${words}`));
		secrets.push(...record.secrets);
		for (const [name, more] of Object.entries(one.counts)) count(name, more);
		count('SMS taken by KPN', record.messages.length);
		const cut = record.tries.filter(
			({ forgotten, firstCall, endCall }) => forgotten && endCall > firstCall,
		);
		count('executions cut off in the middle of sending', cut.length);
		count('items not sent again', record.tries.flatMap(leftAlone).length);
		count('SMS asked for in calls', record.calls.flatMap(({ body }) => messagesIn(body)).length);
	}
	broken.push(...(await leaksIn(n8n.folder, secrets)).map((line) => `n8n’s log: ${line}`));
	// Each takes a minute or two.
	const happened = Object.entries(counts).map(([name, times]) => `${name} ${times}`);
	process.stdout.write(`${happened.join(', ')}: ${broken.length} broken\n`);
	return { broken, counts };
}

/** What came out of a try as accepted or sent before it. */
const leftAlone = ({ run }: Try): INodeExecutionData[] =>
	(run?.data.resultData.runData.SMS ?? [])
		.flatMap(({ data }) => data?.main?.flat() ?? [])
		.filter((item) => item !== null)
		.filter(({ json }) => json.acceptedBefore === true || json.outcome === 'sentBefore');
