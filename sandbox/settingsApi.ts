import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { invalidToken, refusal } from './answers';
import type { Answer } from './answers';
import type { Faults } from './faults';
import type { SandboxRecord } from './record';
import { respond, respondFaulty } from './respond';
import type { SettingsCalls } from './settingsCalls';
import type { Tokens } from './tokens';
import type { SettingsCall } from './webhookTypes';

const BASE = '/webhookconfigs-kpn';

interface SettingsApiParts {
	settings: SettingsCalls;
	tokens: Tokens;
	faults: Faults;
	record: SandboxRecord;
	/** Which of KPN's webhook products the app has. */
	webhookProducts: boolean | 'configuration';
}

/** Adds the URLs of KPN's webhook settings API. */
export function addSettingsApi(app: FastifyInstance, parts: SettingsApiParts): void {
	app.all(`${BASE}/*`, async (request, reply) => await answerCall(parts, request, reply));
}

async function answerCall(parts: SettingsApiParts, request: FastifyRequest, reply: FastifyReply) {
	const { pathname, searchParams } = new URL(request.url, 'http://sandbox');
	const call: SettingsCall = {
		method: request.method,
		path: pathname.slice(BASE.length),
		headers: request.headers,
		body: parsed(request.body),
		status: null,
	};
	parts.record.settingsCalls.push(call);
	const fault = parts.faults.forSettingsCall();
	if (fault?.delayMs) await sleep(fault.delayMs, undefined, { ref: false });
	const taken = !fault?.answer || fault.accept === true;
	const answer = taken ? judged(parts, call, searchParams) : refusal(500, 'Internal server error');
	call.status = fault?.answer
		? respondFaulty(reply, fault.answer, answer, taken)
		: respond(reply, answer);
	return reply;
}

/** In the gateway's order: token, product, call. */
function judged(parts: SettingsApiParts, call: SettingsCall, query: URLSearchParams): Answer {
	if (!parts.tokens.accepts(call.headers.authorization)) return invalidToken();
	const product = /^\/\w+\/keys\b/.test(call.path)
		? 'WebhookConfigs-SigningKeys-KPN'
		: 'Webhook configuration';
	const has =
		parts.webhookProducts === true || (parts.webhookProducts && !product.includes('Keys'));
	if (!has) return refusal(403, `The application lacks the product ${product}`);
	return parts.settings.answer(call.method, call.path, query, call.body);
}

function parsed(body: unknown): unknown {
	if (typeof body !== 'string' || body === '') return undefined;
	try {
		return JSON.parse(body);
	} catch {
		return body;
	}
}
