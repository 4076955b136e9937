import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../shared/kpn';
import { readEvents, type EventKind, type WebhookEvent } from './event';
import { lookUp } from './lookUp';
import { rawBody } from './rawBody';
import { deliveryOf, Repeats } from './repeats';
import { readClaim, TIMESTAMP_TOLERANCE, verify, type Claim, type Refused } from './signature';
import { KnownKeys } from './signingKeys';
import { isManual, typedKeys } from './typedKeys';

/**
 * Answers one request to the trigger's URL. Whatever it is, it gets an answer, and only what is
 * provably KPN's, wanted and new starts an execution. Never throws: n8n would start a failed one.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await received(context);
	} catch (error) {
		context.logger.error(`KPN SMS Trigger could not handle a request: ${(error as Error).message}`);
		// Any answer but success makes KPN try again.
		return answer(context, 500, 'Could not be handled, try again');
	}
}

async function received(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	if (request.method !== 'POST') {
		context.getResponseObject().set('allow', 'POST');
		return answer(context, 405, 'KPN’s events come by POST');
	}
	const body = await rawBody(context);
	if (!Buffer.isBuffer(body)) return refuse(context, body.problem, body.status);
	const claim = readClaim(request.headers, Date.now(), toleranceOf(context));
	if ('refused' in claim) return refuse(context, claim.refused);
	const unproven = await prove(context, claim, body);
	if (unproven) return refuse(context, unproven.refused);

	const events = readEvents(body, claim);
	if (!events) return refuse(context, 'it is signed, but no JSON', 400);
	return accept(context, claim, body, events);
}

function accept(
	context: IWebhookFunctions,
	claim: Claim,
	body: Buffer,
	events: WebhookEvent[],
): IWebhookResponseData {
	const identified = events.every((event) => event.identified);
	const delivery = deliveryOf(body, identified, claim.timestamp);
	// While a trigger is tested, the same event may be wanted again and again.
	const scope = context.getMode() === 'manual' ? undefined : triggerOf(context);
	const repeats = new Repeats(storedOf(context), scope);
	if (repeats.has(delivery)) return { webhookResponse: { message: 'Received before' } };
	const wanted = context.getNodeParameter('events', []) as EventKind[];
	const picked = events.filter(({ kind }) => wanted.includes(kind));
	if (picked.length === 0) return { webhookResponse: { message: 'Received' } };

	repeats.add(delivery);
	const response = context.getResponseObject();
	response.once('close', () => {
		const started = response.writableFinished && response.statusCode < 300;
		if (!started) repeats.forget(delivery);
	});
	// n8n answers this one itself, once it has stored the execution: KPN's 200 promises no less.
	return {
		workflowData: [picked.map(({ json }) => ({ json }))],
		// On starting the execution, n8n forgets that static data has changed (seen in 2.40.7). It reads
		// this between that and saving, so here it is told again.
		get webhookResponse() {
			repeats.add(delivery);
			return { message: 'Received' };
		},
	};
}

/** Undefined if the body was signed with one of KPN's keys, else why it is refused. */
async function prove(
	context: IWebhookFunctions,
	claim: Claim,
	body: Buffer,
): Promise<Refused | undefined> {
	if (isManual(context)) {
		return verify(claim, body, await typedKeys(context));
	}
	if (!context.getNode().credentials?.[CREDENTIAL_TYPE]) return verify(claim, body, []);
	const known = new KnownKeys(context, storedOf(context));
	const keys = await known.list();
	const byNewest = verify(claim, body, keys.slice(-1)) === undefined;
	if (byNewest && known.fresh) return undefined;
	const unproven = verify(claim, body, keys);
	if (unproven && !unproven.unknownKey) return unproven;
	// A key that is new at KPN must lose no event, and one that was revoked there must start nothing.
	await lookUp(context, triggerOf(context), known);
	return verify(claim, body, await known.list());
}

/**
 * The node's static data. KPN can send before n8n has saved what publishing has written there, and
 * an older state saved later would undo it: until then, what an event adds is not kept.
 */
function storedOf(context: IWebhookFunctions): IDataObject {
	const stored = context.getWorkflowStaticData('node');
	return isManual(context) || stored.registered !== undefined ? stored : { ...stored };
}

function toleranceOf(context: IWebhookFunctions): number {
	const typed = Number(
		context.getNodeParameter('additionalOptions.timestampTolerance', TIMESTAMP_TOLERANCE),
	);
	return typed > 0 ? typed : TIMESTAMP_TOLERANCE;
}

/** What makes a trigger unique in this process. */
const triggerOf = (context: IWebhookFunctions): string =>
	`${context.getWorkflow().id}/${context.getNode().id}`;

/** The log says why; who sends what is not KPN's is not told. */
function refuse(context: IWebhookFunctions, why: string, status = 401): IWebhookResponseData {
	context.logger.warn(`KPN SMS Trigger refused a request: ${why}`);
	const words = { 400: 'Not readable', 401: 'Not signed by KPN', 413: 'Too large' };
	return answer(context, status, words[status as keyof typeof words]);
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response = context.getResponseObject();
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
