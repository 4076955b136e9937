import {
	CHECK_WITH_RECIPIENT,
	refused,
	systemError,
	unknown,
	type Failure,
} from '../../shared/failure';

export const CHECK_PROXY =
	'Check Proxy on the Settings tab: it is written like http://myproxy:3128, or http://name:password@myproxy:3128.';

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

/** These can also break an established connection. */
const MAY_BREAK_LATER = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

const TIMED_OUT = new Set(['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED']);

/**
 * Reads a send call that ended without a response. Refused only if no connection was established;
 * otherwise KPN may have the message.
 *
 * @param proxied whether the node's Proxy is set: then it is the proxy that is connected to
 * @param neverSent whether the connection was surely not ready for the request
 */
export function connectionFailure(error: unknown, proxied = false, neverSent = false): Failure {
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
		const advice = aboutProxy
			? CHECK_PROXY
			: 'Check the network, and Environment and Base URL in the credential; then send again what was not sent.';
		return refused(meaning, advice, {
			systemCode: code,
			retryable: true,
			retry: proxyHungUp || TRANSIENT.has(code ?? '') ? {} : undefined,
			affectsEveryCall: true,
		});
	}
	return unknown(
		code !== undefined && TIMED_OUT.has(code)
			? 'KPN did not answer in time'
			: 'the call ended without an answer from KPN',
		CHECK_WITH_RECIPIENT,
		{ systemCode: code },
	);
}

/** Of an error, and of its causes. */
function errorMessages(error: unknown): string[] {
	const messages: string[] = [];
	let current = error;
	for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
		messages.push(current.message);
		current = current.cause;
	}
	return messages;
}
