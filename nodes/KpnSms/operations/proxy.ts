import type { IHttpRequestOptions } from 'n8n-workflow';

/** Kinds of proxy address that are common and that n8n silently bypasses. */
const PROXY_EXAMPLES = 'write it like http://myproxy:3128, or http://name:password@myproxy:3128.';

/**
 * Reads Proxy of the Settings tab, such as `http://name:password@myproxy:3128`. n8n calls KPN
 * directly where it cannot use a proxy, so an address that it cannot use is an error.
 *
 * @returns undefined if there is none
 * @throws Error if n8n could not use it, in words that do not repeat it: it may hold a password
 */
export function readProxy(given: unknown): IHttpRequestOptions['proxy'] {
	if (given === undefined || given === null || given === '') return undefined;
	if (typeof given !== 'string') {
		throw new Error(`Proxy on the Settings tab is not text: ${PROXY_EXAMPLES}`);
	}
	const text = given.trim();
	const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
	if (scheme === undefined) {
		throw new Error(
			`Proxy on the Settings tab has no http:// or https:// before it: ${PROXY_EXAMPLES}`,
		);
	}
	if (scheme !== 'http' && scheme !== 'https') {
		throw new Error(
			`Proxy on the Settings tab begins with ${scheme.slice(0, 10)}://, and n8n has only http:// and https://: ${PROXY_EXAMPLES}`,
		);
	}
	if (!URL.canParse(text)) {
		throw new Error(`Proxy on the Settings tab is not an address: ${PROXY_EXAMPLES}`);
	}
	const { hostname, port, username, password } = new URL(text);
	if (!isEncoded(username) || !isEncoded(password)) {
		throw new Error(
			'The name or the password in Proxy on the Settings tab has a % in it: write %25 in its place.',
		);
	}
	return {
		protocol: scheme,
		host: hostname,
		port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
		// As the address has them: n8n puts them into one again, without encoding a % of its own.
		...((username !== '' || password !== '') && { auth: { username, password } }),
	};
}

function isEncoded(text: string): boolean {
	try {
		decodeURIComponent(text);
		return true;
	} catch {
		return false;
	}
}
