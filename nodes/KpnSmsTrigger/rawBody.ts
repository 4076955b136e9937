import { sleep, type IWebhookFunctions } from 'n8n-workflow';

/** Bytes; KPN's own payloads have a few hundred. */
const MAX_BODY_BYTES = 64 * 1024;

/** Milliseconds for a body to come, once its headers have: n8n holds some 10 MB for each request. */
const BODY_TIMEOUT_MS = 5000;

/** A request that starts no execution. */
export interface Rejection {
	/** Which answer it gets. */
	kind: 'tooLarge' | 'notKpns' | 'unreadable' | 'tryAgain';
	/** For n8n's log, in half a sentence. */
	why: string;
}

const TOO_LARGE: Rejection = { kind: 'tooLarge', why: 'it is larger than 64 kB' };
const TIMED_OUT: Rejection = { kind: 'tryAgain', why: 'its body did not come in time' };
const COMPRESSED: Rejection = {
	kind: 'notKpns',
	why: 'it is compressed, which KPN’s events are not',
};
const BROKEN_OFF: Rejection = { kind: 'unreadable', why: 'it broke off' };
const NO_BYTES: Rejection = { kind: 'unreadable', why: 'it has no bytes' };

/** Whether the headers say that the body is not to be read at all. */
export function checkBodyHeaders(context: IWebhookFunctions): Rejection | undefined {
	const { headers } = context.getRequestObject();
	if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) return TOO_LARGE;
	// n8n would unpack it before its signature is verified.
	const isPlain = (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
	return isPlain ? undefined : COMPRESSED;
}

/** The bytes of a request as they came. */
export async function readRawBody(context: IWebhookFunctions): Promise<Buffer | Rejection> {
	const request = context.getRequestObject();
	const reading = request.readRawBody().then(
		() => undefined,
		({ status, statusCode = status }: { status?: number; statusCode?: number }): Rejection =>
			statusCode === 413 ? TOO_LARGE : BROKEN_OFF,
	);
	// In a busy n8n the timer fires before what has arrived meanwhile is read: hence the second wait.
	const timeUp = sleep(BODY_TIMEOUT_MS).then(async () => await sleep(100));
	const rejection = await Promise.race([reading, timeUp.then(() => TIMED_OUT)]);
	const body: unknown = request.rawBody ?? Buffer.alloc(0);
	if (rejection || !Buffer.isBuffer(body)) return rejection ?? NO_BYTES;
	return body.length > MAX_BODY_BYTES ? TOO_LARGE : body;
}
