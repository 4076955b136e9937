import { setTimeout as delay } from 'node:timers/promises';

import type { IRunExecutionData } from 'n8n-workflow';

import { deduplicator, startRetry, startWorkflow, type RunningExecution } from '../../dev/engine';
import type { CredentialStore } from '../../dev/credentialStore';
import type { Sandbox, SendCall } from '../../sandbox';
import { startAtBefore, startEngineSetup } from '../support/engine/engineSetup';
import type { Again, Change, History } from './history';
import type { HistoryRecord, Try } from './record';
import { cutOff, HANG_TIMEOUT_MS, HistoryWorkflow, runsOf } from './workflow';

/** An answer takes so long at most to be heard. */
const JUST_NOW_MS = 100;

/** Does what a history says, on n8n's own engine and over HTTP, and keeps the record of it. */
export async function perform(history: History): Promise<HistoryRecord> {
	const { cancelAt, cutOffAt, rate } = history;
	const { sandbox, credentials } = await startEngineSetup(
		{ smsApi: history.api },
		// So that some calls are on their way when n8n is cut off or stopped.
		{ delayMs: cancelAt !== undefined ? 80 : cutOffAt !== undefined ? 20 : 0 },
	);
	// n8n renews a credential once for all who ask at the same time: each history has one of its own.
	const credential = sandbox.url;
	credentials.set(credential, credentials.raw('kpn'));
	const performance = new Performance(history, sandbox, credentials, credential);
	try {
		if (rate) await sandbox.setCapacity(rate);
		for (const fault of history.faults) sandbox.inject(fault);
		const orders: Array<'the first' | Again> = ['the first', ...(history.once ?? [])];
		for (const [execution, again] of orders.entries()) {
			await performance.execute(execution, orderOf(history, again));
		}
		return performance.record;
	} finally {
		await sandbox.close();
	}
}

/** Which items an execution has, in order. */
export function orderOf({ items }: History, again: 'the first' | Again): number[] {
	const order = [...items.keys()];
	if (again === 'in opposite order') return order.reverse();
	return again === 'without the first' && order.length > 1 ? order.slice(1) : order;
}

/** What is kept of an execution that was cut off. */
interface Cut extends Pick<Try, 'unheard' | 'maybeHeard'> {
	kept: IRunExecutionData;
	/** The first send call that came after it. */
	from: number;
}

class Performance {
	private readonly workflow: HistoryWorkflow;

	private readonly tries: Try[] = [];

	private readonly expireAt: Set<number>;

	private cutOffAt?: number;

	private cancelAt?: number;

	private expired = 0;

	private stalled = false;

	constructor(
		private readonly history: History,
		private readonly sandbox: Sandbox,
		private readonly credentials: CredentialStore,
		credential: string,
	) {
		this.workflow = new HistoryWorkflow(history, credential);
		this.expireAt = new Set(history.expireAt);
		this.cutOffAt = history.cutOffAt;
		this.cancelAt = history.cancelAt;
	}

	get record(): HistoryRecord {
		const { sandbox, tries, expired, stalled } = this;
		const tokens = sandbox.calls.map(({ headers }) => String(headers.authorization).slice(7));
		return {
			calls: [...sandbox.calls],
			messages: [...sandbox.messages],
			tokenCalls: sandbox.tokenCalls.length,
			expired,
			stalled,
			tries,
			secrets: [...new Set([...tokens, sandbox.clientSecret])],
		};
	}

	/** One execution, and its retries. */
	async execute(execution: number, order: number[]): Promise<void> {
		const { history, workflow, credentials } = this;
		const input = order.map((index) => ({ ...history.items[index] }));
		let stored: IRunExecutionData | undefined;
		for (const change of ['nothing' as const, ...history.retries]) {
			const saved = workflow.file(change);
			const running = stored
				? startRetry(stored, workflow.file('nothing'), credentials, saved)
				: startWorkflow(saved, startAtBefore(input), credentials);
			const runsBefore = running.data.resultData.runData.SMS?.length ?? 0;
			const plan = { execution, order, change, runsBefore, afterWait: false };
			const { one, kept } = await this.follow(running, plan);
			this.tries.push(one);
			if (one.run?.waitTill) {
				// As n8n does when the time is up.
				const resumed = startRetry(one.run.data, saved, credentials);
				this.tries.push((await this.follow(resumed, { ...plan, afterWait: true })).one);
				break;
			}
			if (one.run && (!one.run.data.resultData.error || one.run.status === 'canceled')) break;
			stored = kept ?? one.run?.data;
		}
	}

