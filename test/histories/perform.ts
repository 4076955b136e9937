import { setTimeout as delay } from 'node:timers/promises';

import type { INodeExecutionData, IRunExecutionData } from 'n8n-workflow';

import { startRetry, startWorkflow, type WorkflowFile } from '../../dev/engine';
import type { SendCall } from '../../sandbox';
import { loopOver, smsNode, smsWorkflow, startBefore, startSetting } from '../engine/setting';
import type { History } from './history';
import type { HistoryRecord, Try } from './record';

/** Milliseconds that the node waits for an answer; less where some never come. */
const TIMEOUT_MS = 60_000;
const HANG_TIMEOUT_MS = 3000;

/** An answer takes so long at most to be heard. */
const JUST_NOW_MS = 100;

/** Does what a history says, on n8n's own engine and over HTTP, and keeps the record of it. */
export async function perform(history: History): Promise<HistoryRecord> {
	const { sandbox, credentials } = await startSetting(
		{ smsApi: history.api },
		// So that some calls are on their way when n8n is cut off.
		{ delayMs: history.cutOffAt === undefined ? 0 : 20 },
	);
	// n8n renews a credential once for all who ask at the same time: each history has one of its own.
	const credential = sandbox.url;
	credentials.set(credential, credentials.raw('kpn'));
	const expireAt = new Set(history.expireAt);
	let { cutOffAt } = history;
	let expired = 0;
	let lookedAt = Date.now();
	let stalled = false;
	const tries: Try[] = [];
	try {
		for (const fault of history.faults) sandbox.inject(fault);
		const file = (changed: boolean) => workflowOf(history, credential, changed);
		let stored: IRunExecutionData | undefined;
		for (const change of ['as it was', ...history.retries]) {
			const saved = file(change === 'text changed');
			const firstCall = sandbox.calls.length;
			const running = stored
				? startRetry(stored, file(false), credentials, saved)
				: startWorkflow(saved, startBefore(inputOf(history)), credentials);
			lookedAt = Date.now();
			let cut:
				| (Pick<Try, 'unheard' | 'maybeHeard'> & { kept: IRunExecutionData; from: number })
				| undefined;
			const answeredAt = new Map<SendCall, number>();
			const watching = watch(() => {
				const now = Date.now();
				stalled ||= now - lookedAt > HANG_TIMEOUT_MS / 4;
				lookedAt = now;
				for (const call of sandbox.calls) {
					if (call.status !== null && !answeredAt.has(call)) answeredAt.set(call, now);
				}
				const { length } = sandbox.calls;
				for (const at of expireAt) {
					if (at > length) continue;
					expireAt.delete(at);
					sandbox.expireTokens();
					expired++;
				}
				if (cutOffAt === undefined || history.loop !== undefined || length < cutOffAt) return;
				cutOffAt = undefined;
				cut = {
					from: length,
					kept: cutOff(running.data, saved, inputOf(history)),
					unheard: sandbox.calls.filter(({ status }) => status === null),
					maybeHeard: [...answeredAt]
						.filter(([, at]) => now - at < JUST_NOW_MS)
						.map(([call]) => call),
				};
				running.cancel();
			});
			const run = await running.finished.finally(() => watching.abort());
			tries.push({
				firstCall,
				endCall: sandbox.calls.length,
				// Also what had left, and came to KPN a moment later.
				unheard: cut ? [...cut.unheard, ...sandbox.calls.slice(cut.from)] : [],
				maybeHeard: cut?.maybeHeard ?? [],
				run: cut ? undefined : run,
			});
			if (!cut && !run.data.resultData.error) break;
			stored = cut?.kept ?? run.data;
		}
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
	} finally {
		await sandbox.close();
	}
}

const inputOf = ({ items }: History): Array<{ to: string; text: string }> =>
	items.map(({ to, text }) => ({ to, text }));

function workflowOf(history: History, credential: string, changed: boolean): WorkflowFile {
	const { computed, loop, options, onError, retryOnFail } = history;
	const text = computed ? '{{ $json.text + "" }}' : '{{ $json.text }}';
	const node = {
		onError,
		retryOnFail,
		maxTries: 3,
		waitBetweenTries: 1,
		credentials: { kpnSmsOAuth2Api: { id: credential, name: 'KPN' } },
		parameters: {
			mobileNumber: computed ? '={{ $json.to + "" }}' : '={{ $json.to }}',
			content: `=${text}${changed ? ' (again)' : ''}`,
			options,
			requestOptions: { timeout: hangs(history) ? HANG_TIMEOUT_MS : TIMEOUT_MS },
		},
	};
	if (loop === undefined) return smsWorkflow(node);
	const { nodes, connections } = loopOver(smsNode(node), loop);
	const back = [{ node: 'Loop', type: 'main' as const, index: 0 }];
	return { nodes, connections: { ...connections, SMS: { main: [back, back] } } };
}

const hangs = ({ faults }: History): boolean =>
	faults.some(({ answer }) => answer?.kind === 'hang');

/** What n8n stores when it is cut off within the SMS node: the node is still to be run. */
function cutOff(
	data: IRunExecutionData,
	{ nodes }: WorkflowFile,
	input: Array<{ to: string; text: string }>,
): IRunExecutionData {
	const stored = JSON.parse(JSON.stringify(data)) as IRunExecutionData;
	const node = nodes.find(({ name }) => name === 'SMS');
	if (!node || !stored.executionData) throw new Error('There is no SMS node that was running');
	const items: INodeExecutionData[] = input.map((json, item) => ({ json, pairedItem: { item } }));
	stored.executionData.nodeExecutionStack = [
		{ node, data: { main: [items] }, source: { main: [{ previousNode: 'Before' }] } },
	];
	stored.resultData.lastNodeExecuted = 'Before';
	return stored;
}

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
