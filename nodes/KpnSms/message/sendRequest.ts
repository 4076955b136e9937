import type { IHttpRequestOptions } from 'n8n-workflow';

import { baseUrlOf, CREDENTIAL_TYPE, REQUEST_HEADERS, SMS_APIS } from '../../shared/kpn';
import type { KpnContext, RunRequest } from '../delivery/kpnCalls';

/** n8n's own settings that a declarative node has, on its Settings tab. */
export interface RequestOptions {
	batching?: object;
	allowUnauthorizedCerts?: boolean;
	proxy?: string;
	timeout?: number;
}

/** Milliseconds for one call, unless the user sets a Timeout. */
export const DEADLINE_MS = 60_000;

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
function proxyOf(proxy: string): IHttpRequestOptions['proxy'] {
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

/**
 * KPN's send call, without a body, for whatever API and address the credential names. It is not
 * declared in the routing, which would evaluate it anew for every item.
 *
 * @throws Error if an address is none
 */
export async function requestOf(
	context: KpnContext,
	requestOptions: RequestOptions,
): Promise<RunRequest> {
	const { proxy, allowUnauthorizedCerts } = requestOptions;
	const credential = await context.getCredentials(CREDENTIAL_TYPE);
	const baseURL = baseUrlOf(credential);
	const options: IHttpRequestOptions = {
		method: 'POST',
		baseURL,
		url: SMS_APIS[credential.smsApi === 'current' ? 'current' : 'v1'].sendPath,
		headers: REQUEST_HEADERS,
		// The credential names KPN's host alone.
		allowedDomains: new URL(baseURL).hostname,
		skipSslCertificateValidation: allowUnauthorizedCerts === true,
		proxy: proxy ? proxyOf(proxy) : undefined,
	};
	return { options, credential, deadline: deadlineOf(requestOptions) };
}
