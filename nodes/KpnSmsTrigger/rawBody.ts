import { sleep, type IWebhookFunctions } from 'n8n-workflow';

/** Bytes; KPN's own payloads have a few hundred. */
const MAX_BODY_BYTES = 64 * 1024;

/** Milliseconds for a body to come, once its headers have: n8n holds some 10 MB for each request. */
const BODY_TIMEOUT_MS = 5000;

/** Which answer a request gets instead of an execution, and why, in half a sentence. */
export type Rejection = ['tooLarge' | 'notKpns' | 'unreadable' | 'tryAgain', string];

const TOO_LARGE: Rejection = ['tooLarge', 'it is larger than 64 kB'];
const TIMED_OUT: Rejection = ['tryAgain', 'its body did not come in time'];

/** Whether the headers say that the body is not to be read at all. */
export function checkBodyHeaders(context: IWebhookFunctions): Rejection | undefined {
	const { headers } = context.getRequestObject();
	if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) return TOO_LARGE;
	// n8n would unpack it before anybody has proven to be KPN.
	const isPlain = (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
	return isPlain ? undefined : ['notKpns', 'it is compressed, which KPN’s events are not'];
}

/** The bytes of a request as they came. */
export async function readRawBody(context: IWebhookFunctions): Promise<Buffer | Rejection> {
	const request = context.getRequestObject();
	const reading = request.readRawBody().then(
		() => undefined,
		({ status, statusCode = status }: { status?: number; statusCode?: number }): Rejection =>
			statusCode === 413 ? TOO_LARGE : ['unreadable', 'it broke off'],
	);
	// A busy n8n sees that time is up before it sees what has come meanwhile, so it is asked twice.
	const timeUp = sleep(BODY_TIMEOUT_MS).then(async () => await sleep(100));
	const rejection = await Promise.race([reading, timeUp.then(() => TIMED_OUT)]);
	const body: unknown = request.rawBody ?? Buffer.alloc(0);
	if (rejection || !Buffer.isBuffer(body)) return rejection ?? ['unreadable', 'it has no bytes'];
	return body.length > MAX_BODY_BYTES ? TOO_LARGE : body;
}
