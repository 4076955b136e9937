import { setTimeout as delay } from 'node:timers/promises';

import omit from 'lodash/omit';

import { startSandbox, type Sandbox } from '../../../sandbox';
import { addSandboxCredential } from '../../../dev/n8n/credentials';
import { activate, type StoredWorkflow } from '../../../dev/n8n/workflows';
import type { QueueMode } from '../../support/queue/queueMode';
import { itemsFromWebhook } from '../../support/webhookWorkflow';
import type { Again, Change } from '../history';
import { orderOf } from '../perform';
import type { HistoryRecord, Try } from '../record';
import { HistoryWorkflow, runsOf } from '../workflow';
import type { Disturbances } from './disturbances';
import { Executions, hasFailed, runsIn, type Execution } from './executions';
import type { QueueHistory } from './history';

/** Longer than on n8n's engine alone: n8n may be busy starting workers. */
const HANG_TIMEOUT_MS = 15_000;

/** After an execution that did not end as usual, so long without a call means that nobody sends any more. */
const QUIET_MS = 4000;

/** An execution, and what was drawn for it. */
interface Started extends Pick<Try, 'execution' | 'change' | 'runs' | 'runsBefore' | 'firstCall'> {
	id: string;
	from: number;
	to: number;
	/** How it ended, as n8n has it after all is over. */
	status?: string;
}

/** One of the workflows of a history, in the real n8n, with a KPN of its own. */
export class Performance {
	/** What n8n did that it must not. */
	readonly broken: string[] = [];

	readonly counts = { executions: 0, retries: 0, 'retries of nothing': 0 };

	private readonly started: Started[] = [];

	private expired = 0;

	/** How many there were when the last execution had ended. */
	private callsAtEnd = 0;

	private constructor(
		private readonly drawn: QueueHistory['workflows'][number],
		private readonly n8n: QueueMode,
		private readonly files: HistoryWorkflow,
		private readonly stored: StoredWorkflow,
		private readonly executions: Executions,
		readonly sandbox: Sandbox,
	) {}

	static async prepare(
		drawn: QueueHistory['workflows'][number],
		n8n: QueueMode,
	): Promise<Performance> {
		const { history, latencyMs } = drawn;
		const sandbox = await startSandbox({ delayMs: latencyMs });
		if (history.rate) await sandbox.setCapacity(history.rate);
		for (const fault of history.faults) sandbox.inject(fault);
		const { id } = await addSandboxCredential(n8n.rest, sandbox, {
			smsApi: history.api,
		});
		const files = new HistoryWorkflow(history, id, HANG_TIMEOUT_MS);
		const stored = await n8n.rest.post<StoredWorkflow>('/workflows', {
			name: files.id,
			active: false,
			settings: { executionOrder: 'v1' },
			...graphOf(files, 'nothing'),
		});
		await activate(n8n.rest, stored);
		const executions = new Executions(n8n.rest, stored.id);
		return new Performance(drawn, n8n, files, stored, executions, sandbox);
	}

	/** The executions, and how each has ended. */
	get ends(): string {
		return this.started.map(({ id, status }) => `${id} ${status}`).join(', ');
	}

	/** Posts the items, and does what a person does with what has failed. */
	async perform(): Promise<void> {
		const { history, afterMs } = this.drawn;
		const watching = this.watchTokens();
		try {
			await delay(afterMs);
			const orders: Array<'the first' | Again> = ['the first', ...(history.once ?? [])];
			for (const [execution, again] of orders.entries()) {
				await this.execute(execution, orderOf(history, again));
			}
		} finally {
			watching.abort();
		}
	}

	async record(disturbances: Disturbances): Promise<HistoryRecord> {
		const { sandbox, started, expired } = this;
		const tries: Try[] = [];
		for (const [place, one] of started.entries()) {
			const endCall = started[place + 1]?.firstCall ?? sandbox.calls.length;
			const execution = await this.executions.read(one.id);
			const calls = sandbox.calls.slice(one.firstCall, endCall);
			const disturbed = disturbances.isDisturbed(one.from, one.to);
			const ended = endOf(execution, one, disturbed);
			if (!ended.run && execution.status === 'success') {
				// Of what it noticed as killed, n8n keeps nothing; it takes a retry of that, does nothing, and
				// calls that a success. The items are those of the one that is shown as failed.
				const before = started[place - 1];
				const isRetry = before?.execution === one.execution && before.status !== 'success';
				if (isRetry && calls.length === 0) this.counts['retries of nothing']++;
				else this.broken.push('n8n calls it a success, and the node has not run');
			}
			one.status = execution.status;
			const unheard = ended.run ? [] : calls.filter(({ status }) => status === null);
			tries.push({
				...omit(one, ['id', 'from', 'to', 'status']),
				...{ ...ended, endCall, unheard, disturbed },
				maybeHeard: [],
				afterWait: false,
			});
		}
		const tokens = sandbox.calls.map(({ headers }) => String(headers.authorization).slice(7));
		return {
			calls: sandbox.calls,
			messages: sandbox.messages,
			tokenCalls: sandbox.tokenCalls.length,
			expired,
			tries,
			stalled: false,
			secrets: [...new Set([...tokens, sandbox.clientSecret])],
		};
	}

