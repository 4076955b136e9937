import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { readEvents, type EventKind, type WebhookEvent } from '../shared/webhookEvent';
import { isManualRegistration, isStale, keysOf, refreshKeys } from './signingKeys';
import { warn } from './log';
import { eventId, ProcessedEvents } from './processedEvents';
import { readRawBody, checkBodyHeaders, type Rejection } from './rawBody';
import { isSigned, readHeaders, TIMESTAMP_TOLERANCE, type SignedHeaders } from './signature';

/** What a request is answered with: status and message. */
const RESPONSES = {
	stored: [200, 'Received'],
	repeat: [200, 'Received before'],
	unreadable: [400, 'Not readable'],
	notKpns: [401, 'Not signed by KPN'],
	method: [405, 'KPN’s events come by POST'],
	tooLarge: [413, 'Too large'],
	tryAgain: [503, 'Try again'],
} as const;

/** What KPN has posted, proven by its signature. */
interface VerifiedRequest {
	headers: SignedHeaders;
	body: Buffer;
	events: WebhookEvent[];
}

/**
 * Answers one request to the trigger's URL. Whatever it is, it gets an answer, and only what is
 * provably KPN's, wanted and new starts an execution. Never throws: n8n would start a failed one.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		if (context.getRequestObject().method !== 'POST') {
			context.getResponseObject().set('allow', 'POST');
			return respond(context, 'method');
		}
		const request = await readRequest(context);
		return 'why' in request ? reject(context, request) : accept(context, request);
	} catch (error) {
		return reject(context, { kind: 'tryAgain', why: (error as Error).message });
	}
}

async function readRequest(context: IWebhookFunctions): Promise<VerifiedRequest | Rejection> {
	// Headers are checked before the body is read: while n8n waits for a body, it holds much memory.
	const rejection = checkBodyHeaders(context);
	if (rejection) return rejection;
	const { headers: allHeaders } = context.getRequestObject();
	const headers = readHeaders(allHeaders, Date.now(), toleranceOf(context));
	if (typeof headers === 'string') return { kind: 'notKpns', why: headers };
	const body = await readRawBody(context);
	if (!Buffer.isBuffer(body)) return body;
	const rejected = await verifyRequest(context, headers, body);
	if (rejected) return rejected;
	const events = readEvents(body, headers);
	return events ? { headers, body, events } : NO_JSON;
}

const NO_JSON: Rejection = { kind: 'unreadable', why: 'it is signed, but no JSON' };

/** Undefined if the body was signed with one of KPN's keys. */
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
	if (isUpToDate) return { kind: 'notKpns', why };
	return {
		kind: 'tryAgain',
		why: `${why}, and the keys were asked for just before or cannot be had now`,
	};
}

/** Starts an execution for the events of a request, unless they are repeats or not wanted. */
function accept(
	context: IWebhookFunctions,
	{ headers: { attempt = 1 }, body, events }: VerifiedRequest,
): IWebhookResponseData {
	const identities = events.map(({ identity }) => identity);
	const id = eventId(identities, body);
	const staticData = context.getWorkflowStaticData('node');
	const canStore = isManualRegistration(context) || isRegistrationSaved(context);
	const processed = new ProcessedEvents(staticData, triggerId(context), canStore);
	// Where nothing tells events apart, equal ones can be two: only a later attempt is a repeat then.
	const state = attempt > 1 || !identities.includes(undefined) ? processed.state(id) : undefined;
	if (state === 'stored') return respond(context, 'repeat');
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
 * Whether n8n has saved what publishing has written into the node's static data. KPN can send before
 * that: an event that added to the older state would have n8n save that later, and undo it.
 */
function isRegistrationSaved(context: IWebhookFunctions): boolean {
	const { registered } = context.getWorkflowStaticData('node');
	const { url } = (registered ?? {}) as { url?: string };
	return url === context.getNodeWebhookUrl('default');
}

function toleranceOf(context: IWebhookFunctions): number {
	const seconds = Number(context.getNodeParameter('additionalOptions.timestampTolerance', 0));
	return seconds > 0 ? seconds : TIMESTAMP_TOLERANCE;
}

/** Unique in this process; undefined for a test, when the same event may be wanted again. */
function triggerId(context: IWebhookFunctions): string | undefined {
	if (context.getMode() === 'manual') return undefined;
	return `${context.getWorkflow().id}/${context.getNode().id}`;
}

/** The reason goes into n8n's log only: it is not for a sender who is not KPN. */
function reject(context: IWebhookFunctions, { kind, why }: Rejection): IWebhookResponseData {
	warn(context, `refused a request: ${why}`);
	return respond(context, kind);
}

function respond(context: IWebhookFunctions, kind: keyof typeof RESPONSES): IWebhookResponseData {
	const response = context.getResponseObject();
	const [status, message] = RESPONSES[kind];
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
