import { randomBytes } from 'node:crypto';
import type { KeyStatus, NewKey, WebhookConfig } from './settingsSchemas';
import type { SigningKey } from './webhookTypes';

/** KPN's three levels, the most specific first. */
export const LEVELS = ['application', 'team', 'organization'] as const;
export type LevelName = (typeof LEVELS)[number];

/** What is set at one level. */
export interface Level {
	config?: WebhookConfig;
	readonly keys: SigningKey[];
}

/**
 * The webhook settings of KPN's one application here, of its team and of its organization. For the
 * URL, the excluded fields and the signing key, each on its own, the most specific level that has
 * something set wins.
 */
export class WebhookSettings {
	readonly levels: Record<LevelName, Level> = {
		application: { keys: [] },
		team: { keys: [] },
		organization: { keys: [] },
	};

	/** Whether a level shows what comes down from above where it has nothing itself: KPN may. */
	showsInherited = true;

	get application(): WebhookConfig | undefined {
		return this.levels.application.config;
	}

	set application(config: WebhookConfig | undefined) {
		this.levels.application.config = config;
	}

	/** The application's own keys. */
	get keys(): SigningKey[] {
		return this.levels.application.keys;
	}

	/** The key that events are signed with now. */
	get activeKey(): SigningKey | undefined {
		return this.first(({ keys }) => keys.find(({ status }) => status === 'active'));
	}

	/** Where events go now. */
	get webhookUrl(): string | undefined {
		return this.first(({ config }) => config?.webhook_url);
	}

	/** The fields that are left out of delivery reports now. A configuration with a URL and no word on them excludes none. */
	get excludedFields(): string[] {
		const config = this.first(({ config: set }) =>
			set?.privacy_config !== undefined || set?.webhook_url !== undefined ? set : undefined,
		);
		return config?.privacy_config?.excluded_fields?.sms_dlr ?? [];
	}

	/** The key for a delivery. With the first one, where there is none, KPN makes one for the organization. */
	keyForDelivery(): SigningKey {
		const { organization } = this.levels;
		const active = this.activeKey;
		if (active) return active;
		organization.config ??= {};
		return this.addKey({ secret: randomBytes(32).toString('hex') }, 'organization');
	}

	/** Forgets everything that was configured. */
	clear(): void {
		for (const level of LEVELS) {
			delete this.levels[level].config;
			this.levels[level].keys.length = 0;
		}
	}

	/** Adds a key as KPN does: at once active unless staged, the level's active one retires. */
	addKey({ secret, key_id, staged }: NewKey, level: LevelName = 'application'): SigningKey {
		const now = new Date().toISOString();
		const key: SigningKey = {
			key_id: key_id ?? `wk_${randomBytes(8).toString('hex')}`,
			secret,
			status: 'staged',
			created_at: now,
			updated_at: now,
		};
		const { keys } = this.levels[level];
		keys.push(key);
		if (!staged) activate(keys, key);
		return key;
	}

	private first<T>(read: (level: Level) => T | undefined): T | undefined {
		for (const level of LEVELS) {
			const found = read(this.levels[level]);
			if (found !== undefined) return found;
		}
		return undefined;
	}
}

export function activate(keys: SigningKey[], key: SigningKey): void {
	for (const other of keys) if (other.status === 'active') setStatus(other, 'retiring');
	setStatus(key, 'active');
}

export function setStatus(key: SigningKey, status: KeyStatus): void {
	key.status = status;
	key.updated_at = new Date().toISOString();
}
