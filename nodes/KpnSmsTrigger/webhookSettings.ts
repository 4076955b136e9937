import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IHookFunctions,
	IN8nHttpFullResponse,
	IWebhookFunctions,
	NodeApiError,
} from 'n8n-workflow';
import { jsonParse, NodeOperationError, sleep } from 'n8n-workflow';

import { isRecord } from '../shared/isRecord';
import { baseUrlOf, CREDENTIAL_TYPE, REQUEST_HEADERS } from '../shared/kpnApi';
import { warn } from './log';
import { responseError, connectionError, type SettingsCall } from './settingsError';

/**
 * KPN's levels, the most specific first, with the `scope_type` of what is set there: a level may show
 * what comes from above. For the URL, the fields left out of events and the signing key, each on its
 * own, the first one that has something set holds. The token says whose they are.
 */
const SCOPES = { applications: 'APPLICATION', teams: 'CUSTOMER', organizations: 'ORGANIZATION' };
export type Level = keyof typeof SCOPES;
const LEVELS = Object.keys(SCOPES) as Level[];

/**
 * Milliseconds for all the calls of one task, tokens included: a user waits for it, or KPN for the
 * answer to an event.
 */
const TASK_TIMEOUT_MS = 8_000;
/** For the tasks after one that timed out: n8n 2.x tries to publish up to five times, within 15 s. */
const RETRY_TIMEOUT_MS = 1000;
/** By KPN's address, when it last did not answer in time. */
const lastTimeouts = new Map<unknown, number>();

export interface WebhookConfig {
	url?: string;
	/** Which fields KPN leaves out of its events, by service; handed back as it was. */
	privacy?: IDataObject;
}

export interface ActiveKey {
	keyId: string;
	secret: string;
	level: Level;
}

/**
 * The data of the chosen credential.
 *
 * @throws NodeOperationError that says so where it has been deleted
 */
export async function readCredential(
	context: IHookFunctions | IWebhookFunctions,
	type = CREDENTIAL_TYPE,
): Promise<ICredentialDataDecryptedObject> {
	return await context.getCredentials(type).catch((error: Error) => {
		if (!error.message.includes('does not exist')) throw error;
		const message = 'The credential that is chosen here has been deleted. Choose another one.';
		throw new NodeOperationError(context.getNode(), message);
	});
}

interface SettingsResponse {
	statusCode: number;
	body: string;
}

/**
 * KPN's webhook settings API, for one task.
 *
 * Every method throws a NodeApiError that says in words what KPN refused, or that it could not be
 * reached.
 */
export class WebhookSettings {
	private deadline?: number;

	constructor(private readonly context: IHookFunctions | IWebhookFunctions) {}

	/** What is set at a level itself; undefined if nothing is. */
	async config(level: Level): Promise<WebhookConfig | undefined> {
		const config = await this.find<IDataObject>({ method: 'GET', path: level });
		if (!isRecord(config)) return undefined;
		const { scope_type: scope, webhook_url: url, privacy_config: privacy } = config;
		if (typeof scope === 'string' && scope.toUpperCase() !== SCOPES[level]) return undefined;
		return {
			url: typeof url === 'string' && url !== '' ? url : undefined,
			privacy: isRecord(privacy) ? privacy : undefined,
		};
	}

	/**
	 * What holds for the application where nothing is set for itself, the level of the URL, and whether
	 * KPN showed all of it.
	 */
	async inherited(): Promise<WebhookConfig & { level: Level; complete: boolean }> {
		let complete = true;
		const above = async (level: Level) =>
			await this.config(level).catch((error: NodeApiError) => {
				if (error.httpCode !== '403') throw error;
				complete = false;
				warn(this.context, `${error.message} What it leaves out, leave out here, too.`);
				return undefined;
			});
		const [team, organization] = [await above('teams'), await above('organizations')];
		return {
			url: team?.url ?? organization?.url,
			privacy: team?.privacy ?? organization?.privacy,
			level: team?.url === undefined ? 'organizations' : 'teams',
			complete,
		};
	}

	/** Sets the application's configuration. Without `privacy`, KPN leaves no field out. */
	async setConfig({ url, privacy }: WebhookConfig, method: 'POST' | 'PUT'): Promise<void> {
		const call = { method, path: 'applications' } as const;
		const body = { webhook_url: url, ...(privacy && { privacy_config: privacy }) };
		this.requireSuccess(call, await this.request(call, body));
	}

