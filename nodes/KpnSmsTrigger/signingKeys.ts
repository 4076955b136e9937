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

	async list(): Promise<SigningKey[]> {
		const keys: SigningKey[] = [];
		for (const { keyId, sealed } of this.sealed) {
			const secret = opened.get(sealed) ?? unseal(sealed, await this.password());
			if (secret === undefined) continue;
			if (opened.size >= OPENED) opened.clear();
			opened.set(sealed, secret);
			keys.push({ keyId, secret });
		}
		return keys;
	}

	/**
	 * Asks KPN which key it signs with now, whoever made it, and forgets those that it no longer
	 * signs with.
	 *
	 * @returns false if KPN has no active key
	 */
	async update(settings: WebhookSettings): Promise<boolean> {
		const active = await settings.activeKey();
		if (!active) return false;
		await this.keep(active);
		const states = await settings.keys();
		const gone = new Set(
			states.filter(({ status }) => status === 'retired').map(({ keyId }) => keyId),
		);
		this.stored.keys = this.sealed.filter(({ keyId }) => !gone.has(keyId));
		return true;
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

	private async password(): Promise<string> {
		const { clientSecret } = await this.context.getCredentials(CREDENTIAL_TYPE);
		return typeof clientSecret === 'string' ? clientSecret : '';
	}

	private get sealed(): SealedKey[] {
		const { keys } = this.stored;
		return Array.isArray(keys) ? (keys as SealedKey[]) : [];
	}
}

/** The ids of the keys that this trigger has made at KPN and not deleted yet. */
export function madeKeys({ madeKeys: ids }: IDataObject): string[] {
	return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
