import { randomBytes } from 'node:crypto';
import type { IDataObject, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';

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

/**
 * The keys that KPN signs with, as far as the trigger knows them. They are kept in the node's
 * static data, sealed, because each event can come to another process of n8n's, and asking KPN for
 * the secret with every event would let anybody who knows the URL make n8n call KPN.
 */
export class KnownKeys {
	private constructor(
		private readonly context: Context,
		private readonly stored: IDataObject,
		private readonly password: string,
	) {}

	static async of(context: Context): Promise<KnownKeys> {
		const { clientSecret } = await context.getCredentials(CREDENTIAL_TYPE);
		const password = typeof clientSecret === 'string' ? clientSecret : '';
		return new KnownKeys(context, context.getWorkflowStaticData('node'), password);
	}

	list(): SigningKey[] {
		return this.sealed.flatMap(({ keyId, sealed }) => {
			const secret = unseal(sealed, this.password);
			return secret === undefined ? [] : [{ keyId, secret }];
		});
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
		this.keep(active);
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
		await settings.addKey(randomBytes(32).toString('hex'));
		const active = await settings.activeKey();
		if (!active) return;
		this.keep(active);
		this.stored.madeKeys = [...madeKeys(this.stored), active.keyId];
		this.context.logger.info('KPN SMS Trigger made a signing key at KPN');
	}

	forget(): void {
		delete this.stored.keys;
	}

	private keep({ keyId, secret }: ActiveKey): void {
		const others = this.sealed.filter((key) => key.keyId !== keyId);
		const key = { keyId, sealed: seal(secret, this.password) };
		this.stored.keys = [...others, key].slice(-KEPT);
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
