import { randomBytes } from 'node:crypto';

import type { Sandbox, SigningKey, WebhookConfig } from '../../../sandbox';
import type { ByHand, LevelName, Step, TriggerHistory } from './history';
import type { Change, Taking } from './record';

const LEVELS: LevelName[] = ['application', 'team', 'organization'];

/** KPN's side: its settings with the record of each change of them, its keys, and how it is. */
export class HistoryKpn {
	readonly changes: Change[] = [];

	/** What the user has n8n do at the moment. */
	during = '';

	taking: Taking[] = [];

	/** The URLs of the triggers that are published. */
	published: () => string[] = () => [];

	/** Every secret that a key has ever had. */
	readonly secrets: string[] = [];

	/** Keys that sign no longer, or do not sign yet. */
	readonly revoked: SigningKey[] = [];

	/** Whether a trigger has been published since a key was retired: until then it may be trusted. */
	hasToldRetired = true;

	/** The calls that changed something, as `POST /applications`. */
	readonly written = new Set<string>();

	readonly tokens = new Set<string>();

	is: State = 'up';

	/** Whether calls may be left without an answer. */
	mayHang = false;

	private byHand = false;

	private faulty = false;

	private readonly above: Partial<Record<LevelName, WebhookConfig>> = {};

	constructor(
		readonly sandbox: Sandbox,
		{ configs, keys, showsInherited }: TriggerHistory,
	) {
		const { settings } = sandbox;
		settings.showsInherited = showsInherited;
		for (const level of LEVELS) settings.levels[level].config = structuredClone(configs[level]);
		this.above = { team: configs.team, organization: configs.organization };
		for (const level of keys) this.rotate(level, false);
		const write = (change: () => void) => this.recorded(change);
		settings.levels.application = new Proxy(settings.levels.application, {
			set: (level, name, value) => (write(() => Reflect.set(level, name, value)), true),
			deleteProperty: (level, name) => (write(() => Reflect.deleteProperty(level, name)), true),
		});
	}

	get url(): string | undefined {
		return this.sandbox.settings.webhookUrl;
	}

	/** Team and organization as they are, and as people have set them. */
	get levelsAbove(): [unknown, unknown] {
		const { team, organization } = this.sandbox.settings.levels;
		// With the first delivery KPN makes a configuration for the organization by itself.
		const plain = (level: object | undefined) => level ?? {};
		return [
			[plain(team.config), plain(organization.config)],
			[plain(this.above.team), plain(this.above.organization)],
		];
	}

	rotate(level: LevelName, staged: boolean): void {
		const secret = `secret-${randomBytes(12).toString('hex')}`;
		this.secrets.push(secret);
		const key = this.sandbox.settings.addKey({ secret, staged }, level);
		if (staged) this.revoked.push(key);
	}

	/** Retires what no longer signs, of which one may be deleted. */
	retire(deleted: boolean): void {
		for (const level of LEVELS) {
			const { keys } = this.sandbox.settings.levels[level];
			for (const key of keys.filter(({ status }) => status === 'retiring')) {
				key.status = 'retired';
				if (deleted) keys.splice(keys.indexOf(key), 1);
				this.revoked.push(key);
				this.hasToldRetired = false;
			}
		}
	}

	/** The one that signs now, or one that a rotation has replaced. */
	keyFor(retiring: boolean): SigningKey {
		const { settings } = this.sandbox;
		const active = settings.keyForDelivery();
		if (!this.secrets.includes(active.secret)) this.secrets.push(active.secret);
		if (!retiring) return active;
		const level = LEVELS.find((one) => settings.levels[one].keys.includes(active)) ?? 'application';
		return settings.levels[level].keys.findLast(({ status }) => status === 'retiring') ?? active;
	}

	set(change: ByHand): void {
		const { levels } = this.sandbox.settings;
		this.byHand = true;
		if ('excluded' in change) {
			const url = levels.application.config?.webhook_url;
			const privacy_config = { excluded_fields: { sms_dlr: change.excluded } };
			// KPN's API knows no configuration of an application without a URL.
			if (url !== undefined) levels.application.config = { webhook_url: url, privacy_config };
		} else {
			levels[change.level].config = structuredClone(change.config);
			if (change.level !== 'application') this.above[change.level] = change.config;
		}
		this.byHand = false;
	}

	async be(state: State): Promise<void> {
		await this.sandbox.resumeListening();
		this.forgetFaults();
		this.is = state;
		this.mayHang = state === 'hanging';
		if (state === 'down') await this.sandbox.stopListening();
		else if (state !== 'up') this.inject(0, null, STATES[state]);
	}

	/** @param times how many calls it hits; null: all */
	inject(skip: number, times: number | null, answer: FaultAnswer): void {
		this.faulty = true;
		this.mayHang ||= answer === 'hang';
		const accept = answer === 'taken, then reset';
		const kind = accept ? 'reset' : answer;
		const given = typeof kind === 'number' ? { kind: 'http', status: kind } : { kind };
		this.sandbox.inject({ on: 'settings', skip, times, accept, answer: given as never });
	}

	/** Those that have not hit anything. Tokens expire with it. */
	forgetFaults(): void {
		if (!this.faulty) return;
		this.keepCalls();
		this.sandbox.reset();
		this.faulty = false;
	}

	/** The record of the sandbox ends with a reset. */
	keepCalls(): void {
		for (const { method, path, headers } of this.sandbox.settingsCalls) {
			if (method !== 'GET') this.written.add(`${method} ${path}`);
			const token = String(headers.authorization).replace(/^Bearer /, '');
			this.tokens.add(token);
		}
	}

	private recorded(change: () => void): void {
		const { settings } = this.sandbox;
		const read = () => structuredClone(settings.application);
		const [before, holder, excludedBefore] = [read(), this.url, settings.excludedFields];
		change();
		this.changes.push({
			by: this.byHand ? 'hand' : 'n8n',
			before,
			after: read(),
			holder,
			excluded: {
				before: excludedBefore,
				after: settings.excludedFields,
				above: this.excludedAbove,
			},
			during: this.during,
			taking: this.taking,
			published: this.published(),
		});
	}

	private get excludedAbove(): string[] {
		const { team, organization } = this.sandbox.settings.levels;
		const first = [team.config, organization.config].find(
			(config) => config?.privacy_config !== undefined || config?.webhook_url !== undefined,
		);
		return first?.privacy_config?.excluded_fields?.sms_dlr ?? [];
	}
}

type State = Extract<Step, { do: 'kpn' }>['is'];
type FaultAnswer = number | 'reset' | 'taken, then reset' | 'hang';

const STATES = { hanging: 'hang', failing: 500, forbidding: 403 } as const;
