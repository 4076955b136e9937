import { systemError, type Failure } from './failure';
import { UNKNOWN_CLIENT } from './kpnApi';
import { readKpnError, redact, type KpnError, type Secrets } from './kpnError';
import { returnCode } from './returnCodes';

const CHECK_CREDENTIAL =
	'Compare both in the credential with those of the project on KPN’s developer portal.';
const TRY_LATER = 'Send it again in some minutes; where the workflow has stopped, Retry does so.';
const CHECK_ADDRESS = 'Check Environment and Base URL in the credential, and the network.';

/**
 * Reads a token call that gave no token. Without a token no message leaves, so the outcome is
 * always `refused`; the words say which of key, secret, address or network is at fault, as far as
 * the answer tells.
 *
 * @param secrets what must not be quoted from the answer
 */
export function tokenFailure(error: unknown, secrets: Secrets = []): Failure {
	const { statusCode, body } = tokenResponse(error);
	const kpn = kpnErrorOf(statusCode, body, secrets);
	const base = { outcome: 'refused', statusCode, kpn, affectsEveryCall: true } as const;

	if (statusCode === 401 || statusCode === 400 || body?.includes('invalid_client')) {
		return {
			...base,
			meaning: UNKNOWN_CLIENT,
			advice: CHECK_CREDENTIAL,
			retryable: false,
		};
	}
	if (statusCode !== undefined || body !== undefined) {
		const transient = statusCode !== undefined && isTransient(statusCode);
		return {
			...base,
			meaning: transient
				? `KPN’s token server failed (status ${statusCode}), and without a token nothing is sent`
				: statusCode === undefined
					? 'KPN gave no token'
					: `KPN gave no token (it answered with status ${statusCode})`,
			advice: transient ? TRY_LATER : CHECK_ADDRESS,
			retryable: transient,
			// Asking for a token sends nothing, so asking again is always safe.
			retry: transient ? {} : undefined,
		};
	}
	const systemCode = systemError(error).code;
	if (systemCode === undefined && error instanceof Error) {
		const meaning = redact(error.message, secrets);
		return { ...base, meaning, advice: CHECK_ADDRESS, retryable: true };
	}
	return {
		...base,
		meaning:
			systemCode === 'ETIMEDOUT'
				? 'KPN gave no token in time'
				: 'no token could be had from KPN: the connection failed',
		systemCode,
		advice: CHECK_ADDRESS,
		retryable: true,
		// After a time-out the user has waited long enough.
		retry: systemCode === 'ETIMEDOUT' ? undefined : {},
	};
}

/** Whether another try may get a token: what is unknown of an SMS is surely safe to ask for again. */
function isTransient(statusCode: number): boolean {
	const { taken, retryable } = returnCode(statusCode);
	return statusCode >= 400 && (retryable || taken === 'unknown');
}

/** A success that could not be read may hold the token itself: it is not quoted. */
function kpnErrorOf(
	statusCode: number | undefined,
	body: string | undefined,
	secrets: Secrets,
): KpnError {
	if (body === undefined || (statusCode !== undefined && statusCode < 300)) return {};
	return readKpnError(body, secrets);
}

/** n8n's OAuth2 client throws its own errors with `status` and `body`, or those of its HTTP library. */
function tokenResponse(error: unknown): { statusCode?: number; body?: string } {
	let current = error;
	for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth++) {
		const { status, body, response, cause } = current as {
			status?: unknown;
			body?: unknown;
			response?: { status?: unknown; data?: unknown };
			cause?: unknown;
		};
		if (typeof response?.status === 'number') {
			return { statusCode: response.status, body: asText(response.data) };
		}
		if (typeof status === 'number' || body !== undefined) {
			return { statusCode: typeof status === 'number' ? status : undefined, body: asText(body) };
		}
		current = cause;
	}
	return {};
}

const asText = (value: unknown): string | undefined =>
	value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
