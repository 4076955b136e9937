import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { json, refusal } from './answers';
import type { Answer } from './answers';
import type { ApplicationConfig, SigningKey } from './webhookTypes';
import { webhookUrlProblem } from './webhookUrl';

const configSchema = z.strictObject({
	webhook_url: z.string(),
	privacy_config: z
		.strictObject({ excluded_fields: z.strictObject({ sms_dlr: z.array(z.string()) }) })
		.optional(),
});
const keySchema = z.strictObject({
	secret: z.string().min(1),
	key_id: z.string().min(1).optional(),
	staged: z.boolean().optional(),
});

const NO_CONTENT: Answer = { status: 204, headers: {}, body: '' };
const NOT_FOUND = refusal(404, 'Not found');

/**
 * The webhook settings of KPN's one application here. KPN documents which calls there are and what
 * they answer when all is well. Which status a refusal has is known for 403 and 404 only: the
 * others are the closest of KPN's return codes.
 */
export class WebhookSettings {
	application: ApplicationConfig | undefined;
	readonly keys: SigningKey[] = [];

	constructor(private readonly httpOnLoopback: boolean) {}

	/** The key that events are signed with now. */
	get activeKey(): SigningKey | undefined {
		return this.keys.find(({ status }) => status === 'active');
	}

	/** Forgets everything that was configured. */
	clear(): void {
		this.application = undefined;
		this.keys.length = 0;
	}

	/** What the API answers to a call whose token is good. */
	answer(method: string, path: string, query: URLSearchParams, body: unknown): Answer {
		const [, scope, keys, name = '', action] = path.split('/');
		if (scope !== 'applications') return NOT_FOUND;
		if (keys === undefined) return this.answerApplication(method, body);
		if (keys !== 'keys') return NOT_FOUND;
		if (name === '') return this.answerKeys(method, query, body);
		if (name === 'reveal' && method === 'GET') return this.reveal();
		return this.answerKey(method, decodeURIComponent(name), action);
	}

	/** Adds a key as KPN does: at once active unless staged, the one that was active retires. */
	addKey({ secret, key_id, staged }: z.infer<typeof keySchema>): SigningKey {
		const now = new Date().toISOString();
		const key: SigningKey = {
			key_id: key_id ?? `wk_${randomBytes(8).toString('hex')}`,
			secret,
			status: 'staged',
			created_at: now,
			updated_at: now,
		};
		this.keys.push(key);
		if (!staged) this.activate(key);
		return key;
	}

	private answerApplication(method: string, body: unknown): Answer {
		const { application } = this;
		switch (method) {
			case 'GET':
				return application ? json(200, this.shown(application)) : NOT_FOUND;
			case 'POST':
				if (application) return refusal(400, 'The application has a configuration already');
				return this.configure(201, body);
			case 'PUT':
				return application ? this.configure(200, body) : NOT_FOUND;
			case 'DELETE':
				this.application = undefined;
				return application ? NO_CONTENT : NOT_FOUND;
			default:
				return refusal(405, 'Method not allowed');
		}
	}

	private configure(status: number, body: unknown): Answer {
		const config = configSchema.safeParse(body);
		if (!config.success) return badRequest(config.error);
		const problem = webhookUrlProblem(config.data.webhook_url, this.httpOnLoopback);
		if (problem !== undefined) return refusal(400, problem);
		this.application = config.data;
		return json(status, this.shown(config.data));
	}

	private shown(application: ApplicationConfig): object {
		const active = this.activeKey?.key_id;
		return {
			scope_type: 'application',
			...application,
			...(active !== undefined && { signing: { active_key_id: active } }),
		};
	}

	private answerKeys(method: string, query: URLSearchParams, body: unknown): Answer {
		if (method === 'GET') {
			const status = query.get('status')?.toLowerCase();
			const wanted = this.keys.filter((key) => status === undefined || key.status === status);
			return json(200, wanted.map(withoutSecret));
		}
		if (method !== 'POST') return refusal(405, 'Method not allowed');
		const key = keySchema.safeParse(body);
		if (!key.success) return badRequest(key.error);
		if (this.keys.some(({ key_id }) => key_id === key.data.key_id)) {
			return refusal(400, 'There is a key with this key_id already');
		}
		return json(201, withoutSecret(this.addKey(key.data)));
	}

	private reveal(): Answer {
		const key = this.activeKey;
		if (!key) return NOT_FOUND;
		return json(200, { key_id: key.key_id, secret: key.secret, status: 'active' });
	}

	private answerKey(method: string, id: string, action: string | undefined): Answer {
		const key = this.keys.find(({ key_id }) => key_id === id);
		if (!key) return NOT_FOUND;
		if (method === 'DELETE' && action === undefined) {
			if (key.status !== 'retired') return refusal(412, 'Only a retired key can be deleted');
			this.keys.splice(this.keys.indexOf(key), 1);
			return NO_CONTENT;
		}
		if (method !== 'POST') return refusal(405, 'Method not allowed');
		if (action === 'activate' && key.status === 'staged') this.activate(key);
		else if (action === 'retire' && key.status === 'retiring') setStatus(key, 'retired');
		else if (action !== 'activate' && action !== 'retire') return NOT_FOUND;
		else return refusal(412, `A key that is ${key.status} cannot be ${action}d`);
		return json(200, withoutSecret(key));
	}

	private activate(key: SigningKey): void {
		if (this.activeKey) setStatus(this.activeKey, 'retiring');
		setStatus(key, 'active');
	}
}

function setStatus(key: SigningKey, status: SigningKey['status']): void {
	key.status = status;
	key.updated_at = new Date().toISOString();
}

function withoutSecret({ key_id, status, created_at, updated_at }: SigningKey): object {
	return { key_id, status, created_at, updated_at };
}

function badRequest({ issues }: z.ZodError): Answer {
	const reasons = issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
	return refusal(400, reasons.join('; '));
}
