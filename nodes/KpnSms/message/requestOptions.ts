import type { IHttpRequestOptions } from 'n8n-workflow';

/** n8n's own settings that a declarative node has, on its Settings tab. */
export interface RequestOptions {
	batching?: object;
	allowUnauthorizedCerts?: boolean;
	proxy?: string;
	timeout?: number;
}

/** Milliseconds for one call, unless the user sets a Timeout. */
const DEADLINE_MS = 60_000;

/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

export const deadlineOf = ({ timeout }: RequestOptions): number => {
	const milliseconds = Number(timeout ?? DEADLINE_MS);
	return milliseconds > 0 ? Math.ceil(Math.min(milliseconds, LONGEST_MS)) : DEADLINE_MS;
};

/**
 * Reads a proxy such as `http://name:password@proxy:3128`.
 *
 * @throws Error if it is not a URL
 */
export function proxyOf(proxy: string): IHttpRequestOptions['proxy'] {
	if (!URL.canParse(proxy)) {
		throw new Error('The proxy is not valid: write it like http://myproxy:3128');
	}
	const { protocol, hostname, port, username, password } = new URL(proxy);
	return {
		protocol: protocol.replace(/:$/, ''),
		host: hostname,
		port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
		...(username !== '' && {
			auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
		}),
	};
}
