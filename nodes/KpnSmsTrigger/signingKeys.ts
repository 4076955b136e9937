import { randomBytes } from 'node:crypto';
import type { IDataObject, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../shared/kpn';
import { seal, unseal } from './seal';
import type { SigningKey } from './signature';
import type { ActiveKey, WebhookSettings } from './webhookSettings';

type Context = IHookFunctions | IWebhookFunctions;

/** As many keys as can verify at once: during a rotation, the active and the retiring one. */
const KEPT = 3;

interface SealedKey extends IDataObject {
	keyId: string;
	sealed: string;
}

/** Milliseconds for which KPN's word on its keys is taken: one that it revokes is trusted no longer. */
const FRESH = 10 * 60_000;

/** What KPN has told of its keys. */
export interface Told {
	keys: SealedKey[];
	/** Epoch milliseconds. */
	at: number;
}

/** Secrets by their seals: for each request, n8n would read and resolve the credential anew. */
const opened = new Map<string, string>();
const OPENED = 100;

/**
 * The keys that KPN signs with, as far as the trigger knows them. They are kept in the node's
 * static data, sealed, because each event can come to another process of n8n's, and asking KPN for
 * the secret with every event would let anybody who knows the URL make n8n call KPN.
 */
export class KnownKeys {
	/** @param stored the node's static data, or what stands in for it */
	constructor(
		private readonly context: Context,
		private readonly stored: IDataObject,
	) {}

	/** The one that KPN signs with now comes last. */
	async list(): Promise<SigningKey[]> {
		const keys: SigningKey[] = [];
		for (const { keyId, sealed } of this.sealed) {
			const secret = opened.get(sealed) ?? (await this.open(sealed));
			if (secret !== undefined) keys.push({ keyId, secret });
		}
		return keys;
	}

	get told(): Told {
		const { keysAt } = this.stored;
		return { keys: this.sealed, at: typeof keysAt === 'number' ? keysAt : 0 };
	}

	get fresh(): boolean {
		return Date.now() - this.told.at < FRESH;
	}

	/** Takes over what another request was told, unless it is older than what is known here. */
	adopt({ keys, at }: Told): void {
		if (at > this.told.at) Object.assign(this.stored, { keys, keysAt: at });
	}

	/**
	 * Asks KPN which key it signs with now, whoever made it, and forgets those that it no longer
	 * signs with.
	 *
	 * @returns false if KPN has no active key
	 */
	async update(settings: WebhookSettings): Promise<boolean> {
		const active = await settings.activeKey();
		if (active) await this.keep(active);
		const others = this.sealed.filter(({ keyId }) => keyId !== active?.keyId);
		if (others.length > 0) {
			const signing = await signingOf(settings, others);
			this.stored.keys = this.sealed.filter(
				({ keyId }) => keyId === active?.keyId || signing.has(keyId),
			);
		}
		this.stored.keysAt = Date.now();
		return active !== undefined;
	}

	/**
	 * Makes a key of our own at KPN. Only to be done where KPN has no active one: a new key sends
	 * the active one to retiring, from which KPN offers no way back, and whoever else verifies with
	 * it would refuse every event.
	 */
	async make(settings: WebhookSettings): Promise<void> {
		const secret = randomBytes(32).toString('hex');
		await settings.addKey(secret);
		const active = await settings.activeKey();
		if (active?.secret !== secret) {
			throw new NodeOperationError(
				this.context.getNode(),
				'KPN took a new signing key but does not sign with it. Publish the workflow again.',
			);
		}
		await this.keep(active);
		this.stored.madeKeys = [...madeKeys(this.stored), active.keyId];
	}

	private async keep({ keyId, secret }: ActiveKey): Promise<void> {
		const key = { keyId, sealed: seal(secret, await this.password()) };
		const others = this.sealed.filter((other) => other.keyId !== keyId);
		this.stored.keys = [...others, key].slice(-KEPT);
	}

	private async open(sealed: string): Promise<string | undefined> {
		const secret = unseal(sealed, await this.password());
		if (secret === undefined) return undefined;
		if (opened.size >= OPENED) opened.clear();
		opened.set(sealed, secret);
		return secret;
	}

	private async password(): Promise<string> {
		const { clientSecret } = await this.context.getCredentials(CREDENTIAL_TYPE);
		return typeof clientSecret === 'string' ? clientSecret : '';
	}

	private get sealed(): SealedKey[] {
		const { keys } = this.stored;
		return Array.isArray(keys) ? (keys as SealedKey[]) : [];
	}
}

/**
 * The ids of the keys that KPN may still sign with. A key that was retired and deleted is in no list,
 * so being in none counts as revoked. Nobody has published whether the list as such names retiring
 * keys: before one that is missing there is given up, KPN is asked for those.
 */
async function signingOf(settings: WebhookSettings, kept: SealedKey[]): Promise<Set<string>> {
	const states = await settings.keys();
	const listed = new Set(states.map(({ keyId }) => keyId));
	if (!kept.every(({ keyId }) => listed.has(keyId))) {
		states.push(...(await settings.keys('RETIRING')));
	}
	return new Set(
		states
			.filter(({ status }) => status === 'active' || status === 'retiring')
			.map(({ keyId }) => keyId),
	);
}

/** The ids of the keys that this trigger has made at KPN and not deleted yet. */
export function madeKeys({ madeKeys: ids }: IDataObject): string[] {
	return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
