import { createHmac, timingSafeEqual } from 'node:crypto';

/** The headers of every delivery of KPN's, in the lower case that Node gives. */
const SIGNATURE_HEADER = 'x-kpn-webhook-signature';
const TIMESTAMP_HEADER = 'x-kpn-webhook-timestamp';
const KEY_ID_HEADER = 'x-kpn-webhook-key-id';
const ATTEMPT_HEADER = 'x-kpn-webhook-attempt';

/** Seconds by which the timestamp may be off; KPN names none. */
export const TIMESTAMP_TOLERANCE = 300;

/** Seconds after the first attempt at which KPN makes its four. */
const ATTEMPT_DELAYS = [0, 60, 180, 420];

export interface SigningKey {
	/** KPN's id of the key; unknown where only the secret was typed into a credential. */
	keyId?: string;
	secret: string;
}

/** What the headers of a request say, before anything of it is proven. */
export interface SignedHeaders {
	/** HMAC-SHA256 of the body. */
	signature: Buffer;
	/** Not covered by the signature: processed events are what detects a replay. */
	timestamp: number;
	keyId?: string;
	attempt?: number;
}

type Headers = Record<string, string | string[] | undefined>;

/**
 * Reads KPN's headers and checks what needs neither body nor secret. A header that came twice
 * arrives as one with a comma and fits no shape here, so it is rejected.
 *
 * @param now epoch milliseconds
 * @param tolerance seconds by which the timestamp may be off, to either side
 * @returns the headers, or why they are rejected, in half a sentence
 */
export function readHeaders(
	headers: Headers,
	now: number,
	tolerance: number,
): SignedHeaders | string {
	const signature = headers[SIGNATURE_HEADER];
	if (typeof signature !== 'string' || signature === '') return 'it has no signature';
	if (!/^[0-9a-f]{64}$/i.test(signature)) return 'its signature is not 64 digits of hex';
	const timestamp = headers[TIMESTAMP_HEADER];
	if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) {
		return 'it has no timestamp in epoch seconds';
	}
	const keyId = headers[KEY_ID_HEADER];
	if (keyId !== undefined && (typeof keyId !== 'string' || keyId.includes(','))) {
		return 'it names more than one key';
	}
	const attempt = /^[1-9]\d?$/.exec(String(headers[ATTEMPT_HEADER]))?.[0];
	const age = now / 1000 - Number(timestamp);
	// KPN does not document whether it renews the timestamp with every attempt.
	const attemptDelay = ATTEMPT_DELAYS[Number(attempt ?? 1) - 1] ?? 0;
	if (age > tolerance + attemptDelay) return 'its timestamp is too old';
	if (age < -tolerance) return 'its timestamp is in the future';
	return {
		signature: Buffer.from(signature, 'hex'),
		timestamp: Number(timestamp),
		keyId: keyId || undefined,
		attempt: attempt === undefined ? undefined : Number(attempt),
	};
}

/**
 * Whether a body was signed with one of the keys. A key id in the headers chooses the key, wherever
 * the ids of the keys are known.
 *
 * @param body the bytes as KPN sent them: HMAC-SHA256 of just these is what KPN signs
 */
export function isSigned(
	{ signature, keyId }: SignedHeaders,
	body: Buffer,
	keys: SigningKey[],
): boolean {
	const candidates = keys.filter(
		(key) =>
			key.secret.trim() !== '' &&
			(keyId === undefined || key.keyId === undefined || key.keyId === keyId),
	);
	// Every key is tried, so that the time it takes does not depend on which one fits.
	const matching = candidates.filter(({ secret }) =>
		timingSafeEqual(createHmac('sha256', secret).update(body).digest(), signature),
	);
	return matching.length > 0;
}
