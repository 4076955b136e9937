import { hash } from 'node:crypto';

import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

/** How many characters of a hash tell whose it is. */
const PREFIX_CHARACTERS = 4;

/** 132 bits: no two messages ever share one. */
const HASH_CHARACTERS = 22;

/**
 * Makes hashes that stand in for phone numbers in what n8n stores. There are few enough phone numbers
 * to try them all, so a hash takes something that is not stored beside it: the Client ID, which n8n
 * encrypts. Not the Client Secret: with a renewed secret no earlier hash would match, and the
 * SMS would be sent again.
 */
export class KeyedHash {
	private readonly clientId: string;

	/** What each hash of this Client ID begins with. */
	private readonly prefix: string;

	constructor({ clientId }: ICredentialDataDecryptedObject) {
		this.clientId = `n8n-nodes-kpn-sms ${String(clientId)}`;
		this.prefix = this.digest('account').slice(0, PREFIX_CHARACTERS);
	}

	of(text: string): string {
		return this.prefix + this.digest(`text ${text}`).slice(0, HASH_CHARACTERS);
	}

	/** Whether a hash was made with another Client ID: what it stands for cannot be known then. */
	isFromOtherClient(hash: string): boolean {
		return !hash.startsWith(this.prefix);
	}

	private digest(text: string): string {
		// Not an HMAC, which takes five times as long: length extension needs a whole hash, and none
		// leaves n8n.
		return hash('sha256', `${this.clientId}\n${text}`, 'base64url');
	}
}
