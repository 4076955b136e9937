import { STATUS_CODES } from 'node:http';
import type { ErrorShape } from './schemas';

/** A whole HTTP answer, ready to be sent. */
export interface HttpResponse {
	status: number;
	headers: Record<string, string>;
	body: string;
}

const INFO = 'https://developer.kpn.com';

/** A JSON answer. */
export function jsonResponse(
	status: number,
	body: unknown,
	headers: Record<string, string> = {},
): HttpResponse {
	return {
		status,
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body),
	};
}

/** KPN's own refusal: `{"errorResponse": {code, message, info}}`. */
export function errorResponse(
	status: number,
	message: string,
	headers: Record<string, string> = {},
): HttpResponse {
	const body = { code: String(status), message, info: INFO };
	return jsonResponse(status, { errorResponse: body }, headers);
}

/** The gateway's refusal of a token: missing, unknown and expired look the same. */
export function invalidToken(): HttpResponse {
	return apigeeFault(401, 'Invalid access token', 'oauth.v2.InvalidAccessToken');
}

/** The gateway's refusal when the quota is used up. */
export function quotaViolation(headers: Record<string, string> = {}): HttpResponse {
	return apigeeFault(
		429,
		'Rate limit quota violation. Quota limit exceeded.',
		'policies.ratelimit.QuotaViolation',
		headers,
	);
}

/** The gateway's refusal of a call that comes too soon after others. */
export function spikeArrest(callsPerSecond: number): HttpResponse {
	return apigeeFault(
		429,
		`Spike arrest violation. Allowed rate : ${callsPerSecond}ps`,
		'policies.ratelimit.SpikeArrestViolation',
	);
}

/** A failure in one of the shapes seen at KPN. */
export function errorInShape(shape: ErrorShape, status: number): HttpResponse {
	const message = STATUS_CODES[status] ?? 'Unknown';
	switch (shape) {
		case 'errorResponse':
			return errorResponse(status, message);
		case 'apigee':
			if (status === 401) return invalidToken();
			if (status === 429) return quotaViolation();
			return apigeeFault(status, message, 'sandbox.InjectedFault');
		case 'product':
			return jsonResponse(status, {
				transactionId: '00000000-0000-4000-8000-000000000000',
				status: String(status),
				name: message,
				message,
				info: INFO,
			});
		case 'html':
			return {
				status,
				headers: { 'content-type': 'text/html' },
				body: `<html><head><title>${status} ${message}</title></head><body><h1>${message}</h1></body></html>`,
			};
		case 'text':
			return { status, headers: { 'content-type': 'text/plain' }, body: message };
		case 'empty':
			return { status, headers: {}, body: '' };
	}
}

function apigeeFault(
	status: number,
	faultstring: string,
	errorcode: string,
	headers: Record<string, string> = {},
): HttpResponse {
	return jsonResponse(status, { fault: { faultstring, detail: { errorcode } } }, headers);
}
