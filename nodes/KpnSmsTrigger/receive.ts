import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { readEvents, type EventKind, type WebhookEvent } from '../shared/webhookEvent';
import { isManualRegistration, isStale, keysOf, refreshKeys } from './signingKeys';
import { warn } from './log';
import { eventId, ProcessedEvents } from './processedEvents';
import { readRawBody, checkBodyHeaders, type Rejection } from './rawBody';
import { isSigned, readHeaders, TIMESTAMP_TOLERANCE, type SignedHeaders } from './signature';

/** What a request is answered with: its status, and words for its sender. */
const RESPONSES = {
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
		return await handleRequest(context);
	} catch (error) {
		return reject(context, 'tryAgain', (error as Error).message);
	}
}

async function handleRequest(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	if (request.method !== 'POST') {
		context.getResponseObject().set('allow', 'POST');
		return respond(context, 'method');
	}
	// All that the headers tell comes before the body: while n8n waits for one, it holds much memory.
	const rejection = checkBodyHeaders(context);
	if (rejection) return reject(context, ...rejection);
	const headers = readHeaders(request.headers, Date.now(), toleranceOf(context));
	if (typeof headers === 'string') return reject(context, 'notKpns', headers);
	const body = await readRawBody(context);
	if (!Buffer.isBuffer(body)) return reject(context, ...body);
	const rejected = await verifyRequest(context, headers, body);
	if (rejected) return reject(context, ...rejected);
	const events = readEvents(body, headers);
	if (!events) return reject(context, 'unreadable', 'it is signed, but no JSON');
	return accept(context, headers, body, events);
}

/** Undefined if the body was signed with one of KPN's keys, else the answer and why. */
async function verifyRequest(
	context: IWebhookFunctions,
	headers: SignedHeaders,
	body: Buffer,
): Promise<Rejection | undefined> {
	const cache = await keysOf(context);
	if (isSigned(headers, body, cache.keys)) {
		if (isStale(cache)) void refreshKeys(context, cache);
		return undefined;
	}
	// A new key can have the id of one that was deleted, or of another level's.
	const isUpToDate = await refreshKeys(context, cache);
	if (isSigned(headers, body, cache.keys)) return undefined;
	const why = cache.keys.length > 0 ? 'its signature does not fit' : 'there is no secret for it';
	if (isUpToDate) return ['notKpns', why];
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
	const processed = new ProcessedEvents(staticDataOf(context), triggerId(context));
	// Where nothing tells events apart, equal ones can be two: only a later attempt is a repeat then.
	const state = attempt > 1 || !identities.includes(undefined) ? processed.state(id) : undefined;
	if (state === 'stored') return respond(context, 'known');
	if (state === 'storing') return respond(context, 'tryAgain');
	const wanted = context.getNodeParameter('events', []) as EventKind[];
	const wantedEvents = events.filter(({ kind }) => wanted.includes(kind));
	if (wantedEvents.length === 0) return respond(context, 'stored');

	processed.begin(id);
	context.getResponseObject().once('close', () => processed.forgetUnlessStored(id));
	return {
		workflowData: [wantedEvents.map(({ json }) => ({ json }))],
		// n8n reads this once it has stored the execution, and then saves the static data. Starting the
		// execution has made it forget earlier changes of them (both seen in 2.40.7).
		get webhookResponse() {
			processed.finish(id);
			return { message: RESPONSES.stored[1] };
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
	const registered = isManualRegistration(context) || url === context.getNodeWebhookUrl('default');
	return registered ? stored : { ...stored };
}

function toleranceOf(context: IWebhookFunctions): number {
	const seconds = Number(context.getNodeParameter('additionalOptions.timestampTolerance', 0));
	return seconds > 0 ? seconds : TIMESTAMP_TOLERANCE;
}

/** What makes a trigger unique in this process; undefined while it is tested, when the same event may be wanted again. */
function triggerId(context: IWebhookFunctions): string | undefined {
	if (context.getMode() === 'manual') return undefined;
	return `${context.getWorkflow().id}/${context.getNode().id}`;
}

/** The log says why; who sends what is not KPN's is not told. */
function reject(context: IWebhookFunctions, ...[kind, why]: Rejection): IWebhookResponseData {
	warn(context, `refused a request: ${why}`);
	return respond(context, kind);
}

function respond(context: IWebhookFunctions, kind: keyof typeof RESPONSES): IWebhookResponseData {
	const response = context.getResponseObject();
	const [status, message] = RESPONSES[kind];
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
