import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import omit from 'lodash/omit';

import { SMS_APIS, type SmsApi } from '../../shared/kpnApi';
import { mapWithYield, cancelableSleep } from '../../shared/eventLoop';
import { batch, messagesOf, outcomeOf, settle, type Call, type Message } from './batch';
import { sendCalls, type SendEnvironment } from './sendCalls';
import {
	checkItem,
	isInvalid,
	type DeclaredBody,
	type ValidItem,
	type InvalidItem,
	type TextField,
} from '../check/checkItem';
import { isAwaited, isSuccess, type ItemResult } from '../output/itemResult';
import { outputItem } from '../output/outputItem';
import { KpnClient, type KpnContext, type RequestSettings } from './kpnClient';
import { KeyStore } from '../deduplication/keyStore';
import { Ledger } from '../deduplication/ledger';
import { optionsReader, readOnceKey, type SendOptions } from '../check/options';
import type { Outcome } from './outcome';
import { KeyedHash } from '../deduplication/keyedHash';
import { QuotaWatch } from './quotaWatch';
import { SendOnce } from '../deduplication/sendOnce';
import { withSharedPace } from '../rate/sharedPace';
import { invalidItemsError, stopError, tooManyParts } from '../output/stopErrors';

/** One item of a run, with its parameters evaluated; or why they could not be. */
export type RunItem = InvalidItem | RunInput;

interface RunInput {
	itemIndex: number;
	body: DeclaredBody;
	options: object;
	text?: TextField;
	/** The fields that the item came with. */
	input: IDataObject;
}

interface RunOptions {
	/** Whether a message is waited for once it may have arrived, and must never be sent again. */
	waits?: boolean;
	/** Whether an earlier try, if there was one, was another execution: what comes back goes there. */
	isRetry?: boolean;
}

