import { jsonParse } from 'n8n-workflow';

import { readAccountInfo, type AccountInfo } from '../../shared/quota';
import { CHECK_WITH_RECIPIENT, refused, unknown, type Failure } from '../../shared/failure';
import { isRecord } from '../../shared/isRecord';
import { sanitize, readKpnError, redact, type KpnError, type Secrets } from '../../shared/kpnError';
import { RETURN_CODES, returnCode, type ReturnCode } from '../../shared/returnCodes';
import { CHECK_PROXY } from './connectionFailure';
import type { KpnResponse } from './response';
import { documentIdOf, mayContainId, reportsFailure } from './documentId';
import { parseTime, formatTime, quotaUsedUpAdvice } from '../output/quotaTexts';

/** What became of a message. Only `accepted` means that KPN has it. */
export type Outcome = Accepted | Failure;

/** What became of a message, now or before: `sentBefore` was accepted in another execution. */
export type FinalOutcome = Outcome | { outcome: 'sentBefore'; elsewhere?: true };

export interface Accepted {
	outcome: 'accepted';
	documentId: string;
	/** KPN's own status; undefined if it was accepted in an earlier try. */
	status?: string;
	/** From the headers of the response. */
	account?: AccountInfo;
	/** Whether it was an earlier try that KPN accepted: in this one it was not sent. */
	acceptedBefore?: true;
	/** Whether that try was another execution, which this one retries. */
	elsewhere?: true;
}

/** The statuses with which KPN takes messages, as its page has them. */
const SUCCESS_STATUSES = [200, 201, 202];

/**
 * Reads a response to a send call: accepted if and only if it is 200, 201 or 202 with a `document_id`,
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
	const maybeTaken = (meaning: string) =>
		unknown(meaning, CHECK_WITH_RECIPIENT, { statusCode, kpn });
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
	if (code.outcome === 'refused' && hasId && (!success || documentId !== undefined)) {
		return maybeTaken('KPN gave a document ID, and says at the same time that it failed');
	}
	if (success && (hasId || !isRecord(json))) return maybeTaken('KPN’s answer cannot be read');
	const afterMs = code.retryable ? requestedWaitMs(response, now) : undefined;
	const usedUp = statusCode === 429 && quotaUsedUpAdvice(readAccountInfo(headers)?.quota, now);
	return {
		outcome: code.outcome,
		statusCode,
		meaning: `${code.meaning} (${statusCode} ${code.name})`,
		advice: usedUp || longWaitAdvice(afterMs, now) || code.advice,
		kpn,
		retryable: code.retryable,
		retry: code.retryable ? { afterMs } : undefined,
		affectsEveryCall: code.affectsEveryCall,
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

/** Statuses with which KPN's gateway may refuse calls of an API that is withdrawn. */
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

/** A proxy that refuses the way to KPN has seen no more of the call than KPN's name. */
function refusedByProxy({ statusCode, body }: KpnResponse, secrets: Secrets): Failure {
	const authentication = statusCode === 407 ? RETURN_CODES[407] : undefined;
	const meaning =
		authentication?.meaning ?? 'the proxy between n8n and KPN did not let the call through';
	const advice =
		authentication?.advice ?? `${CHECK_PROXY} If it is right, ask whoever runs the proxy.`;
	const isTransient = statusCode === 429 || statusCode >= 500;
	return refused(`${meaning} (${statusCode})`, advice, {
		statusCode,
		kpn: readKpnError(body, secrets),
		retryable: isTransient,
		retry: isTransient ? {} : undefined,
		affectsEveryCall: true,
	});
}

/**
 * Milliseconds that `Retry-After` asks to wait, or KPN's `quota-reset-UTC` where the quota is why: it
 * comes with other responses too, and the reset may be weeks away.
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
