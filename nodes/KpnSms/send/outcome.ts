import { jsonParse } from 'n8n-workflow';

import { readAccountInfo, type AccountInfo } from '../../shared/quota';
import { systemError, type Failure } from '../../shared/failure';
import { isRecord } from '../../shared/isRecord';
import { sanitize, readKpnError, redact, type KpnError, type Secrets } from '../../shared/kpnError';
import { RETURN_CODES, returnCode, type ReturnCode } from '../../shared/returnCodes';
import type { KpnResponse } from './response';
import { documentIdOf, mayContainId, reportsFailure } from './documentId';
import { parseTime, formatTime, quotaUsedUpAdvice } from '../output/quotaTexts';

/** What became of a message. Only `accepted` means that KPN has it. */
export type Outcome = Accepted | Failure;

/** What became of a message, now or before: `sentBefore` was accepted in another execution. */
export type FinalOutcome = Outcome | { outcome: 'sentBefore' };

export interface Accepted {
	outcome: 'accepted';
	documentId: string;
	/** KPN's own word for it, unless an earlier try had it. */
	status?: string;
	/** What KPN tells of itself in the headers of its answer. */
	account?: AccountInfo;
	/** Whether it was an earlier try that KPN accepted: in this one it was not sent. */
	acceptedBefore?: true;
	/** Whether that try was another execution, which this one retries. */
	elsewhere?: true;
}

/** The statuses with which KPN takes messages, as its page has them. */
const SUCCESS_STATUSES = [200, 201, 202];

/**
 * Reads an answer to a send call: accepted if and only if it is 200, 201 or 202 with a `document_id`,
 * and nothing in it says that something failed. With an ID and without that, KPN may have the messages.
 *
 * @param now epoch, in milliseconds
 * @param secrets what must not be quoted from it
 */
export function outcomeOfResponse(
	response: KpnResponse,
	now: number,
	secrets: Secrets = [],
): Outcome {
	if (response.fromProxy) return refusedByProxy(response, secrets);
	const { statusCode, body } = response;
	const headers = withoutSecrets(response.headers, secrets);
	const success = SUCCESS_STATUSES.includes(statusCode);
	const kpn = readKpnError(body, secrets);
	if (typeof headers.location === 'string') {
		const location = `location: ${sanitize(headers.location)}`;
		kpn.message = [kpn.message, location].filter(Boolean).join(' — ');
	}
	const maybeTaken = (meaning: string): Failure => ({ ...MAYBE_TAKEN, statusCode, meaning, kpn });
	// Its beginning may be a whole JSON, which says nothing of what comes after it.
	if (success && response.truncated) {
		return maybeTaken('KPN’s answer is far longer than any other, so it was not read to its end');
	}
	const json = jsonParse<unknown>(body, { fallbackValue: null });
	const documentId = documentIdOf(json, secrets);
	if (success && documentId !== undefined && !reportsFailure(json)) {
		const { status } = json as { status?: unknown };
		return {
			outcome: 'accepted',
			documentId,
			status: typeof status === 'string' ? sanitize(status, secrets) : undefined,
			account: readAccountInfo(headers),
		};
	}
	const code = returnCodeOf(statusCode, headers, kpn, now);
	const hasId = mayContainId(body, success);
	if (code.taken === 'no' && hasId && (!success || documentId !== undefined)) {
		return maybeTaken('KPN gave a document ID, and says at the same time that it failed');
	}
	if (success && (hasId || !isRecord(json))) return maybeTaken('KPN’s answer cannot be read');
	const afterMs = code.retryable ? requestedWaitMs(response, now) : undefined;
	const usedUp = statusCode === 429 && quotaUsedUpAdvice(readAccountInfo(headers)?.quota, now);
	return {
		outcome: code.taken === 'no' ? 'refused' : 'unknown',
		statusCode,
		meaning: `${code.meaning} (${statusCode} ${code.name})`,
		advice: usedUp || longWaitAdvice(afterMs, now) || code.advice,
		kpn,
		retryable: code.retryable,
		retry: code.retryable ? { afterMs } : undefined,
		affectsEveryCall: code.concerns === 'everyCall',
	};
}

