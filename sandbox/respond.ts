import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorInShape, jsonResponse } from './responses';
import type { HttpResponse } from './responses';
import type { FaultAnswer } from './schemas';

/**
 * Answers a call as a fault has it.
 * @param success what KPN would have answered had it taken the call
 * @param taken whether it did
 * @returns the status that went out, or null if none did
 */
export function respondWithFault(
	reply: FastifyReply,
	fault: FaultAnswer,
	success: HttpResponse,
	taken: boolean,
): number | null {
	switch (fault.kind) {
		case 'http':
			return respond(reply, httpResponse(fault, success, taken));
		case 'quote':
			return respond(reply, quotedRequest(reply.request, fault.status));
		case 'reset':
			reply.hijack();
			reply.raw.socket?.resetAndDestroy();
			return null;
		case 'hang':
			reply.hijack();
			return null;
		case 'truncate':
			return truncate(reply, { ...success, status: fault.status ?? success.status });
		case 'drip':
			return drip(reply, success, fault.everyMs);
	}
}

/** Sends a whole answer. Returns its status, or null if the client has already gone. */
export function respond(reply: FastifyReply, response: HttpResponse): number | null {
	const isClosed = reply.raw.destroyed;
	void reply.code(response.status).headers(response.headers).send(response.body);
	return isClosed ? null : response.status;
}

function httpResponse(
	{ status, shape, body, headers }: Extract<FaultAnswer, { kind: 'http' }>,
	success: HttpResponse,
	taken: boolean,
): HttpResponse {
	const withoutHeaders = (): HttpResponse => {
		if (typeof body === 'string') {
			return { status, headers: { 'content-type': 'text/plain' }, body };
		}
		if (body !== undefined) return jsonResponse(status, body);
		if (shape !== undefined) return errorInShape(shape, status);
		if (status < 300 && taken) return { ...success, status };
		return errorInShape(status < 400 ? 'empty' : 'errorResponse', status);
	};
	const response = withoutHeaders();
	return { ...response, headers: { ...response.headers, ...headers } };
}

function quotedRequest({ headers, body }: FastifyRequest, status: number): HttpResponse {
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
	const location = `https://elsewhere.example/?authorization=${encodeURIComponent(headers.authorization ?? '')}`;
	return {
		status,
		headers: { 'content-type': 'text/plain', location },
		body: `Blocked. Your request was:\n${lines.sort().join('\n')}\n\n${String(body)}`,
	};
}

function truncate(reply: FastifyReply, { status, headers, body }: HttpResponse): number {
	const { raw } = reply.hijack();
	raw.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
	const half = body.slice(0, Math.ceil(body.length / 2));
	raw.write(half, () => raw.socket?.destroySoon());
	return status;
}

function drip(
	reply: FastifyReply,
	{ status, headers, body }: HttpResponse,
	everyMs: number,
): number {
	const { raw } = reply.hijack();
	raw.writeHead(status, headers);
	raw.flushHeaders();
	const bytes = Buffer.from(body).values();
	const timer = setInterval(() => {
		const { value: byte } = bytes.next();
		// Blanks after the JSON leave it valid, and the answer without an end.
		raw.write(byte === undefined ? ' ' : Buffer.from([byte]));
	}, everyMs);
	raw.once('close', () => clearInterval(timer));
	return status;
}
