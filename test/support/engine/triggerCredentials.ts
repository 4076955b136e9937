import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { CredentialStore } from '../../../dev/credentialStore';

/** Credentials of both kinds that the trigger takes. */
export class TriggerCredentials extends CredentialStore {
	override async getDecrypted(
		...args: Parameters<CredentialStore['getDecrypted']>
	): Promise<ICredentialDataDecryptedObject> {
		const [, credential, type] = args;
		// It has no expressions and no defaults worth resolving.
		if (type === 'kpnSmsWebhookApi') return this.raw(credential.id ?? '');
		return await super.getDecrypted(...args);
	}
}
