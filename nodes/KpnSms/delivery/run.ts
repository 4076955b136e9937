import type { IHttpRequestOptions, INodeExecutionData } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { CREDENTIAL_TYPE, SMS_APIS, type SmsApi } from '../../shared/kpn';
import { batch, messagesOf, type Message } from './batch';
import { deliver } from './deliver';
import { draft, isRefusal, type DraftFields } from './draft';
import { deliveredItem, failedItem, isDelivered, type ItemResult } from './item';
import { KpnCalls, type KpnContext } from './kpnCalls';
import { Ledger } from './ledger';
import type { Failure, Outcome } from './outcome';
import { returnCode } from '../../shared/returnCodes';
import { precheckError, stopError } from './words';

/** One item of a run, with its parameters evaluated. */
export interface RunItem {
	itemIndex: number;
	fields: DraftFields;
	deliveryGuarantee: DeliveryGuarantee;
}

export type DeliveryGuarantee = 'atMostOnce' | 'atLeastOnce';

const MAXIMUM_RETRIES = 3;

/** How every call of a run is made. */
export interface RunRequest {
	/** The declared request, from which only the body differs between calls. */
	options: IHttpRequestOptions;
	/** Milliseconds for a whole call, however slowly an answer drips. */
	deadline: number;
}

/**
 * Sends the messages of a run's items and returns one item for each, in order.
 *
 * @throws NodeApiError in "Stop Workflow", when an item cannot be sent: then nothing was sent
 * @throws NodeApiError in "Stop Workflow", when KPN did not accept every message
 */
export async function run(
	context: KpnContext,
	items: RunItem[],
	request: RunRequest,
): Promise<INodeExecutionData[]> {
	const node = context.getNode();
	const continues = context.continueOnFail();
	const credential = await context.getCredentials(CREDENTIAL_TYPE);
	const api: SmsApi = credential.smsApi === 'current' ? 'current' : 'v1';

	const drafts = items.map(({ itemIndex, fields }) => draft(itemIndex, fields, api));
	const refusals = drafts.filter(isRefusal);
	if (refusals.length > 0 && !continues) throw precheckError(node, refusals, items.length);

	const ledger = new Ledger(context.getContext('node'), toolScope(context));
	const outcomes = new Map<Message, Outcome>();
	const messages = new Map(
		drafts.map((one) => [one, isRefusal(one) ? [] : messagesOf(one)] as const),
	);
	const guarantees = new Map(items.map((item) => [item.itemIndex, item.deliveryGuarantee]));
	const unsettled = [...messages.values()].flat().filter((message) => {
		const known = ledger.find(message);
		if (known === undefined) return true;
		if (known === 'unknown' && guarantees.get(message.itemIndex) === 'atLeastOnce') return true;
		outcomes.set(message, known === 'unknown' ? UNKNOWN_BEFORE : { outcome: 'accepted', ...known });
		return false;
	});

	const calls = new KpnCalls(context, request.options, request.deadline);
	const cancel = context.getExecutionCancelSignal();
	await deliver(
		batch(unsettled, SMS_APIS[api].messagesPerCall),
		{ stopAtFailure: !continues, maximumRetries: MAXIMUM_RETRIES },
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

	const results = drafts.map((one): ItemResult => {
		if (isRefusal(one)) return one;
		const own = messages.get(one) ?? [];
		return { draft: one, outcomes: own.map((message) => outcomes.get(message) ?? NEVER_SETTLED) };
	});
	if (!continues && !results.every(isDelivered)) throw stopError(node, results);
	ledger.forget([...messages.values()].flat());

	const toErrorOutput = node.onError === 'continueErrorOutput';
	return results.map((result) =>
		isDelivered(result) ? deliveredItem(result) : failedItem(result, node, toErrorOutput),
	);
}

/** For a message that an earlier try of the same execution left in doubt. */
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
 * Calls of a tool share the context of one execution, and an AI Agent can make the same call again
 * with another text: there the text is a part of what makes a message the same.
 */
const toolScope = (context: KpnContext): ((message: Message) => string) | undefined =>
	context.getExecuteData().node.name === context.getNode().name
		? undefined
		: ({ sender, content }) => `${sender}\n${content}`;

/** Waits, or until the cancel button; the caller asks about that itself. */
async function pause(milliseconds: number, cancel?: AbortSignal): Promise<void> {
	const canceled = new Promise<void>((resolve) => {
		cancel?.addEventListener('abort', () => resolve(), { once: true });
	});
	await Promise.race([sleep(milliseconds), canceled]);
}
