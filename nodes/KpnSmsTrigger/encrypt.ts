import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a text that is kept where others can read it.
 *
 * n8n gives a workflow's static data to all users who may read the workflow, and the signing secret
 * is enough to forge events. A credential is read by fewer.
 *
 * @param password a secret from a credential
 */
export function encrypt(text: string, password: string): string {
	const iv = randomBytes(IV_BYTES);
	const cipher = createCipheriv(ALGORITHM, keyFrom(password), iv);
	const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
	return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
}

/** The text, or undefined if it was encrypted with another password or not at all. */
export function decrypt(encrypted: string, password: string): string | undefined {
	const bytes = Buffer.from(encrypted, 'base64url');
	const iv = bytes.subarray(0, IV_BYTES);
	const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
	if (tag.length !== TAG_BYTES) return undefined;
	try {
		const decipher = createDecipheriv(ALGORITHM, keyFrom(password), iv).setAuthTag(tag);
		const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
		return Buffer.concat([text, decipher.final()]).toString('utf8');
	} catch {
		return undefined;
	}
}

const keyFrom = (password: string): Buffer =>
	Buffer.from(hkdfSync('sha256', password, '', 'n8n-nodes-kpn-sms signing key', 32));
