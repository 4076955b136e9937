import type { IN8nHttpFullResponse } from 'n8n-workflow';

import { isRecord } from '../../shared/isRecord';

/** An answer as it came, whatever its status. */
export interface Answer {
	statusCode: number;
	/** Names in lower case. */
	headers: Record<string, unknown>;
	body: string;
	/** Whether the body goes on after `LONGEST_ANSWER`. */
	tooLong?: boolean;
	/** Whether it is a proxy's own, which passed nothing on to KPN. */
	byProxy?: boolean;
}

/** Bytes; KPN's answers have some hundred. The rest of a longer one is not read. */
const LONGEST_ANSWER = 100_000;

/**
 * Statuses with which n8n throws an answer, where its version knows how: only what it throws tells
 * which connection the answer came over. A proxy's own is never 200.
 */
export const THROWN_STATUSES = Array.from({ length: 399 }, (_, index) => 201 + index);

/** What n8n's HTTP library has of an answer, as a stream if it was asked for as one. */
interface RawAnswer {
	statusCode: number;
	headers: object;
	body: unknown;
	/** Of the connection that the answer came over, if n8n gives it away. */
	socket?: unknown;
}

/**
 * Reads the answer to a call to `baseUrl`.
 *
 * @param signal ends the reading
 * @throws what the connection broke off with, or an error with the code `ETIMEDOUT`
 */
export async function readAnswer(
	raw: RawAnswer,
	baseUrl: string,
	signal: AbortSignal,
): Promise<Answer> {
	const { statusCode, body, socket } = raw;
	const headers = { ...raw.headers };
	// A proxy that lets no call through to an https address answers in its place, over a connection
	// that has no encryption yet: what the call holds has not left.
	const byProxy = isRecord(socket) && isHttps(baseUrl) && !isEncrypted(socket);
	const read = readBody(body, signal, socket);
	return { statusCode, headers, byProxy, ...(await (byProxy ? read.catch(noBody) : read)) };
}

const noBody = () => ({ body: '' });

const isHttps = (url: string): boolean => /^https:/i.test(url);

/** Whether what is written to a connection leaves encrypted: from the end of the handshake on. */
const isEncrypted = (socket: unknown): boolean =>
	isRecord(socket) && socket.encrypted === true && socket.secureConnecting !== true;

/** Whether a call to `baseUrl` that n8n threw an error for surely broke before any of it had left. */
export function neverLeft(error: unknown, baseUrl: string): boolean {
	let current = error;
	for (let depth = 0; depth < 5 && isRecord(current); depth++) {
		const { request, cause } = current;
		if (isRecord(request) && 'socket' in request) {
			return isHttps(baseUrl) && !isEncrypted(request.socket);
		}
		current = cause;
	}
	return false;
}

/** What n8n returned for a call. */
export const returnedAnswer = ({ statusCode, headers, body }: IN8nHttpFullResponse): RawAnswer => ({
	statusCode,
	headers,
	body,
	socket: isRecord(body) ? body.socket : undefined,
});

/** The answer within the error that n8n threw for it; undefined if there was none. */
export function thrownAnswer(error: unknown): RawAnswer | undefined {
	let current = error;
	for (let depth = 0; depth < 5 && isRecord(current); depth++) {
		const { response, request, cause } = current;
		if (isRecord(response) && typeof response.status === 'number' && isRecord(response.headers)) {
			return {
				statusCode: response.status,
				headers: response.headers,
				body: response.data,
				socket: isRecord(request) ? request.socket : undefined,
			};
		}
		current = cause;
	}
	return undefined;
}

async function readBody(
	body: unknown,
	signal: AbortSignal,
	socket: unknown,
): Promise<{ body: string; tooLong?: boolean }> {
	if (typeof body === 'string') return { body };
	if (!isStream(body)) return { body: '' };
	const late = Object.assign(new Error('The answer did not end in time'), { code: 'ETIMEDOUT' });
	let end = () => {};
	// A stream that n8n's HTTP library has wrapped waits for its next piece, also when it is destroyed.
	const ended = new Promise<never>((_resolve, reject) => {
		end = () => {
			reject(late);
			if (isRecord(socket) && typeof socket.destroy === 'function') socket.destroy();
		};
	});
	ended.catch(() => undefined);
	signal.addEventListener('abort', end);
	try {
		if (signal.aborted) throw late;
		const pieces = body[Symbol.asyncIterator]();
		const chunks: Buffer[] = [];
		let size = 0;
		while (size <= LONGEST_ANSWER) {
			const next = await Promise.race([pieces.next(), ended]);
			if (next.done) break;
			chunks.push(Buffer.from(next.value));
			size += next.value.length;
		}
		const text = Buffer.concat(chunks).subarray(0, LONGEST_ANSWER).toString();
		return { body: text.replace(/^\ufeff/, ''), tooLong: size > LONGEST_ANSWER };
	} finally {
		signal.removeEventListener('abort', end);
		body.destroy();
	}
}

interface ByteStream extends AsyncIterable<Uint8Array> {
	destroy(error?: Error): void;
}

const isStream = (value: unknown): value is ByteStream =>
	isRecord(value) && Symbol.asyncIterator in value && typeof value.destroy === 'function';
