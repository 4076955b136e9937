import { refused, systemError, type Failure } from './failure';
import { UNKNOWN_CLIENT } from './kpnApi';
import { readKpnError, redact, type KpnError, type Secrets } from './kpnError';
import { returnCode } from './returnCodes';

const CHECK_CREDENTIAL =
	'Compare both in the credential with those of the project on KPN’s developer portal.';
const TRY_LATER = 'Send it again in some minutes; where the workflow has stopped, Retry does so.';
const CHECK_ADDRESS = 'Check Environment and Base URL in the credential, and the network.';

/**
 * Reads a token call that gave no token. Without a token no message leaves, so the outcome is
 * always `refused`; the failure says which of key, secret, address or network is wrong, as far as
 * the response tells.
 *
 * @param secrets what must not be quoted from the response
 */
export function tokenFailure(error: unknown, secrets: Secrets = []): Failure {
	const { statusCode, body } = tokenResponse(error);
	const kpn = kpnErrorOf(statusCode, body, secrets);
	const details = { statusCode, kpn, affectsEveryCall: true };

	if (statusCode === 401 || statusCode === 400 || body?.includes('invalid_client')) {
		return refused(UNKNOWN_CLIENT, CHECK_CREDENTIAL, details);
	}
	// Asking for a token sends nothing, so asking again is always safe.
	if (statusCode !== undefined && isTransient(statusCode)) {
		const meaning = `KPN’s token server failed (status ${statusCode}), and without a token nothing is sent`;
		return refused(meaning, TRY_LATER, { ...details, retryable: true, retry: {} });
	}
	if (statusCode !== undefined || body !== undefined) {
		const status = statusCode === undefined ? '' : ` (it answered with status ${statusCode})`;
		return refused(`KPN gave no token${status}`, CHECK_ADDRESS, details);
	}
	const systemCode = systemError(error).code;
	if (systemCode === undefined && error instanceof Error) {
		const meaning = redact(error.message, secrets);
		return refused(meaning, CHECK_ADDRESS, { ...details, retryable: true });
	}
	const timedOut = systemCode === 'ETIMEDOUT';
	const meaning = timedOut
		? 'KPN gave no token in time'
		: 'no token could be had from KPN: the connection failed';
	return refused(meaning, CHECK_ADDRESS, {
		...details,
		systemCode,
		retryable: true,
		// After a time-out the user has waited long enough.
		retry: timedOut ? undefined : {},
	});
}

/** Whether another try may get a token: what is unknown of an SMS is surely safe to ask for again. */
function isTransient(statusCode: number): boolean {
	const { outcome, retryable } = returnCode(statusCode);
	return statusCode >= 400 && (retryable || outcome === 'unknown');
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