/** The longest that KPN may ask to wait before a call is made again by itself. */
export const MAX_RETRY_WAIT_MS = 60_000;

const longWaitAdvice = (afterMs: number | undefined, now: number): string | undefined =>
	afterMs === undefined || afterMs <= MAX_RETRY_WAIT_MS
		? undefined
		: `KPN asks to wait until ${formatTime(now + afterMs, now)}, longer than the node waits: send the rest then.`;

const withoutSecrets = (
	headers: KpnResponse['headers'],
	secrets: Secrets,
): KpnResponse['headers'] =>
	Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name,
			typeof value === 'string' ? redact(value, secrets) : value,
		]),
	);

/** Refusals that KPN's gateway can have for an API that is no more. */
const STATUSES_WHEN_GONE = [302, 403, 404, 405];

/** What Apigee calls too many calls a second, which is over sooner than a quota that is used up. */
const SPIKE_ARREST = /spike ?arrest/i;

function returnCodeOf(
	statusCode: number,
	headers: KpnResponse['headers'],
	kpn: KpnError,
	now: number,
): ReturnCode {
	const { sunset } = readAccountInfo(headers) ?? {};
	const isOver = sunset !== undefined && msUntil(sunset, now) === 0;
	const gone = isOver && STATUSES_WHEN_GONE.includes(statusCode) ? RETURN_CODES[410] : undefined;
	const code = returnCode(statusCode);
	if (statusCode === 429 && SPIKE_ARREST.test(`${kpn.code} ${kpn.message}`)) {
		return {
			...code,
			meaning: 'KPN takes fewer calls a second than it got',
			advice: 'Send it again; where the workflow has stopped, Retry sends only what was not sent.',
		};
	}
	return gone === undefined ? code : { ...gone, name: code.name };
}

const CHECK_PROXY =
	'Check Proxy on the Settings tab: it is written like http://myproxy:3128, or http://name:password@myproxy:3128.';

/** A proxy that refuses the way to KPN has seen no more of the call than KPN's name. */
function refusedByProxy({ statusCode, body }: KpnResponse, secrets: Secrets): Failure {
	const authentication = statusCode === 407 ? RETURN_CODES[407] : undefined;
	const meaning =
		authentication?.meaning ?? 'the proxy between n8n and KPN did not let the call through';
	const advice =
		authentication?.advice ?? `${CHECK_PROXY} If it is right, ask whoever runs the proxy.`;
	const isTransient = statusCode === 429 || statusCode >= 500;
	return {
		outcome: 'refused',
		statusCode,
		meaning: `${meaning} (${statusCode})`,
		advice,
		kpn: readKpnError(body, secrets),
		retryable: isTransient,
		retry: isTransient ? {} : undefined,
		affectsEveryCall: true,
	};
}

const MAYBE_TAKEN = {
	outcome: 'unknown',
	advice: returnCode(500).advice,
	retryable: false,
	affectsEveryCall: false,
} as const;

/** Failures before a byte of the request has left: the name, the connection. */
const NEVER_CONNECTED: Record<string, (server: string) => string> = {
	ECONNREFUSED: (server) => `the connection to ${server} was refused`,
	ENOTFOUND: (server) => `the name of ${server} is not known`,
	EAI_AGAIN: (server) => `the name of ${server} could not be looked up`,
	EHOSTUNREACH: (server) => `${server} could not be reached`,
	ENETUNREACH: (server) => `there is no network to ${server}`,
	ETIMEDOUT: (server) => `${server} did not answer when it was called`,
};

const COULD_NOT_CONNECT = (server: string) => `the connection to ${server} could not be made`;

