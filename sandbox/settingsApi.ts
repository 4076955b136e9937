import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { invalidToken, errorResponse } from './responses';
import type { HttpResponse } from './responses';
import type { Faults } from './faults';
import type { SandboxRecord } from './record';
import { respond, respondWithFault } from './respond';
import type { SettingsCalls } from './settingsCalls';
import type { Tokens } from './tokens';
import type { SettingsCall } from './webhookTypes';

const BASE = '/webhookconfigs-kpn';

interface SettingsApiDependencies {
	settings: SettingsCalls;
	tokens: Tokens;
	faults: Faults;
	record: SandboxRecord;
	/** Which of KPN's webhook products the app has. */
	webhookProducts: boolean | 'configuration';
}

/** Adds the URLs of KPN's webhook settings API. */
export function addSettingsApi(app: FastifyInstance, dependencies: SettingsApiDependencies): void {
	app.all(`${BASE}/*`, async (request, reply) => await answerCall(dependencies, request, reply));
}

async function answerCall(
	dependencies: SettingsApiDependencies,
	request: FastifyRequest,
	reply: FastifyReply,
) {
	const { pathname, searchParams } = new URL(request.url, 'http://sandbox');
	const call: SettingsCall = {
		method: request.method,
		path: pathname.slice(BASE.length),
		headers: request.headers,
		body: parseJson(request.body),
		status: null,
	};
	dependencies.record.settingsCalls.push(call);
	const fault = dependencies.faults.forSettingsCall();
	if (fault?.delayMs) await sleep(fault.delayMs, undefined, { ref: false });
	const taken = !fault?.answer || fault.accept === true;
	const answer = taken
		? checkCall(dependencies, call, searchParams)
		: errorResponse(500, 'Internal server error');
	call.status = fault?.answer
		? respondWithFault(reply, fault.answer, answer, taken)
		: respond(reply, answer);
	return reply;
}

/** In the gateway's order: token, product, call. */
function checkCall(
	dependencies: SettingsApiDependencies,
	call: SettingsCall,
	query: URLSearchParams,
): HttpResponse {
	if (!dependencies.tokens.accepts(call.headers.authorization)) return invalidToken();
	const product = /^\/\w+\/keys\b/.test(call.path)
		? 'WebhookConfigs-SigningKeys-KPN'
		: 'Webhook configuration';
	const has =
		dependencies.webhookProducts === true ||
		(dependencies.webhookProducts && !product.includes('Keys'));
	if (!has) return errorResponse(403, `The application lacks the product ${product}`);
	return dependencies.settings.answer(call.method, call.path, query, call.body);
}

function parseJson(body: unknown): unknown {
	if (typeof body !== 'string' || body === '') return undefined;
	try {
		return JSON.parse(body);
	} catch {
		return body;
	}
}
