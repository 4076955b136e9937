import type {
	IDataObject,
	IHookFunctions,
	IHttpRequestMethods,
	IN8nHttpFullResponse,
	IWebhookFunctions,
} from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';

import { isRecord } from '../shared/isRecord';
import { baseUrlOf, CREDENTIAL_TYPE } from '../shared/kpn';
import { answerError, connectionError } from './settingsError';

/** KPN's webhook settings of one application: the token says which. */
const APPLICATION = '/webhookconfigs-kpn/applications';

/** Milliseconds for one call: a person waits for it, or KPN itself with an event in its hand. */
const TIMEOUT_MS = 10_000;

export interface ApplicationConfig {
	webhookUrl?: string;
	/** Which fields KPN leaves out of its reports; handed back as it was. */
	privacyConfig?: IDataObject;
}

export interface ActiveKey {
	keyId: string;
	secret: string;
}

interface KeyState {
	keyId: string;
	/** `staged`, `active`, `retiring` or `retired`. */
	status: string;
}

interface Answer {
	statusCode: number;
	body: string;
}

/**
 * KPN's webhook settings API.
 *
 * Every method throws a NodeApiError that says in words what KPN refused, or that it could not be
 * reached.
 */
export class WebhookSettings {
	constructor(private readonly context: IHookFunctions | IWebhookFunctions) {}

	/** What is configured for the application itself; undefined if nothing is. */
	async application(): Promise<ApplicationConfig | undefined> {
		const config = await this.find('');
		// A team's or an organisation's settings may show through: they are not the application's.
		const scope = config?.scope_type;
		if (!config || (typeof scope === 'string' && !/^applications?$/i.test(scope))) return undefined;
		const { webhook_url: url, privacy_config: privacy } = config;
		return {
			webhookUrl: typeof url === 'string' && url !== '' ? url : undefined,
			privacyConfig: isRecord(privacy) ? privacy : undefined,
		};
	}

	/** Sets the URL that KPN sends to, and leaves the rest of `config` as it is. */
	async setUrl(webhookUrl: string, config: ApplicationConfig | undefined): Promise<void> {
		const privacy = config?.privacyConfig;
		await this.call(config ? 'PUT' : 'POST', '', {
			webhook_url: webhookUrl,
			...(privacy && { privacy_config: privacy }),
		});
	}

	/** Removes the application's settings: those of the team hold then. */
	async remove(): Promise<void> {
		await this.find('', 'DELETE');
	}

	/** The key that KPN signs with now; undefined if there is none. */
	async activeKey(): Promise<ActiveKey | undefined> {
		const key = await this.find('/keys/reveal');
		const { key_id: keyId, secret } = key ?? {};
		if (typeof keyId !== 'string' || typeof secret !== 'string') return undefined;
		return { keyId, secret };
	}

	/** The application's keys, or those of one status. What is no list throws: it would read as none. */
	async keys(status?: 'RETIRING'): Promise<KeyState[]> {
		const answer = await this.request('GET', status ? `/keys?status=${status}` : '/keys');
		if (answer.statusCode === 404) return [];
		// KPN documents the question for active keys. Where it knows no other, it has named all before.
		if (status && answer.statusCode === 400) return [];
		const list: unknown = jsonParse(this.succeeded(answer).body, { fallbackValue: undefined });
		if (!Array.isArray(list)) {
			throw answerError(this.context.getNode(), answer.statusCode, answer.body);
		}
		return list.filter(isRecord).map(({ key_id: keyId, status }) => ({
			keyId: String(keyId),
			status: String(status).toLowerCase(),
		}));
	}

	/** Adds a key, with which KPN signs from then on. */
	async addKey(secret: string): Promise<void> {
		const answer = await this.request('POST', '/keys', { secret });
		// A refusal can quote it.
		this.succeeded({ ...answer, body: answer.body.replaceAll(secret, '…') });
	}

	async retireKey(keyId: string): Promise<void> {
		await this.call('POST', `/keys/${encodeURIComponent(keyId)}/retire`);
	}

	async deleteKey(keyId: string): Promise<void> {
		await this.call('DELETE', `/keys/${encodeURIComponent(keyId)}`);
	}

	/** An answer's JSON object; undefined where KPN says 404. */
	private async find(
		path: string,
		method: IHttpRequestMethods = 'GET',
	): Promise<IDataObject | undefined> {
		const answer = await this.request(method, path);
		if (answer.statusCode === 404) return undefined;
		const json: unknown = jsonParse(this.succeeded(answer).body || '{}', { fallbackValue: {} });
		return isRecord(json) ? json : {};
	}

	private async call(
		method: IHttpRequestMethods,
		path: string,
		body?: IDataObject,
	): Promise<Answer> {
		return this.succeeded(await this.request(method, path, body));
	}

	/** A redirect is not followed, and is no success either. */
	private succeeded(answer: Answer): Answer {
		const { statusCode, body } = answer;
		if (statusCode >= 200 && statusCode < 300) return answer;
		throw answerError(this.context.getNode(), statusCode, body);
	}

	private async request(
		method: IHttpRequestMethods,
		path: string,
		body?: IDataObject,
	): Promise<Answer> {
		try {
			const answer = await this.once(method, path, body);
			if (answer.statusCode !== 401) return answer;
			// n8n renews a token only where a 401 is thrown, and then KPN's words would be lost.
			const { refreshOAuth2Token } = this.context.helpers;
			if (!refreshOAuth2Token) return answer;
			await refreshOAuth2Token.call(this.context, CREDENTIAL_TYPE);
			return await this.once(method, path, body);
		} catch (error) {
			throw connectionError(this.context.getNode(), error);
		}
	}

	private async once(
		method: IHttpRequestMethods,
		path: string,
		body?: IDataObject,
	): Promise<Answer> {
		const credential = await this.context.getCredentials(CREDENTIAL_TYPE);
		const { helpers } = this.context;
		const answer = (await helpers.httpRequestWithAuthentication.call(
			this.context,
			CREDENTIAL_TYPE,
			{
				method,
				url: `${baseUrlOf(credential)}${APPLICATION}${path}`,
				headers: {
					accept: 'application/json',
					...(body && { 'content-type': 'application/json' }),
				},
				body,
				encoding: 'text',
				timeout: TIMEOUT_MS,
				// A followed redirect would take the token, and with a new key its secret, elsewhere.
				disableFollowRedirect: true,
				ignoreHttpStatusErrors: true,
				returnFullResponse: true,
			},
			// Any other type than Bearer would make n8n put the token into the address.
			{ oauth2: { tokenType: 'Bearer' } },
		)) as IN8nHttpFullResponse;
		const { statusCode, body: text } = answer;
		return { statusCode, body: typeof text === 'string' ? text : '' };
	}
}
