import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import omit from 'lodash/omit';

import type { Failure } from '../../shared/failure';
import { SMS_APIS, type SmsApi } from '../../shared/kpn';
import { mapUnhurried, pause } from '../../shared/unhurried';
import { batch, messagesOf, type Call, type Message } from './batch';
import { deliver, type DeliveryPorts } from './deliver';
import {
	draft,
	isRefusal,
	type DeclaredBody,
	type Draft,
	type Refusal,
	type TextField,
} from './draft';
import { isAwaited, isFine, outputItem, type ItemResult } from './item';
import { KpnCalls, type KpnContext, type RunRequest } from './kpnCalls';
import { KeyStore } from './keyStore';
import { Ledger, UNKNOWN_TO_CLIENT } from './ledger';
import { optionsReader, readOnceKey, type SendOptions } from './options';
import type { Outcome, Settled } from './outcome';
import { PrivateHash } from './privateHash';
import { QuotaWatch } from './quotaWatch';
import { SendOnce } from './sendOnce';
import { atSharedPace } from './sharedPace';
import { precheckError, stopError, tooManyParts } from './runErrors';

/** One item of a run, with its parameters evaluated; or why they could not be. */
export type RunItem = Refusal | RunInput;

interface RunInput {
	itemIndex: number;
	body: DeclaredBody;
	options: object;
	text?: TextField;
	/** The fields that the item came with. */
	input: IDataObject;
}

interface RunKind {
	/** Whether a message is waited for once it may have arrived, and must never be sent again. */
	waits?: boolean;
	/** Whether an earlier try, if there was one, was another execution: what comes back goes there. */
	isRetry?: boolean;
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
	{ waits = false, isRetry = false }: RunKind = {},
): Promise<RunOutput> {
	const node = context.getNode();
	const continues = context.continueOnFail();
	// The request is of one API or the other; asked again, the credential might say something else.
	const api: SmsApi = request.options.url === SMS_APIS.current.sendPath ? 'current' : 'v1';

	const readOptions = optionsReader(api, context.getMode() === 'manual');
	const checked = await mapUnhurried(items, (item) =>
		isRefusal(item) ? item : draftOf(item, readOptions(item.options), api),
	);
	const hash = new PrivateHash(request.credential);
	const ledger = Ledger.of(context, hash);
	const store = KeyStore.of(context);
	const once = store && checked.some(hasKey) ? new SendOnce(store, hash, ledger) : undefined;
	const messages = new Map<Draft, Message[]>();
	const firsts = new Set<Message>();
	await mapUnhurried(checked, (one) => {
		if (isRefusal(one)) return;
		const own = messagesOf(one);
		messages.set(one, own);
		for (const message of own) if (once?.add(message) ?? true) firsts.add(message);
	});
	const onceProblem = once ? once.problem : NO_STORE;
	const dear = partsProblem(
		checked,
		(one) =>
			(messages.get(one) ?? []).filter(
				(message) => firsts.has(message) && !ledger.settledBefore(message),
			).length,
	);
	const drafts = checked.map((one) => {
		if (isRefusal(one)) return one;
		if (onceProblem !== undefined && hasKey(one)) return refused(one, onceProblem);
		return dear !== undefined && !one.options.dryRun ? refused(one, dear) : one;
	});
	// A dry run is there to show what is wrong: it has nothing to stop.
	const refusals = drafts.filter(isRefusal).filter(({ dryRun }) => !dryRun);
	if (refusals.length > 0 && !continues) {
		throw precheckError(node, refusals, items.length, ledger.acceptedBefore);
	}

	const sendable = drafts.filter((one): one is Draft => !isRefusal(one) && !one.options.dryRun);
	const open: Message[] = [];
	const outcomes = new Map<Message, Settled>();
	await mapUnhurried(sendable, (one) => {
		for (const message of messages.get(one) ?? []) {
			const known = ledger.settledBefore(message);
			if (known) {
				outcomes.set(message, isRetry ? { ...known, elsewhere: true } : known);
				// Another Client ID is a new start.
				if (known !== UNKNOWN_TO_CLIENT) once?.knows(message, known);
			} else if (firsts.has(message)) open.push(message);
		}
	});

	const acceptedBefore = [...outcomes.values()].some(({ outcome }) => outcome === 'accepted');
	const { batching, credential, options: call } = request;
	const calls = batch(open, Math.min(SMS_APIS[api].messagesPerCall, batching?.size ?? Infinity));
	const kpn = new KpnCalls(context, request);
	const quota = new QuotaWatch(calls.length, (words) => warn(context, words));
	const send = async (call: Call): Promise<Outcome> => {
		for (const message of call) ledger.starts(message);
		return await kpn.send(call);
	};
	const cancel = context.getExecutionCancelSignal();
	once?.plan(calls.flat());
	const ports: DeliveryPorts = {
		call: async (messages) =>
			await quota.during(async () =>
				once ? await once.send(messages, send) : await send(messages),
			),
		returns: (message) => {
			if (!once?.holds(message)) ledger.returns(message);
		},
		settles: (message, latest) => {
			if (once?.holds(message)) return;
			const outcome = ledger.settles(message, latest);
			outcomes.set(message, outcome);
			once?.settles(message, outcome);
		},
		sleep: async (milliseconds) => await pause(milliseconds, cancel),
		canceled: () => cancel?.aborted === true,
		now: () => performance.now(),
		random: Math.random,
	};
	const application = JSON.stringify([call.baseURL, call.url, call.proxy, credential.clientId]);
	await atSharedPace(application, async (pace) => {
		const plan = { stopAtFailure: !continues, acceptedBefore, pace, batching };
		await deliver(calls, plan, ports);
	});
	if (once) await endOnce(once, outcomes, context);

	const tried = drafts.filter((one): one is Draft => !isRefusal(one) && one.options.dryRun);
	const known = await once?.peek(tried.flatMap((one) => messages.get(one) ?? []));
	const results = await mapUnhurried(drafts, (one): ItemResult => {
		if (isRefusal(one)) return one;
		const own = messages.get(one) ?? [];
		if (one.options.dryRun) {
			const sentBefore = known && own.filter((message) => known.has(message)).length;
			return { draft: one, outcomes: [], sentBefore };
		}
		return { draft: one, outcomes: own.map((message) => outcomes.get(message) ?? NEVER_SETTLED) };
	});
	const stops = results.some(
		(result) =>
			!isFine(result) && !('dryRun' in result && result.dryRun) && !(waits && isAwaited(result)),
	);
	if (stops && !continues) throw stopError(node, results);

	const output = await mapUnhurried(results, (one, index) =>
		withInput(outputItem(one, node), items[index], readOptions),
	);
	if (!waits) await ledger.forget(sendable);
	return { items: output, results };
}

