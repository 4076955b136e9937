import { SMS_APIS, TOKEN_PATH, type SmsApi } from '../../nodes/shared/kpnApi';

export interface Account {
	/** Without a slash at the end. */
	baseUrl: string;
	clientId: string;
	clientSecret: string;
}

export interface KpnResponse {
	status: number;
	headers: Headers;
	text: string;
	/** Undefined where the body is no JSON. */
	json: unknown;
}

const TIMEOUT_MS = 60_000;

/** KPN's calls as they are: each goes out once, no redirect is followed, nothing is tried again. */
export class CheckClient {
	/** The token that calls carry; set once there is one. */
	token = '';

	constructor(public account: Account) {}

	async askToken(clientSecret = this.account.clientSecret): Promise<KpnResponse> {
		const { clientId } = this.account;
		return await this.call('POST', TOKEN_PATH, {
			headers: { accept: 'application/json' },
			body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret }),
		});
	}

	async send(api: SmsApi, body: unknown, token = this.token): Promise<KpnResponse> {
		return await this.call('POST', SMS_APIS[api].sendPath, {
			headers: {
				accept: 'application/json',
				authorization: `Bearer ${token}`,
				'content-type': 'application/json',
			},
			body: JSON.stringify(body),
		});
	}

	/** Reads of the webhook settings: nothing here changes any. */
	async readSettings(path: string): Promise<KpnResponse> {
		return await this.call('GET', `/webhookconfigs-kpn${path}`, {
			headers: { accept: 'application/json', authorization: `Bearer ${this.token}` },
		});
	}

	private async call(
		method: string,
		path: string,
		init: { headers: Record<string, string>; body?: string | URLSearchParams },
	): Promise<KpnResponse> {
		const response = await fetch(`${this.account.baseUrl}${path}`, {
			method,
			redirect: 'manual',
			signal: AbortSignal.timeout(TIMEOUT_MS),
			...init,
		});
		const text = await response.text();
		return { status: response.status, headers: response.headers, text, json: parsed(text) };
	}
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** A field of a JSON answer; undefined where there is none. */
export function fieldOf(json: unknown, ...path: string[]): unknown {
	return path.reduce<unknown>(
		(value, name) =>
			typeof value === 'object' && value !== null
				? (value as Record<string, unknown>)[name]
				: undefined,
		json,
	);
}

/** A status and what KPN said with it. */
export function wordsOf({ status, json, text }: KpnResponse): string {
	const words = [
		fieldOf(json, 'errorResponse', 'message'),
		fieldOf(json, 'fault', 'faultstring'),
		fieldOf(json, 'ErrorCode'),
		fieldOf(json, 'message'),
	].find((word) => typeof word === 'string');
	if (words !== undefined) return `${status}: ${String(words)}`;
	if (text === '') return `${status}, an empty body`;
	return json === undefined ? `${status}, a body that is no JSON` : `${status}`;
}
