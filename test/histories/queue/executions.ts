import { setTimeout as delay } from 'node:timers/promises';

import { parse } from 'flatted';
import type { IRun, IRunExecutionData, ITaskData } from 'n8n-workflow';

import { N8nError, type N8nRest } from '../../../dev/n8n/rest';

/** A killed worker is noticed in less. */
const ENDED_WITHIN_MS = 5 * 60_000;

/** So long it takes all of n8n at most to be there again. */
const UP_WITHIN_MS = 5 * 60_000;

/** So long after n8n has answered, an execution that it began is in its list. */
const LISTED_WITHIN_MS = 10_000;

const GOING = ['new', 'running', 'waiting'];

/** What n8n has stored of an execution. */
export interface Execution {
	status: string;
	/** Nothing where there is no data that can be read. */
	run?: IRun;
}

export const hasFailed = ({ status }: Execution): boolean => status !== 'success';

/** How many runs of the node a retry of it begins with. */
export function runsIn({ run }: Execution): number {
	const runs = run?.data.resultData.runData.SMS ?? [];
	return runs.at(-1)?.error === undefined ? runs.length : runs.length - 1;
}

/** The executions of a workflow, of an n8n whose parts come and go. */
export class Executions {
	private readonly known = new Set<string>();

	constructor(
		private readonly rest: N8nRest,
		private readonly workflowId: string,
	) {}

	/** Does it as soon as n8n takes it. */
	async whenUp<T>(call: () => Promise<T>): Promise<T> {
		const deadline = Date.now() + UP_WITHIN_MS;
		for (;;) {
			try {
				return await call();
			} catch (error) {
				if (Date.now() > deadline) throw error;
				if (isAbout(error, 401)) await this.rest.logIn().catch(() => {});
				await delay(250);
			}
		}
	}

	/**
	 * Asks n8n for an execution, and again where n8n was away and began none.
	 *
	 * @returns which one came of it; none where n8n says that it does not take it
	 */
	async startedBy(ask: () => Promise<void>): Promise<string | undefined> {
		for (;;) {
			const answer: { at?: number; error?: unknown } = {};
			ask().then(
				() => (answer.at = Date.now()),
				(error: unknown) => Object.assign(answer, { at: Date.now(), error }),
			);
			for (;;) {
				const { at = Infinity, error } = answer;
				const one = (await this.list()).find(({ id }) => !this.known.has(id));
				if (one) {
					this.known.add(one.id);
					return one.id;
				}
				if (isAbout(error, 400, 409, 422)) return undefined;
				if (Date.now() - at > LISTED_WITHIN_MS) {
					if (error === undefined) return undefined;
					break;
				}
				await delay(100);
			}
		}
	}

	/** As a person does in the list of executions, with the workflow that is saved now. */
	async retry(id: string): Promise<void> {
		await this.rest.post(`/executions/${id}/retry`, { loadWorkflow: true });
	}

	async ended(id: string): Promise<Execution> {
		const deadline = Date.now() + ENDED_WITHIN_MS;
		for (;;) {
			const status = (await this.list()).find((one) => one.id === id)?.status ?? 'gone';
			if (!GOING.includes(status)) return await this.read(id);
			if (Date.now() > deadline) throw new Error(`Execution ${id} is ${status} for ever`);
			await delay(300);
		}
	}

	async read(id: string): Promise<Execution> {
		interface Stored {
			status: IRun['status'];
			data?: string;
			startedAt: Date;
			mode: IRun['mode'];
		}
		const stored = await this.whenUp(async () => await this.rest.get<Stored>(`/executions/${id}`));
		const data = parse(stored.data ?? '[null]') as IRunExecutionData | null;
		if (!data?.resultData) return { status: stored.status };
		const { runData } = data.resultData;
		if (runData.SMS) runData.SMS = runData.SMS.filter((one) => !isMadeUp(one));
		return { status: stored.status, run: { ...stored, data, storedAt: 'db' } };
	}

	private async list(): Promise<Array<{ id: string; status: string }>> {
		return await this.whenUp(async () => await this.rest.executionsOf(this.workflowId));
	}
}

/** What n8n writes for a run that it knows of by its log only, after a crash; a retry keeps it. */
const isMadeUp = ({ data }: ITaskData): boolean =>
	data?.main?.[0]?.[0]?.json.isArtificialRecoveredEventItem === true;

const isAbout = (error: unknown, ...statuses: number[]): boolean =>
	error instanceof N8nError && statuses.includes(error.status);
