import { jsonParse } from 'n8n-workflow';

import { accountState, type AccountState } from '../../shared/accountState';
import { systemError, type Failure } from '../../shared/failure';
import { kpnWords } from '../../shared/kpnWords';
import { returnCode } from '../../shared/returnCodes';

/** What became of a message. Only `accepted` means that KPN has it. */
export type Outcome = Accepted | Failure;

/** What became of a message, now or before: `sentBefore` was accepted in another execution. */
export type Settled = Outcome | { outcome: 'sentBefore' };

export interface Accepted {
	outcome: 'accepted';
	documentId: string;
	/** KPN's own word for it, unless an earlier try had it. */
	status?: string;
	/** What KPN tells of itself in the headers of its answer. */
	account?: AccountState;
}

/** An answer of KPN's as it came, whatever its status. */
export interface Answer {
	statusCode: number;
	/** Names in lower case. */
	headers: Record<string, unknown>;
	body: string;
}

/** Reads an answer to a send call: accepted if and only if it is 2xx with a `document_id`. */
export function outcomeOfAnswer(answer: Answer, now: number): Outcome {
	const { statusCode, headers, body } = answer;
	const success = statusCode >= 200 && statusCode < 300;
	const json = jsonParse<unknown>(body, { fallbackValue: null });
	const { document_id: given, status } = (json ?? {}) as {
		document_id?: unknown;
		status?: unknown;
	};
	const id = typeof given === 'string' ? given.trim() : given;
	if (success && (typeof id === 'string' || typeof id === 'number') && id !== '' && id !== 0) {
		return {
			outcome: 'accepted',
			documentId: String(id),
			status: typeof status === 'string' ? status : undefined,
			account: accountState(headers),
		};
	}
	// A document ID of an unheard-of shape, or in another place, is one all the same.
	const hasId = (id !== undefined && id !== null && id !== '') || DOCUMENT_ID.test(body);
	if (success && (json === null || hasId)) {
		return {
			...MAYBE_TAKEN,
			statusCode,
			meaning: 'KPN’s answer cannot be read',
			kpn: kpnWords(body),
		};
	}
	const code = returnCode(statusCode);
	const words = kpnWords(body);
	if (typeof headers.location === 'string') {
		words.message = [words.message, `location: ${headers.location}`].filter(Boolean).join(' — ');
	}
	return {
		outcome: code.taken === 'no' ? 'refused' : 'unknown',
		statusCode,
		meaning: `${code.meaning} (${statusCode} ${code.name})`,
		advice: code.advice,
		kpn: words,
		retryable: code.retryable,
		tryAgain: code.retryable ? { afterMs: askedWait(answer, now) } : undefined,
		concernsEveryCall: code.concerns === 'everyCall',
	};
}

/** Anywhere in an answer: one that is neither null nor empty. */
const DOCUMENT_ID = /"document_?id"\s*:\s*(?!null\b|"\s*")\S/i;

const MAYBE_TAKEN = {
	outcome: 'unknown',
	advice: returnCode(500).advice,
	retryable: false,
	concernsEveryCall: false,
} as const;

/** Failures before a byte of the request has left: the name, the connection, the TLS handshake. */
const NEVER_CONNECTED: Record<string, string> = {
	ECONNREFUSED: 'the connection to KPN was refused',
	ERR_INVALID_URL: 'the Base URL in the credential is not an address',
	ENOTFOUND: 'the name of KPN’s server is not known',
	EAI_AGAIN: 'the name of KPN’s server could not be looked up',
	EHOSTUNREACH: 'KPN’s server could not be reached',
	ENETUNREACH: 'there is no network to KPN’s server',
	ETIMEDOUT: 'KPN’s server did not answer when it was called',
	CERT_HAS_EXPIRED: 'the certificate of KPN’s server has expired',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate of KPN’s server is not trusted',
	SELF_SIGNED_CERT_IN_CHAIN: 'the certificate of KPN’s server is not trusted',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of KPN’s server is not trusted',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate of KPN’s server is not trusted',
	ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of KPN’s server is for another name',
};

/** Connections that may well succeed a moment later. */
const PASSING = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** These can also end a connection that stood. */
const MAY_BREAK_LATER = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

const TIMED_OUT = new Set(['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED']);

/**
 * Reads a send call that ended without an answer. Only a connection that surely never stood is a
 * refusal; whatever else broke, broke when KPN may have had the message.
 */
export function outcomeOfError(error: unknown): Failure {
	const { code, syscall } = systemError(error);
	const neverConnected =
		code === undefined || (MAY_BREAK_LATER.has(code) && syscall !== 'connect')
			? undefined
			: NEVER_CONNECTED[code];
	if (neverConnected !== undefined && code !== undefined) {
		return {
			outcome: 'refused',
			meaning: neverConnected,
			systemCode: code,
			advice:
				'Nothing was sent. Check the network, and Environment and Base URL in the credential; then send again.',
			kpn: {},
			retryable: true,
			tryAgain: PASSING.has(code) ? {} : undefined,
			concernsEveryCall: true,
		};
	}
	const meaning =
		code !== undefined && TIMED_OUT.has(code)
			? 'KPN did not answer in time'
			: 'the call ended without an answer from KPN';
	return { ...MAYBE_TAKEN, meaning, systemCode: code, kpn: {} };
}

/**
 * Milliseconds that `Retry-After` asks to wait, or KPN's `quota-reset-UTC` where the quota is why: it
 * comes with other answers too, and the reset may be weeks away.
 */
function askedWait({ statusCode, headers }: Answer, now: number): number | undefined {
	const retryAfter = headers['retry-after'];
	if (typeof retryAfter === 'string' && retryAfter.trim() !== '') {
		const seconds = Number(retryAfter);
		return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : until(retryAfter, now);
	}
	const { limit, used, resetUtc } = accountState(headers)?.quota ?? {};
	const somethingLeft = limit !== undefined && used !== undefined && used < limit;
	return statusCode === 429 && resetUtc !== undefined && !somethingLeft
		? until(resetUtc, now)
		: undefined;
}

/** From now until a date, or an epoch in milliseconds or seconds: nobody has published which. */
function until(time: string, now: number): number | undefined {
	const number = Number(time);
	// A date without a zone is UTC, as the header's name says.
	const zoned = /(z|gmt|utc|[+-]\d\d:?\d\d)$/i.test(time.trim()) ? time : `${time}Z`;
	const at = Number.isFinite(number) ? number * (number < 1e11 ? 1000 : 1) : Date.parse(zoned);
	return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
