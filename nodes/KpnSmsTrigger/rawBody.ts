import { sleep, type IWebhookFunctions } from 'n8n-workflow';

/** Bytes; KPN's own payloads have a few hundred. */
const LARGEST_BODY = 64 * 1024;

/** Milliseconds for a body to come, once its headers have: n8n holds some 10 MB for each request. */
const BODY_WITHIN_MS = 5000;

/** Why a body was not taken. */
export type BadBody = 'tooLarge' | 'compressed' | 'brokenOff' | 'late';

/** What the headers say of a body that is not to be read at all; undefined if it can be. */
export function badByHeaders(context: IWebhookFunctions): BadBody | undefined {
	const headers = context.getRequestObject().headers;
	if (Number(headers['content-length'] ?? 0) > LARGEST_BODY) return 'tooLarge';
	const encoding = headers['content-encoding'] ?? 'identity';
	// n8n would unpack it before anybody has proven to be KPN.
	return encoding.toLowerCase() === 'identity' ? undefined : 'compressed';
}

/** The bytes of a request as they came. */
export async function rawBody(context: IWebhookFunctions): Promise<Buffer | BadBody> {
	const request = context.getRequestObject();
	const reading = request.readRawBody().then(
		() => undefined,
		(error: { status?: number; statusCode?: number }) =>
			(error.status ?? error.statusCode) === 413 ? 'tooLarge' : 'brokenOff',
	);
	const bad = await Promise.race([reading, sleep(BODY_WITHIN_MS).then(() => 'late' as const)]);
	if (bad) return bad;
	const body: unknown = request.rawBody;
	if (!Buffer.isBuffer(body)) return Buffer.alloc(0);
	return body.length > LARGEST_BODY ? 'tooLarge' : body;
}