	/** Removes the application's configuration: those of team and organization hold then. */
	async remove(): Promise<void> {
		await this.find({ method: 'DELETE', path: 'applications' });
	}

	/** The key that KPN signs this application's events with; undefined if there is none yet. */
	async activeKey(): Promise<ActiveKey | undefined> {
		for (const level of LEVELS) {
			const call = { method: 'GET', path: `${level}/keys/reveal` } as const;
			const { key_id: keyId, secret } = (await this.find<IDataObject>(call)) ?? {};
			if (typeof keyId === 'string' && typeof secret === 'string') return { keyId, secret, level };
		}
		return undefined;
	}

	/** The ids of a level's keys that may still sign. Throws if it is not a list: that must not read as no keys. */
	async signingKeys(level: Level): Promise<unknown[]> {
		const ids: unknown[] = [];
		for (const status of ['ACTIVE', 'RETIRING']) {
			const call = { method: 'GET', path: `${level}/keys?status=${status}` } as const;
			const list = (await this.find<IDataObject[]>(call)) ?? [];
			ids.push(...list.map(({ key_id: id }) => id));
		}
		return ids;
	}

	/** A response's JSON; undefined for 404. */
	private async find<T>(call: SettingsCall): Promise<T | undefined> {
		const response = await this.request(call);
		if (response.statusCode === 404) return undefined;
		return jsonParse<T>(this.requireSuccess(call, response).body || '{}', {
			fallbackValue: {} as T,
		});
	}

	/** A redirect is not followed, and is no success either. */
	private requireSuccess(call: SettingsCall, response: SettingsResponse): SettingsResponse {
		if (response.statusCode >= 200 && response.statusCode < 300) return response;
		throw responseError(this.context.getNode(), call, response);
	}

	private async request(call: SettingsCall, body?: IDataObject): Promise<SettingsResponse> {
		const credential = await readCredential(this.context);
		const now = performance.now();
		const timedOutBefore =
			now - (lastTimeouts.get(credential.baseUrl) ?? -Infinity) < 3 * TASK_TIMEOUT_MS;
		this.deadline ??= now + (timedOutBefore ? RETRY_TIMEOUT_MS : TASK_TIMEOUT_MS);
		// n8n sets no limit to how long it waits for a token.
		const timeUp = sleep(this.deadline - now).then(() => {
			throw Object.assign(new Error('Time is up'), { code: 'ETIMEDOUT' });
		});
		const send = async () => await Promise.race([this.callOnce(credential, call, body), timeUp]);
		try {
			const response = await send();
			if (response.statusCode !== 401) return response;
			// n8n itself renews a token only if a 401 is thrown, and then KPN's own words are lost.
			const { refreshOAuth2Token } = this.context.helpers;
			if (!refreshOAuth2Token) return response;
			await Promise.race([refreshOAuth2Token.call(this.context, CREDENTIAL_TYPE), timeUp]);
			return await send();
		} catch (error) {
			const isTimeout = performance.now() >= this.deadline;
			if (isTimeout && !timedOutBefore) lastTimeouts.set(credential.baseUrl, performance.now());
			throw connectionError(this.context.getNode(), error);
		}
	}

	private async callOnce(
		credential: ICredentialDataDecryptedObject,
		{ method, path }: SettingsCall,
		body?: IDataObject,
	): Promise<SettingsResponse> {
		const { helpers } = this.context;
		const response = (await helpers.httpRequestWithAuthentication.call(
			this.context,
			CREDENTIAL_TYPE,
			{
				method,
				url: `${baseUrlOf(credential)}/webhookconfigs-kpn/${path}`,
				headers: REQUEST_HEADERS,
				body,
				encoding: 'text',
				timeout: TASK_TIMEOUT_MS,
				// A followed redirect would take the token elsewhere.
				disableFollowRedirect: true,
				ignoreHttpStatusErrors: true,
				returnFullResponse: true,
			},
			// Any other type than Bearer would make n8n put the token into the address.
			{ oauth2: { tokenType: 'Bearer' } },
		)) as IN8nHttpFullResponse;
		const { statusCode, body: text } = response;
		return { statusCode, body: typeof text === 'string' ? text : '' };
	}
}
