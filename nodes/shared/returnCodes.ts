import { CHECK_WITH_RECIPIENT, type Failure } from './failure';

/**
 * What an HTTP status says about the messages in the call, for the user who built the
 * workflow. The codes are those of KPN's API page, and those of HTTP's that its gateway, or a proxy
 * or firewall before it, can answer.
 */
export interface ReturnCode {
	/** KPN's own name of the code, or HTTP's. */
	name: string;
	/** `refused`: KPN did not take the messages. `unknown`: it may have. */
	outcome: Failure['outcome'];
	/** What the code means here. */
	meaning: string;
	/** What to do about it. */
	advice: string;
	/** Whether the same message, unchanged, may be taken later. */
	retryable: boolean;
	/** Whether every other call would fail the same way, or only these messages are concerned. */
	affectsEveryCall: boolean;
	/** Whether one message may be why a whole call was refused, so that halves of it are tried. */
	halve?: true;
}

const NO_DOCUMENT_ID = {
	outcome: 'refused',
	meaning: 'KPN answered without a document ID, which means that it did not take the message',
	advice: 'Ask KPN support why, with the time of this execution.',
	retryable: false,
	affectsEveryCall: false,
} as const;

const MAYBE_TAKEN = {
	outcome: 'unknown',
	retryable: false,
	affectsEveryCall: false,
	advice: CHECK_WITH_RECIPIENT,
} as const;

const REDIRECT: ReturnCode = {
	name: 'Found',
	outcome: 'refused',
	meaning: 'KPN pointed to another address instead of taking the message',
	advice:
		'The redirect was not followed. Check SMS API and Environment in the credential; KPN’s words name the other address.',
	retryable: false,
	affectsEveryCall: true,
};

const BAD_MESSAGE = {
	outcome: 'refused',
	meaning: 'KPN found something wrong with the message',
	advice: 'Check Sender, Mobile Number and Content of this item.',
	retryable: false,
	affectsEveryCall: false,
	halve: true,
} as const;

const REFUSED_CALL = {
	outcome: 'refused',
	meaning: 'KPN, or something before it, takes no calls made in this way',
	advice:
		'Check SMS API, Environment and Base URL in the credential, and Proxy on the Settings tab; then ask KPN support.',
	retryable: false,
	affectsEveryCall: true,
} as const;

/** The connection may have been closed after the call had been passed on. */
const HUNG_UP = {
	...MAYBE_TAKEN,
	meaning: 'the call ended before KPN had answered it',
} as const;

const WRONG_PRODUCT =
	'Most likely the project behind this Client ID lacks the SMS product, or the credential has the wrong choice under SMS API. Check both on KPN’s developer portal.';

/** The three success codes stand here for a response that has no document ID. */
export const RETURN_CODES: Record<number, ReturnCode> = {
	200: { name: 'Success', ...NO_DOCUMENT_ID },
	201: { name: 'Created', ...NO_DOCUMENT_ID },
	202: { name: 'Accepted', ...NO_DOCUMENT_ID },
	302: REDIRECT,
	400: { name: 'Bad request', ...BAD_MESSAGE },
	401: {
		name: 'Unauthorized',
		outcome: 'refused',
		meaning: 'KPN did not accept the token, not even a new one',
		advice: WRONG_PRODUCT,
		retryable: false,
		affectsEveryCall: true,
	},
	402: {
		name: 'Payment required',
		outcome: 'refused',
		meaning: 'KPN takes no messages until something is paid',
		advice: 'See the account of your project at KPN, or ask KPN support.',
		retryable: false,
		affectsEveryCall: true,
	},
	403: {
		name: 'Forbidden',
		outcome: 'refused',
		meaning: 'KPN does not allow this app to send',
		advice: WRONG_PRODUCT,
		retryable: false,
		affectsEveryCall: true,
	},
	404: {
		name: 'Not found',
		outcome: 'refused',
		meaning: 'KPN has nothing at this address',
		advice: WRONG_PRODUCT,
		retryable: false,
		affectsEveryCall: true,
	},
	405: {
		name: 'Method not allowed',
		outcome: 'refused',
		meaning: 'KPN does not take messages at this address',
		advice: 'Check SMS API and Environment in the credential.',
		retryable: false,
		affectsEveryCall: true,
	},
	407: {
		name: 'Proxy authentication required',
		outcome: 'refused',
		meaning: 'the proxy between n8n and KPN wants a name and a password',
		advice: 'Put the right ones into Proxy on the Settings tab: http://name:password@myproxy:3128.',
		retryable: false,
		affectsEveryCall: true,
	},
	408: { name: 'Request timeout', ...HUNG_UP },
	409: {
		name: 'Conflict',
		...MAYBE_TAKEN,
		meaning: 'KPN says that something else stands against the call',
	},
	410: {
		name: 'Gone',
		outcome: 'refused',
		meaning: 'KPN has switched this API off',
		advice:
			'Choose SMS (Current) under SMS API in the credential; if it is chosen already, ask KPN support what replaces it.',
		retryable: false,
		affectsEveryCall: true,
	},
	412: {
		name: 'Precondition failed',
		outcome: 'refused',
		meaning: 'KPN says that something must be set up before it takes messages',
		advice: 'If KPN does not say what, ask KPN support.',
		retryable: false,
		affectsEveryCall: true,
	},
	413: {
		name: 'Payload too large',
		outcome: 'refused',
		meaning: 'the call was too large',
		advice: 'Lower the option Messages per Call; where it is 1, shorten Content.',
		retryable: false,
		affectsEveryCall: false,
		halve: true,
	},
	415: { name: 'Unsupported media type', ...REFUSED_CALL },
	421: { name: 'Misdirected request', ...REFUSED_CALL },
	422: { name: 'Unprocessable content', ...BAD_MESSAGE },
	426: { name: 'Upgrade required', ...REFUSED_CALL },
	429: {
		name: 'Too many requests',
		outcome: 'refused',
		meaning: 'KPN’s limit of calls or messages is reached',
		advice: 'Send the rest later, or ask KPN for a higher quota.',
		retryable: true,
		affectsEveryCall: true,
	},
	431: { name: 'Request header fields too large', ...REFUSED_CALL },
	// 444 and 499 are nginx's, 460 is that of Amazon's load balancers.
	444: { name: 'No response', ...HUNG_UP },
	451: {
		name: 'Unavailable for legal reasons',
		outcome: 'refused',
		meaning: 'KPN may not take these messages, for legal reasons',
		advice: 'Ask KPN support.',
		retryable: false,
		affectsEveryCall: true,
	},
	460: { name: 'Client closed connection', ...HUNG_UP },
	499: { name: 'Client closed request', ...HUNG_UP },
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
		outcome: 'refused',
		meaning: 'KPN’s SMS service is not available now',
		advice: 'Send the rest later.',
		retryable: true,
		affectsEveryCall: true,
	},
	504: {
		name: 'Gateway timeout',
		meaning: 'KPN’s gateway waited in vain for the SMS service',
		...MAYBE_TAKEN,
	},
};

/** The entry for any status: the table first, then what HTTP says of the class of the code. */
export function returnCode(statusCode: number): ReturnCode {
	const listed = RETURN_CODES[statusCode];
	if (listed) return listed;
	const name = 'which KPN does not list';
	if (statusCode >= 300 && statusCode < 400) return { ...REDIRECT, name };
	if (statusCode >= 400 && statusCode < 500) return { name, ...REFUSED_CALL };
	return { name, meaning: 'KPN’s answer has an unexpected status', ...MAYBE_TAKEN };
}
