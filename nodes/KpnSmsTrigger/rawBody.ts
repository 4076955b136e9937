import type { IWebhookFunctions } from 'n8n-workflow';

/** Bytes; KPN's own payloads have a few hundred. */
const LARGEST_BODY = 64 * 1024;

/** Why a body was not taken, and the HTTP status that says so. */
interface BadBody {
	status: 400 | 401 | 413;
	problem: string;
}

/**
 * The bytes of a request as they came. What is too large by its own words is not read at all, and
 * what is compressed is not unpacked: n8n would do that before anybody has proven to be KPN.
 */
export async function rawBody(context: IWebhookFunctions): Promise<Buffer | BadBody> {
	const request = context.getRequestObject();
	const { 'content-length': length, 'content-encoding': encoding } = request.headers;
	if (Number(length ?? 0) > LARGEST_BODY) return TOO_LARGE;
	if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
		return { status: 401, problem: 'it is compressed, which KPN’s events are not' };
	}
	try {
		await request.readRawBody();
	} catch (error) {
		const { statusCode, status = statusCode } = error as { status?: number; statusCode?: number };
		return status === 413 ? TOO_LARGE : { status: 400, problem: 'it broke off' };
	}
	const body: unknown = request.rawBody;
	if (!Buffer.isBuffer(body)) return Buffer.alloc(0);
	return body.length > LARGEST_BODY ? TOO_LARGE : body;
}

const TOO_LARGE: BadBody = { status: 413, problem: 'it is larger than 64 kB' };
