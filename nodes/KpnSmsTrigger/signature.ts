import { createHmac, timingSafeEqual } from 'node:crypto';

/** The headers of every delivery of KPN's, in the lower case that Node gives. */
const SIGNATURE_HEADER = 'x-kpn-webhook-signature';
const TIMESTAMP_HEADER = 'x-kpn-webhook-timestamp';
const KEY_ID_HEADER = 'x-kpn-webhook-key-id';
const ATTEMPT_HEADER = 'x-kpn-webhook-attempt';

/** Seconds by which the timestamp may be off; KPN names none. */
export const TIMESTAMP_TOLERANCE = 300;

/** Seconds after the first attempt at which KPN makes its four. */
const ATTEMPTS_AFTER = [0, 60, 180, 420];

export interface SigningKey {
	/** KPN's id of the key; unknown where only the secret was typed into a credential. */
	keyId?: string;
	secret: string;
}

/** What a request says of itself, before anything of it is proven. */
export interface Claim {
	/** HMAC-SHA256 of the body, in hex. */
	signature: string;
	/** Unix epoch, seconds. It is not covered by the signature: replays are found as repeats. */
	timestamp: number;
	keyId?: string;
	attempt?: number;
}

/** Why a request is refused, in half a sentence for n8n's log. */
export interface Refused {
	refused: string;
	/** Set where a key that we do not know yet may be all that is missing. */
	unknownKey?: boolean;
}

type Headers = Record<string, string | string[] | undefined>;

/**
 * Reads KPN's headers and checks what needs no secret. A header that came twice arrives as one
 * with a comma and fits no shape here, so it is refused.
 *
 * @param now epoch milliseconds
 * @param tolerance seconds by which the timestamp may be off, to either side
 */
export function readClaim(headers: Headers, now: number, tolerance: number): Claim | Refused {
	const signature = headers[SIGNATURE_HEADER];
	if (typeof signature !== 'string' || signature === '') return { refused: 'it has no signature' };
	if (!/^[0-9a-f]{64}$/.test(signature)) {
		return { refused: 'its signature is not 64 digits of lower-case hex' };
	}
	const stamp = headers[TIMESTAMP_HEADER];
	if (typeof stamp !== 'string' || !/^\d{1,12}$/.test(stamp)) {
		return { refused: 'it has no timestamp in epoch seconds' };
	}
	const keyId = headers[KEY_ID_HEADER];
	if (keyId !== undefined && (typeof keyId !== 'string' || keyId.includes(','))) {
		return { refused: 'it names more than one key' };
	}
	const attempt = attemptOf(headers[ATTEMPT_HEADER]);
	const age = now / 1000 - Number(stamp);
	// Nobody has published whether KPN renews the timestamp with every attempt.
	const late = ATTEMPTS_AFTER[(attempt ?? 1) - 1] ?? 0;
	if (age > tolerance + late) return { refused: 'its timestamp is too old' };
	if (age < -tolerance) return { refused: 'its timestamp is in the future' };
	return { signature, timestamp: Number(stamp), keyId: keyId || undefined, attempt };
}

/**
 * Proves that a body was signed with one of the keys; undefined if it was. A key id in the claim
 * chooses the key, wherever the ids of the keys are known.
 *
 * @param body the bytes as KPN sent them: HMAC-SHA256 of just these is what KPN signs
 */
export function verify({ signature, keyId }: Claim, body: Buffer, keys: SigningKey[]) {
	const usable = keys.filter(({ secret }) => secret.trim() !== '');
	if (usable.length === 0) return refusal('there is no secret to verify it with', true);
	const chosen = usable.filter(
		(key) => keyId === undefined || key.keyId === undefined || key.keyId === keyId,
	);
	if (chosen.length === 0) return refusal('it was signed with a key that is not known', true);
	const claimed = Buffer.from(signature, 'hex');
	// Every key is tried, so the time it takes does not tell which one fits.
	const fitting = chosen.filter(({ secret }) => {
		const expected = createHmac('sha256', secret).update(body).digest();
		return expected.length === claimed.length && timingSafeEqual(expected, claimed);
	});
	if (fitting.length === 0) return refusal('its signature does not fit', keyId === undefined);
	return undefined;
}

const refusal = (refused: string, unknownKey: boolean): Refused => ({ refused, unknownKey });

function attemptOf(header: string | string[] | undefined): number | undefined {
	return typeof header === 'string' && /^[1-9]\d?$/.test(header) ? Number(header) : undefined;
}
