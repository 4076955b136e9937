import { STATUS_CODES } from 'node:http';
import type { ErrorShape } from './inputs';

/** A whole HTTP answer, ready to be sent. */
export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: string;
}

const INFO = 'https://developer.kpn.com';

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
	return {
		status,
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body),
	};
}

/** KPN's own refusal: `{"errorResponse": {code, message, info}}`. */
export function refusal(
	status: number,
	message: string,
	headers: Record<string, string> = {},
): Answer {
	const errorResponse = { code: String(status), message, info: INFO };
	return json(status, { errorResponse }, headers);
}

/** The gateway's refusal of a token: missing, unknown and expired look the same. */
export function invalidToken(): Answer {
	return apigee(401, 'Invalid access token', 'oauth.v2.InvalidAccessToken');
}

/** The gateway's refusal when the quota is used up. */
export function quotaViolation(headers: Record<string, string> = {}): Answer {
	return apigee(
		429,
		'Rate limit quota violation. Quota limit exceeded.',
		'policies.ratelimit.QuotaViolation',
		headers,
	);
}

/** The gateway's refusal of a call that comes too soon after others. */
export function spikeArrest(callsPerSecond: number): Answer {
	return apigee(
		429,
		`Spike arrest violation. Allowed rate : ${callsPerSecond}ps`,
		'policies.ratelimit.SpikeArrestViolation',
	);
}

/** A failure in one of the shapes seen at KPN. */
export function failure(shape: ErrorShape, status: number): Answer {
	const words = STATUS_CODES[status] ?? 'Unknown';
	switch (shape) {
		case 'errorResponse':
			return refusal(status, words);
		case 'apigee':
			if (status === 401) return invalidToken();
			if (status === 429) return quotaViolation();
			return apigee(status, words, 'sandbox.InjectedFault');
		case 'product':
			return json(status, {
				transactionId: '00000000-0000-4000-8000-000000000000',
				status: String(status),
				name: words,
				message: words,
				info: INFO,
			});
		case 'html':
			return {
				status,
				headers: { 'content-type': 'text/html' },
				body: `<html><head><title>${status} ${words}</title></head><body><h1>${words}</h1></body></html>`,
			};
		case 'text':
			return { status, headers: { 'content-type': 'text/plain' }, body: words };
		case 'empty':
			return { status, headers: {}, body: '' };
	}
}

function apigee(
	status: number,
	faultstring: string,
	errorcode: string,
	headers: Record<string, string> = {},
): Answer {
	return json(status, { fault: { faultstring, detail: { errorcode } } }, headers);
}
