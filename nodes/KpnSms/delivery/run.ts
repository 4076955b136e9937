import type { INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { SMS_APIS, type SmsApi } from '../../shared/kpn';
import { mapUnhurried, pause } from '../../shared/unhurried';
import { batch, messagesOf, type Message } from './batch';
import { deliver } from './deliver';
import {
	draft,
	isRefusal,
	type DeclaredBody,
	type Draft,
	type Refusal,
	type TextField,
} from './draft';
import { isFine, outputItem, type ItemResult } from './item';
import { KpnCalls, type KpnContext, type RunRequest } from './kpnCalls';
import { Ledger } from './ledger';
import { optionsReader } from './options';
import type { Outcome } from './outcome';
import { precheckError, stopError } from './words';

/** One item of a run, with its parameters evaluated; or why they could not be. */
export type RunItem =
	Refusal | { itemIndex: number; body: DeclaredBody; options: object; text?: TextField };

interface RunKind {
	/** Whether a message is waited for once it may have arrived, and must never be sent again. */
	waits?: boolean;
}

/** For an item whose parameters could not be evaluated. */
export const failedExpression = (itemIndex: number, error: unknown): Refusal => ({
	itemIndex,
	problems: [`An expression of this item failed: ${(error as Error).message}`],
});

interface RunOutput {
	/** What the workflow gets: one item for each that went in, in order. */
	items: INodeExecutionData[];
	/** What became of each; none where nothing could be prepared. */
	results: ItemResult[];
}

/**
 * Runs what can be prepared. Where it cannot be, n8n's "Continue" modes would hand the items on as
 * they came, as if they were sent: there each of them is refused instead.
 *
 * @throws NodeOperationError in "Stop Workflow", where it cannot be prepared; and as `run` does
 */
export async function runPrepared(
	context: KpnContext,
	itemIndexes: number[],
	prepare: () => Promise<{ items: RunItem[]; request: RunRequest }>,
	kind: RunKind = {},
): Promise<RunOutput> {
	let prepared;
	try {
		prepared = await prepare();
	} catch (error) {
		const { message } = error as Error;
		const node = context.getNode();
		if (!context.continueOnFail()) throw new NodeOperationError(node, message);
		const refuse = (itemIndex: number) => outputItem({ itemIndex, problems: [message] }, node);
		return { items: await mapUnhurried(itemIndexes, refuse), results: [] };
	}
	return await run(context, prepared.items, prepared.request, kind);
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
	{ waits = false }: RunKind = {},
): Promise<RunOutput> {
	const node = context.getNode();
	const continues = context.continueOnFail();
	// The request is of one API or the other; asked again, the credential might say something else.
	const api: SmsApi = request.options.url === SMS_APIS.current.sendPath ? 'current' : 'v1';

	const readOptions = optionsReader(api);
	const drafts = await mapUnhurried(items, (item) =>
		isRefusal(item)
			? item
			: draft(item.itemIndex, item.body, readOptions(item.options), api, item.text),
	);
	const ledger = Ledger.of(context);
	// A dry run is there to show what is wrong: it has nothing to stop.
	const refusals = drafts.filter(isRefusal).filter(({ dryRun }) => !dryRun);
	if (refusals.length > 0 && !continues) {
		throw precheckError(node, refusals, items.length, ledger.acceptedBefore);
	}

	const sendable = drafts.filter((one): one is Draft => !isRefusal(one) && !one.options.dryRun);
	const messages = new Map<Draft, Message[]>();
	const open: Message[] = [];
	const outcomes = new Map<Message, Outcome>();
	await mapUnhurried(sendable, (one) => {
		const own = messagesOf(one);
		messages.set(one, own);
		for (const message of own) {
			const known = ledger.settledBefore(message);
			if (known) outcomes.set(message, known);
			else open.push(message);
		}
	});

	const acceptedBefore = [...outcomes.values()].some(({ outcome }) => outcome === 'accepted');
	const calls = new KpnCalls(context, request);
	const cancel = context.getExecutionCancelSignal();
	await deliver(
		batch(open, SMS_APIS[api].messagesPerCall),
		{ stopAtFailure: !continues, acceptedBefore },
		{
			call: async (call) => await calls.send(call),
			starts: (message) => ledger.starts(message),
			settles: (message, outcome) => {
				outcomes.set(message, ledger.settles(message, outcome));
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
	const stops = results.some(
		(result) =>
			!isFine(result) &&
			!('dryRun' in result && result.dryRun) &&
			!(waits && mayHaveArrived(result)),
	);
	if (stops && !continues) throw stopError(node, results);

	const output = await mapUnhurried(results, (one) => outputItem(one, node));
	if (!waits) await ledger.forget(sendable);
	return { items: output, results };
}

const mayHaveArrived = (result: ItemResult): boolean =>
	'draft' in result && result.outcomes.every(({ outcome }) => outcome !== 'refused');

/** A message that `deliver` left out would be one that is lost unseen: it must not pass for sent. */
const NEVER_SETTLED: Failure = {
	outcome: 'unknown',
	meaning: 'nothing was heard of it',
	advice: 'Check with the recipient before you send it again.',
	kpn: {},
	retryable: false,
	concernsEveryCall: false,
};
