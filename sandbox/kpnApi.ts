import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorResponse, spikeArrest } from './responses';
import type { SmsService } from './smsService';
import type { ListeningPort } from './listeningPort';
import type { Faults } from './faults';
import type { Fault } from './schemas';
import type { Capacity } from './capacity';
import type { SandboxRecord } from './record';
import { respond, respondWithFault } from './respond';
import type { Tokens } from './tokens';
import type { SendCall, SmsApi, TokenCall } from './types';

const TOKEN_PATH = '/oauth/client_credential/accesstoken';
const SEND_PATH: Record<SmsApi, string> = {
	v1: '/messaging/sms-kpn/v1/send',
	current: '/communication/kpn/sms/send',
};

/** What KPN's URLs need: the service, the faults, and where calls are recorded. */
export interface KpnApiDependencies {
	tokens: Tokens;
	smsService: SmsService;
	faults: Faults;
	record: SandboxRecord;
	/** The port, for faults that close it. */
	listeningPort: ListeningPort;
	/** How many send calls it takes, and how long their responses take. */
	capacity: Capacity;
	/** Ends every wait. */
	closeSignal: AbortSignal;
}

/** KPN's own URLs: the token and both send APIs. */
export class KpnApi {
	private inFlight = 0;

	constructor(private readonly dependencies: KpnApiDependencies) {}

	/** Adds the URLs to a server whose parser leaves bodies as text. */
	addTo(app: FastifyInstance): void {
		app.all(TOKEN_PATH, async (request, reply) => await this.handleToken(request, reply));
		for (const api of ['v1', 'current'] as const) {
			app.all(
				SEND_PATH[api],
				{
					// Fastify refuses a body beyond the limit before the handler sees it.
					errorHandler: (error, request, reply) => {
						if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
						const call = this.recordCall(api, request, reply);
						call.status = respond(reply, errorResponse(413, error.message));
					},
				},
				async (request, reply) => await this.handleSend(api, request, reply),
			);
		}
	}

	private async handleToken(request: FastifyRequest, reply: FastifyReply) {
		const { tokens, faults, record } = this.dependencies;
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
			? respondWithFault(reply, fault.answer, tokens.issue(), false)
			: respond(reply, tokens.answer(call));
		return reply;
	}

	private async handleSend(api: SmsApi, request: FastifyRequest, reply: FastifyReply) {
		const { smsService, faults, record, capacity, closeSignal } = this.dependencies;
		const call = this.recordCall(api, request, reply);
		const fault = faults.forSendCall(call.body);
		const { callsPerSecond } = capacity.settings;
		if (!capacity.tryTake()) {
			await capacity.waitForResponse(this.inFlight, closeSignal);
			call.status = respond(reply, spikeArrest(callsPerSecond ?? 0));
			return reply;
		}
		call.fault = fault;
		await this.pause(fault?.delayMs);
		const result = smsService.check(call);
		if (!('refused' in result) && (!fault?.answer || fault.accept === true)) {
			call.accepted = true;
			call.documentId = result.documentId;
			smsService.countCall();
			record.add(result.messages);
		}
		await capacity.waitForResponse(this.inFlight, closeSignal);
		await this.refuseConnections(fault);
		const documentId = 'refused' in result ? randomUUID() : result.documentId;
		const success = smsService.success(api, documentId);
		if (fault?.answer) call.status = respondWithFault(reply, fault.answer, success, call.accepted);
		else call.status = respond(reply, 'refused' in result ? result.refused : success);
		return reply;
	}

	private recordCall(api: SmsApi, request: FastifyRequest, reply: FastifyReply): SendCall {
		this.inFlight++;
		reply.raw.once('close', () => this.inFlight--);
		const call: SendCall = {
			api,
			method: request.method,
			headers: request.headers,
			body: parseJson(bodyText(request)),
			status: null,
			accepted: false,
			inFlight: this.inFlight,
		};
		this.dependencies.record.calls.push(call);
		return call;
	}

	private async pause(ms = 0): Promise<void> {
		if (ms > 0) await sleep(ms, undefined, { signal: this.dependencies.closeSignal });
	}

	private async refuseConnections(fault: Fault | undefined): Promise<void> {
		if (fault?.refuseConnectionsForMs) {
			await this.dependencies.listeningPort.closeFor(fault.refuseConnectionsForMs);
		}
	}
}

function bodyText({ body }: FastifyRequest): string {
	return typeof body === 'string' ? body : '';
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