	private async execute(execution: number, order: number[]): Promise<void> {
		const { history } = this.drawn;
		const plan = { execution, change: 'nothing' as Change, runs: runsOf(history, order) };
		const items = order.map((index) => history.items[index]);
		const first = await this.executions.startedBy(async () => await this.post(items));
		if (first === undefined) {
			this.broken.push('n8n has no execution of what was posted');
			return;
		}
		let { ended, one } = await this.follow(first, { ...plan, runsBefore: 0 });
		for (const change of history.retries) {
			if (!hasFailed(ended) || !this.mayRetry(one, ended)) return;
			await this.save(change);
			const id = await this.executions.startedBy(async () => await this.executions.retry(one.id));
			// n8n has nothing to go on with.
			if (id === undefined) return;
			this.counts.retries++;
			({ ended, one } = await this.follow(id, { ...plan, change, runsBefore: runsIn(ended) }));
		}
	}

	/** As the documents have it: what has crashed is retried with Send Once Per only. */
	private mayRetry(one: Started, ended: Execution): boolean {
		return this.drawn.history.once !== undefined || endOf(ended, one, false).forgotten !== true;
	}

	/** Waits until an execution has ended. */
	private async follow(
		id: string,
		plan: Pick<Started, 'execution' | 'change' | 'runs' | 'runsBefore'>,
	): Promise<{ ended: Execution; one: Started }> {
		const { calls } = this.sandbox;
		const last = this.started.at(-1);
		const one: Started = {
			...{ ...plan, id, from: last?.to ?? Date.now(), to: Infinity },
			firstCall: this.callsAtEnd,
		};
		this.started.push(one);
		this.counts.executions++;
		const ended = await this.executions.ended(id);
		if (endOf(ended, one, false).run === undefined) {
			for (let count = -1; count !== calls.length;) {
				count = calls.length;
				await delay(QUIET_MS);
			}
		}
		one.to = Date.now();
		this.callsAtEnd = calls.length;
		return { ended, one };
	}

	private async post(items: unknown[]): Promise<void> {
		const response = await fetch(`${this.n8n.main.url}/webhook/${this.files.id}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ items }),
			signal: AbortSignal.timeout(60_000),
		});
		if (!response.ok) throw new Error(`The webhook answered ${response.status}`);
	}

	private async save(change: Change): Promise<void> {
		const { rest } = this.n8n;
		await this.executions.whenUp(async () => {
			const { versionId } = await rest.get<StoredWorkflow>(`/workflows/${this.stored.id}`);
			await rest.patch(`/workflows/${this.stored.id}`, {
				...graphOf(this.files, change),
				versionId,
			});
		});
	}

	private watchTokens(): AbortController {
		const ending = new AbortController();
		const expireAt = new Set(this.drawn.history.expireAt);
		void (async () => {
			while (!ending.signal.aborted) {
				for (const at of expireAt) {
					if (at > this.sandbox.calls.length) continue;
					expireAt.delete(at);
					this.sandbox.expireTokens();
					this.expired++;
				}
				await delay(2);
			}
		})();
		return ending;
	}
}

/** Webhook → Items → what the history has, which begins with Before. */
function graphOf(files: HistoryWorkflow, change: Change) {
	const { nodes, connections } = files.file(change);
	const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });
	return {
		nodes: [...itemsFromWebhook(files.id), ...nodes],
		connections: { Webhook: to('Items'), Items: to('Before'), ...connections },
	};
}

/** What is to be judged of an execution: nothing of its output where n8n has none of the node's. */
function endOf(
	{ run, status }: Execution,
	{ runsBefore }: Pick<Started, 'runsBefore'>,
	disturbed: boolean,
): Pick<Try, 'run' | 'forgotten'> {
	const made = run?.data.resultData.runData.SMS?.length ?? 0;
	if (!run || made <= runsBefore || status === 'crashed') return { forgotten: true };
	const { message = '' } = run.data.resultData.error ?? {};
	const isNodes = /^(Not all items|Nothing |Unknown whether|KPN)/.test(message);
	// Without its database n8n has errors of its own, and says that the execution has failed.
	if (disturbed && status !== 'success' && !isNodes) return {};
	return { run };
}