function draftOf(item: RunInput, options: SendOptions, api: SmsApi): Draft | Refusal {
	const { itemIndex } = item;
	const one = draft(itemIndex, item.body, options, api, item.text, item.input);
	const { key, problem } = readOnceKey(item.options);
	if (problem === undefined)
		return isRefusal(one) || key === undefined ? one : { ...one, onceKey: key };
	const problems = isRefusal(one) ? [...one.problems, problem] : [problem];
	return { itemIndex, problems, dryRun: options.dryRun };
}

const hasKey = (one: Draft | Refusal): one is Draft => !isRefusal(one) && one.onceKey !== undefined;

const refused = ({ itemIndex, options }: Draft, problem: string): Refusal => ({
	itemIndex,
	problems: [problem],
	dryRun: options.dryRun,
});

/** n8n has no store for a node that an AI Agent runs within its own turn. */
const NO_STORE =
	'Send Once Per does not work where an AI Agent runs this node within its own turn, for n8n gives it nothing to remember by there. Remove the option, or let the agent call a sub-workflow with this node.';

/** What has been sent has been sent, whether or not it could be recorded. */
async function endOnce(
	once: SendOnce,
	outcomes: Map<Message, Settled>,
	context: KpnContext,
): Promise<void> {
	try {
		await once.end(outcomes);
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
	drafts: Array<Draft | Refusal>,
	messagesOf: (one: Draft) => number,
): string | undefined {
	const counted = drafts.filter((one): one is Draft => !isRefusal(one) && !one.options.dryRun);
	const most = counted.reduce(
		(least, { options }) => Math.min(least, options.maximumPartsInAll ?? Infinity),
		Infinity,
	);
	if (most === Infinity) return undefined;
	const parts = counted.reduce((sum, one) => sum + one.size.parts * messagesOf(one), 0);
	return parts > most ? tooManyParts(parts, most) : undefined;
}

/** What the node says comes first, and wins where both have a field. */
function withInput(
	item: INodeExecutionData,
	from: RunItem | undefined,
	readOptions: (given: object) => SendOptions,
): INodeExecutionData {
	if (!from || isRefusal(from) || !readOptions(from.options).includeInputFields) return item;
	item.json = { ...item.json, ...omit(from.input, Object.keys(item.json)) };
	return item;
}

/** A message that `deliver` left out would be one that is lost unseen: it must not pass for sent. */
const NEVER_SETTLED: Failure = {
	outcome: 'unknown',
	meaning: 'nothing was heard of it',
	advice: 'Check with the recipient before you send it again.',
	kpn: {},
	retryable: false,
	concernsEveryCall: false,
};
