import type { IHttpRequestOptions, INodeExecutionData } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { SMS_APIS, type SmsApi } from '../../shared/kpn';
import { returnCode } from '../../shared/returnCodes';
import { batch, messagesOf, type Message } from './batch';
import { deliver } from './deliver';
import { draft, isRefusal, type Draft, type DraftFields, type Refusal } from './draft';
import { isFine, outputItem, type ItemResult } from './item';
import { isWithinAgentsTurn, KpnCalls, type KpnContext } from './kpnCalls';
import { hash, Ledger } from './ledger';
import { optionsReader } from './options';
import type { Failure, Outcome } from './outcome';
import { mapUnhurried } from './unhurried';
import { precheckError, stopError } from './words';

/** One item of a run, with its parameters evaluated; or why they could not be. */
export type RunItem = Refusal | { itemIndex: number; fields: DraftFields; options: object };

/** For an item whose parameters could not be evaluated. */
export const failedExpression = (itemIndex: number, error: unknown): Refusal => ({
	itemIndex,
	problems: [`An expression of this item failed: ${(error as Error).message}`],
});

/** How every call of a run is made. */
export interface RunRequest {
	/** The declared request, from which only body and sub-account differ between calls. */
	options: IHttpRequestOptions;
	/** Milliseconds for a whole call, however slowly an answer drips. */
	deadline: number;
}

export interface RunOutput {
	/** What the workflow gets: one item for each that went in, in order. */
	items: INodeExecutionData[];
	results: ItemResult[];
}

/**
 * Sends the messages of a run's items, and says of each item what became of it.
 *
 * @throws NodeApiError in "Stop Workflow", when an item cannot be sent: then nothing was sent; or
 * when KPN did not accept every message
 */
export async function run(
	context: KpnContext,
	items: RunItem[],
	request: RunRequest,
): Promise<RunOutput> {
	const node = context.getNode();
	const continues = context.continueOnFail();
	// The request is of one API or the other; asked again, the credential might say something else.
	const api: SmsApi = request.options.url === SMS_APIS.current.sendPath ? 'current' : 'v1';

	const readOptions = optionsReader(api);
	const drafts = await mapUnhurried(items, (item) =>
		isRefusal(item) ? item : draft(item.itemIndex, item.fields, readOptions(item.options), api),
	);
	const ledger = ledgerOf(context);
	// A dry run is there to show what is wrong: it has nothing to stop.
	const refusals = drafts.filter(isRefusal).filter(({ dryRun }) => !dryRun);
	if (refusals.length > 0 && !continues) {
		throw precheckError(node, refusals, items.length, ledger.acceptedBefore);
	}

	const sendable = drafts.filter((one): one is Draft => !isRefusal(one) && !one.options.dryRun);
	const messages = new Map(await mapUnhurried(sendable, (one) => [one, messagesOf(one)]));
	const all = [...messages.values()].flat();
	const outcomes = new Map<Message, Outcome>();
	await mapUnhurried(all, (message) => {
		const known = settledBefore(message, ledger);
		if (known) outcomes.set(message, known);
	});

	const calls = new KpnCalls(context, request.options, request.deadline);
	const cancel = context.getExecutionCancelSignal();
	await deliver(
		batch(
			all.filter((message) => !outcomes.has(message)),
			SMS_APIS[api].messagesPerCall,
		),
		{ stopAtFailure: !continues },
		{
			call: async (call) => await calls.send(call),
			starts: (message) => ledger.starts(message),
			settles: (message, outcome) => {
				ledger.settles(message, outcome);
				outcomes.set(message, outcome);
			},
			sleep: async (milliseconds) => await pause(milliseconds, cancel),
			canceled: () => cancel?.aborted === true,
		},
	);

	const results = await mapUnhurried(drafts, (one): ItemResult => {
		if (isRefusal(one)) return one;
		const own = messages.get(one) ?? [];
		return { draft: one, outcomes: own.map((message) => outcomes.get(message) ?? NEVER_SETTLED) };
	});
	const stops = results.some((result) => !isFine(result) && !('dryRun' in result && result.dryRun));
	if (stops && !continues) throw stopError(node, results);

	const toErrorOutput = node.onError === 'continueErrorOutput';
	const output = await mapUnhurried(results, (one) => outputItem(one, node, toErrorOutput));
	// Every item comes out with its result: nothing is left to retry.
	await mapUnhurried(sendable, (one) => ledger.forget(one));
	return { items: output, results };
}

/** What an earlier try of this execution settled, unless the user wants to risk a double. */
function settledBefore(message: Message, ledger: Ledger): Outcome | undefined {
	const known = ledger.find(message);
	if (known !== 'unknown') return known && { outcome: 'accepted', ...known };
	const { deliveryGuarantee } = message.draft.options;
	return deliveryGuarantee === 'atLeastOnce' ? undefined : UNKNOWN_BEFORE;
}

const UNKNOWN_BEFORE: Failure = {
	outcome: 'unknown',
	meaning: 'an earlier try ended without a clear answer, so it was not sent again',
	advice: returnCode(500).advice,
	kpn: {},
	retryable: false,
	concernsEveryCall: false,
};

/** A message that `deliver` left out would be one that is lost unseen: it must not pass for sent. */
const NEVER_SETTLED: Failure = { ...UNKNOWN_BEFORE, meaning: 'nothing was heard of it' };

/**
 * A run keeps its index when it is tried again, and so does an item. A tool that an AI Agent calls
 * within its own turn does not: there it is sender and text that make a message the same.
 */
function ledgerOf(context: KpnContext): Ledger {
	const store = context.getContext('node');
	if (isWithinAgentsTurn(context)) {
		return new Ledger(store, 'tool', ({ sender, content }) => hash(`${sender}\n${content}`));
	}
	return new Ledger(store, String(context.evaluateExpression('{{ $runIndex }}', 0)));
}

/** Waits, or until the cancel button; the caller asks about that itself. */
async function pause(milliseconds: number, cancel?: AbortSignal): Promise<void> {
	if (cancel?.aborted) return;
	const waking = new AbortController();
	const canceled = new Promise<void>((resolve) => {
		cancel?.addEventListener('abort', () => resolve(), { signal: waking.signal });
	});
	await Promise.race([sleep(milliseconds), canceled]);
	waking.abort();
}
