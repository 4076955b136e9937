import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { readEvents, type EventKind, type WebhookEvent } from '../shared/webhookEvent';
import { isManual, isStale, knownKeys, refresh } from './keys';
import { warn } from './log';
import { eventId, ProcessedEvents } from './processedEvents';
import { rawBody, refusedByHeaders, type Refusal } from './rawBody';
import { isSigned, readHeaders, TIMESTAMP_TOLERANCE, type SignedHeaders } from './signature';

/** What a request is answered with: its status, and words for its sender. */
const ANSWERS = {
	stored: [200, 'Received'],
	known: [200, 'Received before'],
	unreadable: [400, 'Not readable'],
	notKpns: [401, 'Not signed by KPN'],
	method: [405, 'KPN’s events come by POST'],
	tooLarge: [413, 'Too large'],
	tryAgain: [503, 'Try again'],
} as const;

/**
 * Answers one request to the trigger's URL. Whatever it is, it gets an answer, and only what is
 * provably KPN's, wanted and new starts an execution. Never throws: n8n would start a failed one.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await received(context);
	} catch (error) {
		return refuse(context, 'tryAgain', (error as Error).message);
	}
}

async function received(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	if (request.method !== 'POST') {
		context.getResponseObject().set('allow', 'POST');
		return answer(context, 'method');
	}
	// All that the headers tell comes before the body: while n8n waits for one, it holds much memory.
	const refused = refusedByHeaders(context);
	if (refused) return refuse(context, ...refused);
	const headers = readHeaders(request.headers, Date.now(), toleranceOf(context));
	if (typeof headers === 'string') return refuse(context, 'notKpns', headers);
	const body = await rawBody(context);
	if (!Buffer.isBuffer(body)) return refuse(context, ...body);
	const unverified = await verifyRequest(context, headers, body);
	if (unverified) return refuse(context, ...unverified);
	const events = readEvents(body, headers);
	if (!events) return refuse(context, 'unreadable', 'it is signed, but no JSON');
	return accept(context, headers, body, events);
}

/** Undefined if the body was signed with one of KPN's keys, else the answer and why. */
async function verifyRequest(
	context: IWebhookFunctions,
	headers: SignedHeaders,
	body: Buffer,
): Promise<Refusal | undefined> {
	const known = await knownKeys(context);
	if (isSigned(headers, body, known.keys)) {
		if (isStale(known)) void refresh(context, known);
		return undefined;
	}
	// A new key can have the id of one that was deleted, or of another level's.
	const asked = await refresh(context, known);
	if (isSigned(headers, body, known.keys)) return undefined;
	const why = known.keys.length > 0 ? 'its signature does not fit' : 'there is no secret for it';
	if (asked) return ['notKpns', why];
	return ['tryAgain', `${why}, and the keys were asked for just before or cannot be had now`];
}

function accept(
	context: IWebhookFunctions,
	{ attempt = 1 }: SignedHeaders,
	body: Buffer,
	events: WebhookEvent[],
): IWebhookResponseData {
	const identities = events.map(({ identity }) => identity);
	const id = eventId(identities, body);
	const processed = new ProcessedEvents(staticDataOf(context), triggerOf(context));
	// Where nothing tells events apart, equal ones can be two: only a later attempt is a repeat then.
	const state = attempt > 1 || !identities.includes(undefined) ? processed.state(id) : undefined;
	if (state === 'stored') return answer(context, 'known');
	if (state === 'storing') return answer(context, 'tryAgain');
	const wanted = context.getNodeParameter('events', []) as EventKind[];
	const picked = events.filter(({ kind }) => wanted.includes(kind));
	if (picked.length === 0) return answer(context, 'stored');

	processed.begin(id);
	context.getResponseObject().once('close', () => processed.forgetUnlessStored(id));
	return {
		workflowData: [picked.map(({ json }) => ({ json }))],
		// n8n reads this once it has stored the execution, and then saves the static data. Starting the
		// execution has made it forget earlier changes of them (both seen in 2.40.7).
		get webhookResponse() {
			processed.finish(id);
			return { message: ANSWERS.stored[1] };
		},
	};
}

/**
 * The node's static data. KPN can send before n8n has saved what publishing has written there, and
 * an older state saved later would undo it: until then, what an event adds is not kept.
 */
function staticDataOf(context: IWebhookFunctions): IDataObject {
	const stored = context.getWorkflowStaticData('node');
	const { url } = (stored.registered ?? {}) as { url?: string };
	const registered = isManual(context) || url === context.getNodeWebhookUrl('default');
	return registered ? stored : { ...stored };
}

function toleranceOf(context: IWebhookFunctions): number {
	const typed = Number(context.getNodeParameter('additionalOptions.timestampTolerance', 0));
	return typed > 0 ? typed : TIMESTAMP_TOLERANCE;
}

/** What makes a trigger unique in this process; undefined while it is tested, when the same event may be wanted again. */
function triggerOf(context: IWebhookFunctions): string | undefined {
	if (context.getMode() === 'manual') return undefined;
	return `${context.getWorkflow().id}/${context.getNode().id}`;
}

/** The log says why; who sends what is not KPN's is not told. */
function refuse(context: IWebhookFunctions, ...[how, why]: Refusal): IWebhookResponseData {
	warn(context, `refused a request: ${why}`);
	return answer(context, how);
}

function answer(context: IWebhookFunctions, how: keyof typeof ANSWERS): IWebhookResponseData {
	const response = context.getResponseObject();
	const [status, message] = ANSWERS[how];
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
