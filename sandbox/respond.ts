import type { FastifyReply, FastifyRequest } from 'fastify';
import { failure, json } from './answers';
import type { Answer } from './answers';
import type { FaultAnswer } from './inputs';

/**
 * Answers a call as a fault has it.
 * @param success what KPN would have answered had it taken the call
 * @param taken whether it did
 * @returns the status that went out, or null if none did
 */
export function respondFaulty(
	reply: FastifyReply,
	fault: FaultAnswer,
	success: Answer,
	taken: boolean,
): number | null {
	switch (fault.kind) {
		case 'http':
			return respond(reply, httpAnswer(fault, success, taken));
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
export function respond(reply: FastifyReply, answer: Answer): number | null {
	const gone = reply.raw.destroyed;
	void reply.code(answer.status).headers(answer.headers).send(answer.body);
	return gone ? null : answer.status;
}

function httpAnswer(
	{ status, shape, body, headers }: Extract<FaultAnswer, { kind: 'http' }>,
	success: Answer,
	taken: boolean,
): Answer {
	const plain = (): Answer => {
		if (typeof body === 'string') {
			return { status, headers: { 'content-type': 'text/plain' }, body };
		}
		if (body !== undefined) return json(status, body);
		if (shape !== undefined) return failure(shape, status);
		if (status < 300 && taken) return { ...success, status };
		return failure(status < 400 ? 'empty' : 'errorResponse', status);
	};
	const answer = plain();
	return { ...answer, headers: { ...answer.headers, ...headers } };
}

function quotedRequest({ headers, body }: FastifyRequest, status: number): Answer {
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
	const location = `https://elsewhere.example/?authorization=${encodeURIComponent(headers.authorization ?? '')}`;
	return {
		status,
		headers: { 'content-type': 'text/plain', location },
		body: `Blocked. Your request was:\n${lines.sort().join('\n')}\n\n${String(body)}`,
	};
}

function truncate(reply: FastifyReply, { status, headers, body }: Answer): number {
	const { raw } = reply.hijack();
	raw.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
	const half = body.slice(0, Math.ceil(body.length / 2));
	raw.write(half, () => raw.socket?.destroySoon());
	return status;
}

function drip(reply: FastifyReply, { status, headers, body }: Answer, everyMs: number): number {
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
