import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refusal, spikeArrest } from './answers';
import type { Carrier } from './carrier';
import type { Door } from './door';
import type { Faults } from './faults';
import type { Fault } from './inputs';
import type { Capacity } from './manners';
import type { SandboxRecord } from './record';
import { respond, respondFaulty } from './respond';
import type { Tokens } from './tokens';
import type { SendCall, SmsApi, TokenCall } from './types';

const TOKEN_PATH = '/oauth/client_credential/accesstoken';
const SEND_PATH: Record<SmsApi, string> = {
	v1: '/messaging/sms-kpn/v1/send',
	current: '/communication/kpn/sms/send',
};

/** What KPN's URLs need: KPN itself, what is to go wrong, and where to write it all down. */
export interface KpnParts {
	tokens: Tokens;
	carrier: Carrier;
	faults: Faults;
	record: SandboxRecord;
	/** The port, for faults that close it. */
	door: Door;
	/** How many send calls it bears, and how long their answers take. */
	capacity: Capacity;
	/** Ends every wait. */
	closing: AbortSignal;
}

/** KPN's own URLs: the token and both send APIs. */
export class Kpn {
	private inFlight = 0;

	constructor(private readonly parts: KpnParts) {}

	/** Adds the URLs to a server whose parser leaves bodies as text. */
	addTo(app: FastifyInstance): void {
		app.all(TOKEN_PATH, async (request, reply) => await this.answerToken(request, reply));
		for (const api of ['v1', 'current'] as const) {
			app.all(
				SEND_PATH[api],
				{
					// Fastify refuses a body beyond the limit before the handler sees it.
					errorHandler: (error, request, reply) => {
						if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
						const call = this.arrived(api, request, reply);
						call.status = respond(reply, refusal(413, error.message));
					},
				},
				async (request, reply) => await this.answerSend(api, request, reply),
			);
		}
	}

	private async answerToken(request: FastifyRequest, reply: FastifyReply) {
		const { tokens, faults, record } = this.parts;
		const { searchParams } = new URL(request.url, 'http://sandbox');
		const call: TokenCall = {
			method: request.method,
			query: Object.fromEntries(searchParams),
			form: Object.fromEntries(new URLSearchParams(bodyText(request))),
			headers: request.headers,
			status: null,
		};
		record.tokenCalls.push(call);
		const fault = faults.forTokenCall();
		await this.pause(fault?.delayMs);
		await this.refuseConnections(fault);
		call.status = fault?.answer
			? respondFaulty(reply, fault.answer, tokens.issue(), false)
			: respond(reply, tokens.answer(call));
		return reply;
	}

	private async answerSend(api: SmsApi, request: FastifyRequest, reply: FastifyReply) {
		const { carrier, faults, record, capacity, closing } = this.parts;
		const call = this.arrived(api, request, reply);
		const fault = faults.forSendCall(call.body);
		const { callsPerSecond } = capacity.manners;
		if (!capacity.takes()) {
			await capacity.answerTime(this.inFlight, closing);
			call.status = respond(reply, spikeArrest(callsPerSecond ?? 0));
			return reply;
		}
		call.fault = fault;
		await this.pause(fault?.delayMs);
		const verdict = carrier.judge(call);
		if (!('refused' in verdict) && (!fault?.answer || fault.accept === true)) {
			call.accepted = true;
			call.documentId = verdict.documentId;
			carrier.take();
			record.add(verdict.messages);
		}
		await capacity.answerTime(this.inFlight, closing);
		await this.refuseConnections(fault);
		const documentId = 'refused' in verdict ? randomUUID() : verdict.documentId;
		const success = carrier.success(api, documentId);
		if (fault?.answer) call.status = respondFaulty(reply, fault.answer, success, call.accepted);
		else call.status = respond(reply, 'refused' in verdict ? verdict.refused : success);
		return reply;
	}

	private arrived(api: SmsApi, request: FastifyRequest, reply: FastifyReply): SendCall {
		this.inFlight++;
		reply.raw.once('close', () => this.inFlight--);
		const call: SendCall = {
			api,
			method: request.method,
			headers: request.headers,
			body: parsed(bodyText(request)),
			status: null,
			accepted: false,
			inFlight: this.inFlight,
		};
		this.parts.record.calls.push(call);
		return call;
	}

	private async pause(ms = 0): Promise<void> {
		if (ms > 0) await sleep(ms, undefined, { signal: this.parts.closing });
	}

	private async refuseConnections(fault: Fault | undefined): Promise<void> {
		if (fault?.refuseConnectionsForMs) {
			await this.parts.door.shutFor(fault.refuseConnectionsForMs);
		}
	}
}

function bodyText({ body }: FastifyRequest): string {
	return typeof body === 'string' ? body : '';
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
