import type { KpnError } from './kpnError';

/** Why something was not done, or may not have been. */
export interface Failure {
	/** `refused`: KPN surely does not have it. `unknown`: it may. */
	outcome: 'refused' | 'unknown';
	/** The HTTP status, where there was a response. */
	statusCode?: number;
	/** What happened, in half a sentence. */
	meaning: string;
	/** What to do about it. */
	advice: string;
	kpn: KpnError;
	/** The system's code of a connection that failed, such as `ECONNRESET`. */
	systemCode?: string;
	/** Whether sending the same message again is safe and may help. */
	retryable: boolean;
	/** Set where another try soon may help; how long KPN asks to wait, if it says. */
	retry?: { afterMs?: number };
	/** Whether any other call would fail the same way. */
	affectsEveryCall: boolean;
	/** Set where no call was made for this message, because of an earlier failure. */
	notTried?: boolean;
	/** Set where it is another execution that has sent the message, or may have. */
	elsewhere?: true;
}

type FailureDetails = Partial<Omit<Failure, 'outcome' | 'meaning' | 'advice'>>;

const NO_DETAILS = { kpn: {}, retryable: false, affectsEveryCall: false };

/** KPN surely does not have the message. */
export const refused = (meaning: string, advice: string, details?: FailureDetails): Failure => ({
	outcome: 'refused',
	meaning,
	advice,
	...NO_DETAILS,
	...details,
});

/** KPN may have the message. */
export const unknown = (meaning: string, advice: string, details?: FailureDetails): Failure => ({
	outcome: 'unknown',
	meaning,
	advice,
	...NO_DETAILS,
	...details,
});

/** What to do about a message that KPN may have. */
export const CHECK_WITH_RECIPIENT =
	'The SMS may or may not arrive. Check with the recipient before you send it again.';

/** The system's own error of a failed request, from under whatever it was wrapped in. */
export function systemError(error: unknown): { code?: string; syscall?: string } {
	let code: string | undefined;
	let current = error;
	for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth++) {
		const wrapped = current as { code?: unknown; syscall?: unknown; cause?: unknown };
		if (typeof wrapped.code === 'string') code ??= wrapped.code;
		// A wrapper has the code of what is in it, but not always the call.
		if (wrapped.code === code && typeof wrapped.syscall === 'string')
			return { code, syscall: wrapped.syscall };
		current = wrapped.cause;
	}
	return { code };
}