/** For an item whose parameters could not be evaluated. */
export const invalidExpression = (itemIndex: number, error: unknown): InvalidItem => ({
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
 * @throws NodeOperationError in "Stop Workflow", where it cannot be prepared; and as `sendItems` does
 */
export async function prepareAndSend(
	context: KpnContext,
	itemIndexes: number[],
	prepare: () => Promise<{ items: RunItem[]; request: RequestSettings }>,
	runOptions: RunOptions = {},
): Promise<RunOutput> {
	let prepared;
	try {
		prepared = await prepare();
	} catch (error) {
		const { message } = error as Error;
		const node = context.getNode();
		if (!context.continueOnFail()) throw new NodeOperationError(node, message);
		const invalidOutput = (itemIndex: number) =>
			outputItem({ itemIndex, problems: [message] }, node);
		return { items: await mapWithYield(itemIndexes, invalidOutput), results: [] };
	}
	return await sendItems(context, prepared.items, prepared.request, runOptions);
}

/**
 * Sends the messages of a run's items, and says of each item what became of it.
 *
 * @throws NodeApiError in "Stop Workflow", when an item cannot be sent: then nothing was sent; or
 * when KPN did not accept every message
 */
export async function sendItems(
	context: KpnContext,
	items: RunItem[],
	request: RequestSettings,
	{ waits = false, isRetry = false }: RunOptions = {},
): Promise<RunOutput> {
	const node = context.getNode();
	const continues = context.continueOnFail();
	const { api } = request;

	const readOptions = optionsReader(api, context.getMode() === 'manual');
	const checked = await mapWithYield(items, (item) =>
		isInvalid(item) ? item : checkRunItem(item, readOptions(item.options), api),
	);
	const hash = new KeyedHash(request.credential);
	const ledger = Ledger.of(context, hash);
	const store = KeyStore.of(context);
	const sendOnce = store && checked.some(hasOnceKey) ? new SendOnce(store, hash) : undefined;
	const messages = new Map<ValidItem, Message[]>();
	await mapWithYield(checked, (item) => {
		if (isInvalid(item)) return;
		const itemMessages = messagesOf(item);
		messages.set(item, itemMessages);
		for (const message of itemMessages) {
			sendOnce?.add(message);
			if (!item.options.dryRun) ledger.applyPrevious(message);
		}
	});
	const keyProblem = sendOnce ? sendOnce.problem : NO_STORE;
	const tooManyPartsProblem = partsProblem(
		checked,
		(item) =>
			(messages.get(item) ?? []).filter(
				(message) => !message.outcome && !sendOnce?.isDuplicate(message),
			).length,
	);
	const checkedItems = checked.map((item) => {
		if (isInvalid(item)) return item;
		if (keyProblem !== undefined && hasOnceKey(item)) return invalidate(item, keyProblem);
		return tooManyPartsProblem !== undefined && !item.options.dryRun
			? invalidate(item, tooManyPartsProblem)
			: item;
	});
	// A dry run is there to show what is wrong: it has nothing to stop.
	const invalidItems = checkedItems.filter(isInvalid).filter(({ dryRun }) => !dryRun);
	if (invalidItems.length > 0 && !continues) {
		throw invalidItemsError(node, invalidItems, items.length, ledger.acceptedCount);
	}

	const validItems = checkedItems.filter(
		(item): item is ValidItem => !isInvalid(item) && !item.options.dryRun,
	);
	const unsent: Message[] = [];
	let acceptedBefore = false;
	await mapWithYield(validItems, (item) => {
		for (const message of messages.get(item) ?? []) {
			if (message.outcome) {
				acceptedBefore ||= message.outcome.outcome === 'accepted';
				if (isRetry) message.outcome = { ...message.outcome, elsewhere: true };
				sendOnce?.recordPrevious(message);
			} else if (!sendOnce?.isDuplicate(message)) unsent.push(message);
		}
	});

	const { batching, credential, options: call } = request;
	const calls = batch(
		unsent,
		Math.min(SMS_APIS[api].maxMessagesPerCall, batching?.size ?? Infinity),
	);
	const client = new KpnClient(context, request);
	const quota = new QuotaWatch(calls.length, (words) => warn(context, words));
	const send = async (call: Call): Promise<Outcome> => {
		for (const message of call) ledger.recordStart(message);
		return await client.send(call);
	};
	const cancel = context.getExecutionCancelSignal();
	sendOnce?.setUpcoming(calls.flat());
	const environment: SendEnvironment = {
		sendCall: async (messages) =>
			await quota.during(async () =>
				sendOnce ? await sendOnce.send(messages, send) : await send(messages),
			),
		onRetry: (message) => {
			if (!sendOnce?.isNotSent(message)) ledger.recordRetry(message);
		},
		onSettled: (message, latest) => {
			if (sendOnce?.isNotSent(message)) return;
			settle(message, latest);
			ledger.recordOutcome(message);
			sendOnce?.recordOutcome(message);
		},
		sleep: async (milliseconds) => await cancelableSleep(milliseconds, cancel),
		isCanceled: () => cancel?.aborted === true,
		now: () => performance.now(),
		random: Math.random,
	};
	const application = JSON.stringify([call.baseURL, call.url, call.proxy, credential.clientId]);
	await withSharedPace(application, async (pace) => {
		const plan = { stopAtFailure: !continues, acceptedBefore, pace, batching };
		await sendCalls(calls, plan, environment);
	});
	if (sendOnce) await finishSendOnce(sendOnce, context);

	const dryRunItems = checkedItems.filter(
		(item): item is ValidItem => !isInvalid(item) && item.options.dryRun,
	);
	const alreadySent = await sendOnce?.findSentBefore(
		dryRunItems.flatMap((item) => messages.get(item) ?? []),
	);
	const results = await mapWithYield(checkedItems, (item): ItemResult => {
		if (isInvalid(item)) return item;
		const itemMessages = messages.get(item) ?? [];
		if (item.options.dryRun) {
			const sentBefore =
				alreadySent && itemMessages.filter((message) => alreadySent.has(message)).length;
			return { item, outcomes: [], sentBefore };
		}
		return { item, outcomes: itemMessages.map(outcomeOf) };
	});
	const hasFailure = results.some(
		(result) =>
			!isSuccess(result) && !('dryRun' in result && result.dryRun) && !(waits && isAwaited(result)),
	);
	if (hasFailure && !continues) throw stopError(node, results);

	const output = await mapWithYield(results, (item, index) =>
		withInput(outputItem(item, node), items[index], readOptions),
	);
	if (!waits) await ledger.forget(validItems);
	return { items: output, results };
}

function checkRunItem(item: RunInput, options: SendOptions, api: SmsApi): ValidItem | InvalidItem {
	const { itemIndex } = item;
	const checked = checkItem(itemIndex, item.body, options, api, item.text, item.input);
	const { key, problem } = readOnceKey(item.options);
	if (problem === undefined)
		return isInvalid(checked) || key === undefined ? checked : { ...checked, onceKey: key };
	const problems = isInvalid(checked) ? [...checked.problems, problem] : [problem];
	return { itemIndex, problems, dryRun: options.dryRun };
}

const hasOnceKey = (item: ValidItem | InvalidItem): item is ValidItem =>
	!isInvalid(item) && item.onceKey !== undefined;

const invalidate = ({ itemIndex, options }: ValidItem, problem: string): InvalidItem => ({
	itemIndex,
	problems: [problem],
	dryRun: options.dryRun,
});

/** n8n has no store for a node that an AI Agent runs within its own turn. */
const NO_STORE =
	'Send Once Per does not work where an AI Agent runs this node within its own turn, for n8n gives it nothing to remember by there. Remove the option, or let the agent call a sub-workflow with this node.';

/** What has been sent has been sent, whether or not it could be recorded. */
async function finishSendOnce(sendOnce: SendOnce, context: KpnContext): Promise<void> {
	try {
		await sendOnce.finish();
	} catch (error) {
		warn(
			context,
			`KPN SMS could not record what it has sent; the next execution will not know of it: ${(error as Error).message}`,
		);
	}
}

/** In n8n's log: its hints are shown once a run is over. */
function warn(context: KpnContext, words: string): void {
	const { id, name } = context.getWorkflow();
	context.logger.warn(`Workflow “${name ?? id}”, node “${context.getNode().name}”: ${words}`);
}

/** Why nothing of a run is sent: it would cost more than the user has set for all of it. */
function partsProblem(
	checkedItems: Array<ValidItem | InvalidItem>,
	messagesOf: (item: ValidItem) => number,
): string | undefined {
	const validItems = checkedItems.filter(
		(item): item is ValidItem => !isInvalid(item) && !item.options.dryRun,
	);
	const maxParts = validItems.reduce(
		(min, { options }) => Math.min(min, options.maximumPartsInAll ?? Infinity),
		Infinity,
	);
	if (maxParts === Infinity) return undefined;
	const parts = validItems.reduce((sum, item) => sum + item.size.parts * messagesOf(item), 0);
	return parts > maxParts ? tooManyParts(parts, maxParts) : undefined;
}

/** What the node says comes first, and wins where both have a field. */
function withInput(
	item: INodeExecutionData,
	from: RunItem | undefined,
	readOptions: (given: object) => SendOptions,
): INodeExecutionData {
	if (!from || isInvalid(from) || !readOptions(from.options).includeInputFields) return item;
	item.json = { ...item.json, ...omit(from.input, Object.keys(item.json)) };
	return item;
}
