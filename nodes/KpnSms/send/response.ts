import type { IN8nHttpFullResponse } from 'n8n-workflow';

import { isRecord } from '../../shared/isRecord';

/** A response as it came, whatever its status. */
export interface KpnResponse {
	statusCode: number;
	/** Names in lower case. */
	headers: Record<string, unknown>;
	body: string;
	/** Whether the body goes on after `MAX_BODY_BYTES`. */
	truncated?: boolean;
	/** Whether it is a proxy's own, which passed nothing on to KPN. */
	fromProxy?: boolean;
}

/** Bytes; KPN's responses have some hundred. The rest of a longer one is not read. */
const MAX_BODY_BYTES = 100_000;

/**
 * Statuses with which n8n throws a response, where its version knows how: only what it throws tells
 * which connection the response came over. A proxy's own is never 200.
 */
export const THROWN_STATUSES = Array.from({ length: 399 }, (_, index) => 201 + index);

/** What n8n's HTTP library has of a response, as a stream if it was asked for as one. */
interface RawResponse {
	statusCode: number;
	headers: object;
	body: unknown;
	/** Of the connection that the response came over, if n8n exposes it. */
	socket?: unknown;
}

/**
 * Reads the response to a call to `baseUrl`.
 *
 * @param signal ends the reading
 * @throws what the connection broke off with, or an error with the code `ETIMEDOUT`
 */
export async function readResponse(
	raw: RawResponse,
	baseUrl: string,
	signal: AbortSignal,
): Promise<KpnResponse> {
	const { statusCode, body, socket } = raw;
	const headers = { ...raw.headers };
	// A proxy that lets no call through to an https address answers in its place, over a connection
	// that has no encryption yet: what the call holds has not left.
	const fromProxy = isRecord(socket) && isHttps(baseUrl) && !isEncrypted(socket);
	const reading = readBody(body, signal, socket);
	return {
		statusCode,
		headers,
		fromProxy,
		...(await (fromProxy ? reading.catch(emptyBody) : reading)),
	};
}

const emptyBody = () => ({ body: '' });

const isHttps = (url: string): boolean => /^https:/i.test(url);

/** Whether what is written to a connection leaves encrypted: from the end of the handshake on. */
const isEncrypted = (socket: unknown): boolean =>
	isRecord(socket) && socket.encrypted === true && socket.secureConnecting !== true;

/** Whether a call to `baseUrl` that n8n threw an error for surely broke before any of it had left. */
export function neverSent(error: unknown, baseUrl: string): boolean {
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
export const returnedResponse = ({
	statusCode,
	headers,
	body,
}: IN8nHttpFullResponse): RawResponse => ({
	statusCode,
	headers,
	body,
	socket: isRecord(body) ? body.socket : undefined,
});

/** The response within the error that n8n threw for it; undefined if there was none. */
export function thrownResponse(error: unknown): RawResponse | undefined {
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
): Promise<{ body: string; truncated?: boolean }> {
	if (typeof body === 'string') return { body };
	if (!isStream(body)) return { body: '' };
	const timeoutError = Object.assign(new Error('The answer did not end in time'), {
		code: 'ETIMEDOUT',
	});
	let abort = () => {};
	// A stream that n8n's HTTP library has wrapped waits for its next piece, also when it is destroyed.
	const aborted = new Promise<never>((_resolve, reject) => {
		abort = () => {
			reject(timeoutError);
			if (isRecord(socket) && typeof socket.destroy === 'function') socket.destroy();
		};
	});
	aborted.catch(() => undefined);
	signal.addEventListener('abort', abort);
	try {
		if (signal.aborted) throw timeoutError;
		const iterator = body[Symbol.asyncIterator]();
		const chunks: Buffer[] = [];
		let size = 0;
		while (size <= MAX_BODY_BYTES) {
			const next = await Promise.race([iterator.next(), aborted]);
			if (next.done) break;
			chunks.push(Buffer.from(next.value));
			size += next.value.length;
		}
		const text = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString();
		return { body: text.replace(/^\ufeff/, ''), truncated: size > MAX_BODY_BYTES };
	} finally {
		signal.removeEventListener('abort', abort);
		body.destroy();
	}
}

interface ByteStream extends AsyncIterable<Uint8Array> {
	destroy(error?: Error): void;
}

const isStream = (value: unknown): value is ByteStream =>
	isRecord(value) && Symbol.asyncIterator in value && typeof value.destroy === 'function';
