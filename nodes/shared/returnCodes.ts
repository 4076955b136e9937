/**
 * What an HTTP status of KPN's says about the messages in the call, in words for the person who
 * built the workflow. The codes are those of KPN's API page, and 504, which its gateway can answer.
 */
export interface ReturnCode {
	/** KPN's own name of the code. */
	name: string;
	/** Whether KPN took the messages. `unknown`: it may have. */
	taken: 'no' | 'unknown';
	/** What the code means here. */
	meaning: string;
	/** What to do about it. */
	advice: string;
	/** Whether the same message, unchanged, may be taken later. */
	retryable: boolean;
	/** Whether only these messages are concerned, or every other call would fare the same. */
	concerns: 'message' | 'everyCall';
}

const NO_DOCUMENT_ID = {
	taken: 'no',
	meaning: 'KPN answered without a document ID, which means that it did not take the message',
	advice: 'Ask KPN support why, with the time of this execution.',
	retryable: false,
	concerns: 'message',
} as const;

const MAYBE_TAKEN = {
	taken: 'unknown',
	retryable: false,
	concerns: 'message',
	advice:
		'The SMS may or may not arrive. Check with the recipient before you send it again, or set the option Delivery Guarantee to At Least Once to let a retry send it again.',
} as const;

const REDIRECT: ReturnCode = {
	name: 'Found',
	taken: 'no',
	meaning: 'KPN pointed to another address instead of taking the message',
	advice:
		'The redirect was not followed. Check SMS API and Environment in the credential; KPN’s words name the other address.',
	retryable: false,
	concerns: 'everyCall',
};

const BAD_REQUEST: ReturnCode = {
	name: 'Bad request',
	taken: 'no',
	meaning: 'KPN found something wrong with the message',
	advice: 'Check Sender, Mobile Number and Content of this item.',
	retryable: false,
	concerns: 'message',
};

const WRONG_PRODUCT =
	'Most likely the project behind this Consumer Key (Client ID) lacks the SMS product, or the credential has the wrong choice under SMS API. Check both on KPN’s developer portal.';

/** The three success codes stand here for an answer that has no document ID. */
export const RETURN_CODES: Record<number, ReturnCode> = {
	200: { name: 'Success', ...NO_DOCUMENT_ID },
	201: { name: 'Created', ...NO_DOCUMENT_ID },
	202: { name: 'Accepted', ...NO_DOCUMENT_ID },
	302: REDIRECT,
	400: BAD_REQUEST,
	401: {
		name: 'Unauthorized',
		taken: 'no',
		meaning: 'KPN did not accept the token, not even a new one',
		advice: WRONG_PRODUCT,
		retryable: false,
		concerns: 'everyCall',
	},
	403: {
		name: 'Forbidden',
		taken: 'no',
		meaning: 'KPN does not allow this app to send',
		advice: WRONG_PRODUCT,
		retryable: false,
		concerns: 'everyCall',
	},
	404: {
		name: 'Not found',
		taken: 'no',
		meaning: 'KPN has nothing at this address',
		advice: WRONG_PRODUCT,
		retryable: false,
		concerns: 'everyCall',
	},
	405: {
		name: 'Method not allowed',
		taken: 'no',
		meaning: 'KPN does not take messages at this address',
		advice: 'Check SMS API and Environment in the credential.',
		retryable: false,
		concerns: 'everyCall',
	},
	412: {
		name: 'Precondition failed',
		taken: 'no',
		meaning: 'KPN says that something must be set up before it takes messages',
		advice: 'If KPN does not say what, ask KPN support.',
		retryable: false,
		concerns: 'everyCall',
	},
	429: {
		name: 'Too many requests',
		taken: 'no',
		meaning: 'KPN’s limit of calls or messages is reached',
		advice: 'Send the rest later, or ask KPN for a higher quota.',
		retryable: true,
		concerns: 'everyCall',
	},
	500: {
		name: 'Internal server error',
		meaning: 'something broke at KPN while it had the message',
		...MAYBE_TAKEN,
	},
	502: {
		name: 'Bad gateway',
		meaning: 'KPN’s gateway got no proper answer from the SMS service',
		...MAYBE_TAKEN,
	},
	503: {
		name: 'Service unavailable',
		taken: 'no',
		meaning: 'KPN’s SMS service is not available now',
		advice: 'Send the rest later.',
		retryable: true,
		concerns: 'everyCall',
	},
	504: {
		name: 'Gateway timeout',
		meaning: 'KPN’s gateway waited in vain for the SMS service',
		...MAYBE_TAKEN,
	},
};

/** The entry for any status: KPN's table first, then what HTTP says of the class of the code. */
export function returnCode(statusCode: number): ReturnCode {
	const known = RETURN_CODES[statusCode];
	if (known) return known;
	const name = 'a status KPN does not list';
	if (statusCode >= 200 && statusCode < 300) return { name, ...NO_DOCUMENT_ID };
	if (statusCode >= 300 && statusCode < 400) return { ...REDIRECT, name };
	// 408 may come from a proxy that gave up after it had passed the call on.
	if (statusCode >= 400 && statusCode < 500 && statusCode !== 408) {
		return { ...BAD_REQUEST, name };
	}
	return { name, meaning: 'KPN’s answer has an unexpected status', ...MAYBE_TAKEN };
}