/** The same of an address, and of the TLS handshake, which is with KPN also where there is a proxy. */
const NEVER_SENT: Record<string, string> = {
	ERR_INVALID_URL: 'the Base URL in the credential is not an address',
	CERT_HAS_EXPIRED: 'the certificate of KPN’s server has expired',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate of KPN’s server is not trusted',
	SELF_SIGNED_CERT_IN_CHAIN: 'the certificate of KPN’s server is not trusted',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of KPN’s server is not trusted',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate of KPN’s server is not trusted',
	ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of KPN’s server is for another name',
};

/** What n8n's HTTP library says where a proxy hangs up before the way to KPN was open. */
const PROXY_HUNG_UP = /^Proxy connection ended before receiving CONNECT response/;

/** Connections that may well succeed a moment later. */
const TRANSIENT = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** These can also end a connection that stood. */
const MAY_BREAK_LATER = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

const TIMED_OUT = new Set(['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED']);

/**
 * Reads a send call that ended without an answer. Only a connection that surely never stood is a
 * refusal; whatever else broke, broke when KPN may have had the message.
 *
 * @param proxied whether the node's Proxy is set: then it is the proxy that is connected to
 * @param neverSent whether the connection was surely not ready for the request
 */
export function outcomeOfError(error: unknown, proxied = false, neverSent = false): Failure {
	const { code, syscall } = systemError(error);
	const wasConnected = code !== undefined && MAY_BREAK_LATER.has(code) && syscall !== 'connect';
	const connectFailed = syscall === 'connect' ? COULD_NOT_CONNECT : undefined;
	const connecting =
		code === undefined || wasConnected ? undefined : (NEVER_CONNECTED[code] ?? connectFailed);
	const proxyHungUp = errorMessages(error).some((message) => PROXY_HUNG_UP.test(message));
	const meaning = proxyHungUp
		? 'the proxy between n8n and KPN hung up before anything was sent'
		: (connecting?.(proxied ? 'the proxy' : 'KPN’s server') ??
			NEVER_SENT[code ?? ''] ??
			(neverSent
				? COULD_NOT_CONNECT(`KPN’s server${proxied ? ' through the proxy' : ''}`)
				: undefined));
	if (meaning !== undefined) {
		const aboutProxy = proxyHungUp || (proxied && NEVER_SENT[code ?? ''] === undefined);
		return {
			outcome: 'refused',
			meaning,
			systemCode: code,
			advice: aboutProxy
				? CHECK_PROXY
				: 'Check the network, and Environment and Base URL in the credential; then send again what was not sent.',
			kpn: {},
			retryable: true,
			retry: proxyHungUp || TRANSIENT.has(code ?? '') ? {} : undefined,
			affectsEveryCall: true,
		};
	}
	return {
		...MAYBE_TAKEN,
		meaning:
			code !== undefined && TIMED_OUT.has(code)
				? 'KPN did not answer in time'
				: 'the call ended without an answer from KPN',
		systemCode: code,
		kpn: {},
	};
}

/** Of an error, and of what it was wrapped around. */
function errorMessages(error: unknown): string[] {
	const messages: string[] = [];
	let current = error;
	for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
		messages.push(current.message);
		current = current.cause;
	}
	return messages;
}

/**
 * Milliseconds that `Retry-After` asks to wait, or KPN's `quota-reset-UTC` where the quota is why: it
 * comes with other answers too, and the reset may be weeks away.
 */
function requestedWaitMs({ statusCode, headers }: KpnResponse, now: number): number | undefined {
	const retryAfter = headers['retry-after'];
	if (typeof retryAfter === 'string' && retryAfter.trim() !== '') {
		return /^\s*\d{1,9}\s*$/.test(retryAfter)
			? Number(retryAfter) * 1000
			: msUntil(retryAfter, now);
	}
	const { limit, used, resetUtc } = readAccountInfo(headers)?.quota ?? {};
	const somethingLeft = limit !== undefined && used !== undefined && used < limit;
	return statusCode === 429 && resetUtc !== undefined && !somethingLeft
		? msUntil(resetUtc, now)
		: undefined;
}

function msUntil(time: string, now: number): number | undefined {
	const at = parseTime(time);
	return at === undefined ? undefined : Math.max(0, at - now);
}
