import type { z } from 'zod';
import { jsonResponse, errorResponse } from './responses';
import type { HttpResponse } from './responses';
import { configSchema, keyQuerySchema, newKeySchema, type WebhookConfig } from './settingsSchemas';
import { activate, LEVELS, setStatus } from './webhookSettings';
import type { LevelName, WebhookSettings } from './webhookSettings';
import type { SigningKey } from './webhookTypes';

const SCOPES: Record<LevelName, { path: string; type: string }> = {
	application: { path: 'applications', type: 'APPLICATION' },
	team: { path: 'teams', type: 'CUSTOMER' },
	organization: { path: 'organizations', type: 'ORGANIZATION' },
};

const NO_CONTENT: HttpResponse = { status: 204, headers: {}, body: '' };
const NOT_FOUND = errorResponse(404, 'Not found');

/**
 * What KPN's webhook settings API answers to a call whose token is good. KPN documents which calls
 * there are and what they answer to a valid one. Which status a refusal has is known for 400, 403
 * and 404 only: the others are the closest of KPN's return codes.
 */
export class SettingsCalls {
	private readonly configSchema: ReturnType<typeof configSchema>;

	constructor(
		private readonly settings: WebhookSettings,
		httpOnLoopback: boolean,
	) {
		this.configSchema = configSchema(httpOnLoopback);
	}

	answer(method: string, path: string, query: URLSearchParams, body: unknown): HttpResponse {
		const [, scope, keys, name = '', action] = path.split('/');
		const level = LEVELS.find((one) => SCOPES[one].path === scope);
		if (level === undefined) return NOT_FOUND;
		if (keys === undefined) return this.answerConfig(level, method, body);
		if (keys !== 'keys') return NOT_FOUND;
		if (name === '') return this.answerKeys(level, method, query, body);
		if (name === 'reveal' && method === 'GET') return this.reveal(level);
		return this.answerKey(level, method, decodeURIComponent(name), action);
	}

	private answerConfig(level: LevelName, method: string, body: unknown): HttpResponse {
		const set = this.settings.levels[level];
		const { config } = set;
		switch (method) {
			case 'GET':
				return this.shown(level) ?? NOT_FOUND;
			case 'POST':
				if (config) return errorResponse(400, `The ${level} has a configuration already`);
				return this.configure(level, 201, body);
			case 'PUT':
				return config ? this.configure(level, 200, body) : NOT_FOUND;
			case 'DELETE':
				delete set.config;
				return config ? NO_CONTENT : NOT_FOUND;
			default:
				return errorResponse(405, 'Method not allowed');
		}
	}

	private configure(level: LevelName, status: number, body: unknown): HttpResponse {
		const config = this.configSchema.safeParse(body);
		if (!config.success) return badRequest(config.error);
		this.settings.levels[level].config = config.data;
		return this.shown(level, status) ?? NOT_FOUND;
	}

	/** The level's own configuration, or else what comes down to it. */
	private shown(level: LevelName, status = 200): HttpResponse | undefined {
		const above = this.settings.showsInherited ? LEVELS.slice(LEVELS.indexOf(level)) : [level];
		const shown = above.find((one) => this.settings.levels[one].config !== undefined);
		if (shown === undefined) return undefined;
		const config: WebhookConfig = this.settings.levels[shown].config ?? {};
		const { activeKey } = this.settings;
		return jsonResponse(status, {
			scope_type: SCOPES[shown].type,
			...config,
			...(activeKey && { signing: { active_key_id: activeKey.key_id } }),
		});
	}

	private answerKeys(
		level: LevelName,
		method: string,
		query: URLSearchParams,
		body: unknown,
	): HttpResponse {
		const { keys } = this.settings.levels[level];
		if (method === 'GET') {
			const asked = keyQuerySchema.safeParse(Object.fromEntries(query));
			if (!asked.success) return badRequest(asked.error);
			const { status } = asked.data;
			const wanted = keys.filter((key) => status === undefined || key.status === status);
			return jsonResponse(200, wanted.map(withoutSecret));
		}
		if (method !== 'POST') return errorResponse(405, 'Method not allowed');
		const key = newKeySchema.safeParse(body);
		if (!key.success) return badRequest(key.error);
		if (keys.some(({ key_id }) => key_id === key.data.key_id)) {
			return errorResponse(400, 'There is a key with this key_id already');
		}
		return jsonResponse(201, withoutSecret(this.settings.addKey(key.data, level)));
	}

	private reveal(level: LevelName): HttpResponse {
		const active = this.settings.levels[level].keys.find(({ status }) => status === 'active');
		if (!active) return NOT_FOUND;
		return jsonResponse(200, { key_id: active.key_id, secret: active.secret, status: 'active' });
	}

	private answerKey(
		level: LevelName,
		method: string,
		id: string,
		action: string | undefined,
	): HttpResponse {
		const { keys } = this.settings.levels[level];
		const key = keys.find(({ key_id }) => key_id === id);
		if (!key) return NOT_FOUND;
		if (method === 'DELETE' && action === undefined) {
			if (key.status !== 'retired') return errorResponse(400, 'Only a retired key can be deleted');
			keys.splice(keys.indexOf(key), 1);
			return NO_CONTENT;
		}
		if (method !== 'POST') return errorResponse(405, 'Method not allowed');
		if (action === 'activate' && key.status === 'staged') activate(keys, key);
		else if (action === 'retire' && key.status === 'retiring') setStatus(key, 'retired');
		else if (action !== 'activate' && action !== 'retire') return NOT_FOUND;
		else return errorResponse(400, `A key that is ${key.status} cannot be ${action}d`);
		return jsonResponse(200, withoutSecret(key));
	}
}

function withoutSecret({ key_id, status, created_at, updated_at }: SigningKey): object {
	return { key_id, status, created_at, updated_at };
}

function badRequest({ issues }: z.ZodError): HttpResponse {
	const reasons = issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
	return errorResponse(400, reasons.join('; '));
}
