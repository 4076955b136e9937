import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IHttpRequestOptions,
	INode,
} from 'n8n-workflow';

import {
	baseUrlOf,
	CREDENTIAL_TYPE,
	REQUEST_HEADERS,
	SMS_APIS,
	type SmsApi,
} from '../../shared/kpnApi';
import type { Batching } from '../rate/batchingLimit';
import type { KpnContext } from '../send/kpnContext';
import { readProxy } from './proxy';

/** How every call of a run is made. */
export interface RequestSettings {
	/** The one that the credential names. */
	api: SmsApi;
	/** From which only body and sub-account differ between calls. */
	httpOptions: IHttpRequestOptions;
	/** With its token, if n8n has stored one. n8n reads and decrypts it anew whenever it is asked. */
	credential: ICredentialDataDecryptedObject;
	/** Milliseconds for a whole call, also where a response arrives slowly. */
	timeoutMs: number;
	/** n8n's setting Batching, as the most that the user wants. */
	batching?: Batching;
}

/** n8n's own settings that a declarative node has, on its Settings tab. */
export interface RequestOptions {
	batching?: { batch?: { batchSize?: unknown; batchInterval?: unknown } };
	allowUnauthorizedCerts?: boolean;
	/** Any value, where an expression gives it. */
	proxy?: unknown;
	timeout?: unknown;
}

/** Milliseconds for one call, unless the user sets a Timeout. */
export const DEFAULT_TIMEOUT_MS = 60_000;

/** The longest that a timer can wait. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Milliseconds to wait for an answer; 0 and nothing count as not set.
 *
 * @throws Error if Timeout is no whole number: `true` would be a millisecond, and `3.600` four
 */
export function timeoutOf({ timeout }: RequestOptions): number {
	const value = timeout ?? '';
	const text = typeof value === 'string' || typeof value === 'number' ? String(value) : 'none';
	if (/[^\d\s]/.test(text) || Number.isNaN(Number(text))) {
		throw new Error(
			'Timeout on the Settings tab is not a whole number: enter milliseconds in digits alone, such as 60000.',
		);
	}
	return Math.min(Number(text), MAX_TIMEOUT_MS) || DEFAULT_TIMEOUT_MS;
}

/**
 * As n8n has it: 0 items per batch count as 1, a negative number switches Batching off.
 *
 * @throws Error if a part of it is no whole number: a limit that the user has set must not be ignored
 */
function batchingOf({ batching }: RequestOptions): Batching | undefined {
	const { batch } = batching ?? {};
	if (!batch) return undefined;
	const size = integerOf(batch.batchSize ?? 1, 'Items per Batch');
	const intervalMs = integerOf(batch.batchInterval ?? 0, 'Batch Interval');
	if (!(size >= 0 && intervalMs > 0)) return undefined;
	return { size: Math.max(1, Math.floor(size)), intervalMs };
}

function integerOf(value: unknown, label: string): number {
	const digits = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value);
	const number = typeof value === 'number' || digits ? Number(value) : NaN;
	if (Number.isInteger(number)) return number;
	throw new Error(
		`${label} of Batching on the Settings tab is not a whole number: enter it in digits alone, such as 50.`,
	);
}

const isExpression = ({ parameters }: INode, option: string): boolean => {
	const stored = (parameters.requestOptions as IDataObject | undefined)?.[option];
	return typeof stored === 'string' && stored.startsWith('=');
};

/**
 * KPN's send call, without a body, for whatever API and address the credential names. It is not
 * declared in the routing, which would evaluate it anew for every item.
 *
 * @throws Error if an address is none, or a setting cannot be used
 */
export async function readRequestSettings(
	context: KpnContext,
	requestOptions: RequestOptions,
): Promise<RequestSettings> {
	const { proxy, allowUnauthorizedCerts } = requestOptions;
	if (isExpression(context.getNode(), 'proxy') && !proxy) {
		throw new Error(
			'Proxy on the Settings tab is empty, for its expression gives nothing: give it a value, or remove it.',
		);
	}
	const credential = await context.getCredentials(CREDENTIAL_TYPE);
	const api: SmsApi = credential.smsApi === 'current' ? 'current' : 'v1';
	const baseURL = baseUrlOf(credential);
	const httpOptions: IHttpRequestOptions = {
		method: 'POST',
		baseURL,
		url: SMS_APIS[api].sendPath,
		headers: REQUEST_HEADERS,
		// The credential names KPN's host alone.
		allowedDomains: new URL(baseURL).hostname,
		skipSslCertificateValidation: allowUnauthorizedCerts === true,
		proxy: readProxy(proxy),
	};
	return {
		api,
		httpOptions,
		credential,
		timeoutMs: timeoutOf(requestOptions),
		batching: batchingOf(requestOptions),
	};
}