	private async follow(
		running: RunningExecution,
		{
			order,
			...plan
		}: Pick<Try, 'execution' | 'change' | 'runsBefore' | 'afterWait'> & { order: number[] },
	): Promise<{ one: Try; kept?: IRunExecutionData }> {
		const { sandbox } = this;
		const runs = runsOf(this.history, order);
		const firstCall = sandbox.calls.length;
		const answeredAt = new Map<SendCall, number>();
		let answeredBeforeStop: number | undefined;
		let cut: Cut | undefined;
		let lookedAt = Date.now();
		const watching = watch(() => {
			const now = Date.now();
			this.stalled ||= now - lookedAt > HANG_TIMEOUT_MS / 4;
			lookedAt = now;
			const { length } = sandbox.calls;
			for (const call of sandbox.calls) {
				if (call.status !== null && !answeredAt.has(call)) answeredAt.set(call, now);
			}
			this.expireTokens(length);
			if (length === firstCall) return;
			if (this.cancelAt !== undefined && length >= this.cancelAt) {
				this.cancelAt = undefined;
				answeredBeforeStop = sandbox.calls
					.slice(firstCall)
					.filter((one) => answeredAt.has(one)).length;
				running.cancel();
			} else if (this.cutOffAt !== undefined && length >= this.cutOffAt) {
				cut = this.cutOff(running, runs, answeredAt, plan.change);
				if (!cut) return;
				this.cutOffAt = undefined;
				running.cancel();
			}
		});
		const run = await running.finished.finally(() => watching.abort());
		databasesGone.delete(this.workflow.id);
		const one: Try = {
			...plan,
			runs,
			firstCall,
			endCall: sandbox.calls.length,
			// Also what had left, and came to KPN a moment later.
			unheard: cut ? [...cut.unheard, ...sandbox.calls.slice(cut.from)] : [],
			maybeHeard: cut?.maybeHeard ?? [],
			answeredBeforeStop,
			run: cut ? undefined : run,
		};
		return { one, kept: cut?.kept };
	}

	private expireTokens(calls: number): void {
		for (const at of this.expireAt) {
			if (at > calls) continue;
			this.expireAt.delete(at);
			this.sandbox.expireTokens();
			this.expired++;
		}
	}

	private cutOff(
		{ data }: RunningExecution,
		runs: number[][],
		answeredAt: Map<SendCall, number>,
		change: Change,
	): Cut | undefined {
		const { sandbox, history, workflow } = this;
		const now = Date.now();
		const inputs = runs.map((run) => run.flatMap((index) => history.items[index] ?? []));
		const kept = cutOff(data, workflow.file(change), inputs);
		if (!kept) return undefined;
		databasesGone.add(workflow.id);
		return {
			from: sandbox.calls.length,
			kept,
			unheard: sandbox.calls.filter(({ status }) => status === null),
			// Also those that waited for a new token, to be made again.
			maybeHeard: [...answeredAt]
				.filter(([{ status }, at]) => status === 401 || now - at < JUST_NOW_MS)
				.map(([call]) => call),
		};
	}
}

/** Workflows whose n8n was cut off: what goes on here for a moment has no database any more. */
const databasesGone = new Set<string>();
deduplicator.onWrite = ({ workflow }) => {
	if (databasesGone.has(workflow.id)) throw new Error('n8n has been cut off');
};

/** Looks often, until it is aborted. */
function watch(look: () => void): AbortController {
	const ending = new AbortController();
	void (async () => {
		while (!ending.signal.aborted) {
			look();
			await delay(1);
		}
	})();
	return ending;
}
