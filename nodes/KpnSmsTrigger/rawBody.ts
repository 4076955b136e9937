import { sleep, type IWebhookFunctions } from 'n8n-workflow';

/** Bytes; KPN's own payloads have a few hundred. */
const LARGEST_BODY = 64 * 1024;

/** Milliseconds for a body to come, once its headers have: n8n holds some 10 MB for each request. */
const BODY_WITHIN_MS = 5000;

/** Which answer a request gets instead of an execution, and why, in half a sentence. */
export type Refusal = ['tooLarge' | 'notKpns' | 'unreadable' | 'tryAgain', string];

const TOO_LARGE: Refusal = ['tooLarge', 'it is larger than 64 kB'];
const LATE: Refusal = ['tryAgain', 'its body did not come in time'];

/** Whether the headers say that the body is not to be read at all. */
export function refusedByHeaders(context: IWebhookFunctions): Refusal | undefined {
	const { headers } = context.getRequestObject();
	if (Number(headers['content-length'] ?? 0) > LARGEST_BODY) return TOO_LARGE;
	// n8n would unpack it before anybody has proven to be KPN.
	const plain = (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
	return plain ? undefined : ['notKpns', 'it is compressed, which KPN’s events are not'];
}

/** The bytes of a request as they came. */
export async function rawBody(context: IWebhookFunctions): Promise<Buffer | Refusal> {
	const request = context.getRequestObject();
	const reading = request.readRawBody().then(
		() => undefined,
		({ status, statusCode = status }: { status?: number; statusCode?: number }): Refusal =>
			statusCode === 413 ? TOO_LARGE : ['unreadable', 'it broke off'],
	);
	// A busy n8n sees that time is up before it sees what has come meanwhile, so it is asked twice.
	const timeUp = sleep(BODY_WITHIN_MS).then(async () => await sleep(100));
	const refusal = await Promise.race([reading, timeUp.then(() => LATE)]);
	const body: unknown = request.rawBody ?? Buffer.alloc(0);
	if (refusal || !Buffer.isBuffer(body)) return refusal ?? ['unreadable', 'it has no bytes'];
	return body.length > LARGEST_BODY ? TOO_LARGE : body;
}
