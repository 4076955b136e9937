import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	IDataObject,
	IHookFunctions,
	INodeCredentialTestResult,
	IWebhookFunctions,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../shared/kpnApi';
import { decrypt, encrypt } from './encrypt';
import { warn } from './log';
import type { SigningKey } from './signature';
import { readCredential, WebhookSettings, type ActiveKey } from './webhookSettings';

type Context = IHookFunctions | IWebhookFunctions;

/** The credential that holds the secrets a user has typed. */
const WEBHOOK_CREDENTIAL_TYPE = 'kpnSmsWebhookApi';

/**
 * Milliseconds for which keys are used without asking KPN: one that it revokes is trusted for that
 * long, and for one event more.
 */
const MAX_KEY_AGE_MS = 10 * 60_000;

/**
 * Milliseconds between two refreshes, so that forged requests cannot cause any number of them. KPN's
 * second attempt comes after 60 s.
 */
const MIN_REFRESH_INTERVAL_MS = 30_000;

/** A key of KPN's; or a secret that a user has typed, of which neither id nor level is known. */
type VerificationKey = SigningKey & Partial<ActiveKey>;

interface KeyCache {
	/** The one that KPN signs with now comes first. */
	keys: VerificationKey[];
	/** Epoch milliseconds of the last refresh. */
	refreshedAt: number;
	refreshing?: Promise<boolean>;
}

/** By credential. n8n takes 40 ms to read one, too long for each request. */
const keyCaches = new Map<string, KeyCache>();

export const isManualRegistration = (context: Context): boolean =>
	context.getNodeParameter('registration', 'automatic') === 'manual';

/** The keys to verify with: from this process, or as publishing has stored them. */
export async function keysOf(context: Context): Promise<KeyCache> {
	const id = credentialId(context);
	if (id === '') return { keys: [], refreshedAt: Date.now() };
	const keys = keyCaches.has(id) ? [] : await keysFromStaticData(context);
	// Another request may have added them meanwhile.
	const cache = keyCaches.get(id) ?? { keys, refreshedAt: 0 };
	keyCaches.set(id, cache);
	return cache;
}

/** Whether the keys are to be refreshed in the background of a valid event. */
export const isStale = ({ refreshedAt }: KeyCache): boolean =>
	Date.now() - refreshedAt > MAX_KEY_AGE_MS;

/**
 * Fetches the keys anew: KPN's, or those of the credential that a user has filled in.
 *
 * @returns whether that was done since this was called, so that no key is newer
 */
export async function refreshKeys(context: Context, cache: KeyCache): Promise<boolean> {
	if (cache.refreshing) return (await cache.refreshing) && false;
	if (Date.now() - cache.refreshedAt < MIN_REFRESH_INTERVAL_MS) return false;
	cache.refreshedAt = Date.now();
	cache.refreshing = fetchKeys(context, cache.keys)
		.then(
			(keys) => Boolean((cache.keys = keys)),
			({ message }: Error) => !warn(context, `could not get the signing keys. ${message}`),
		)
		.finally(() => delete cache.refreshing);
	return await cache.refreshing;
}

/**
 * Fetches the keys on publishing, and stores KPN's in the node's static data, encrypted: for after a
 * restart of n8n, and for its other processes.
 *
 * @throws NodeOperationError where no secret is typed
 * @throws NodeApiError where KPN does not show its keys
 */
export async function storeKeys(context: IHookFunctions): Promise<void> {
	const keys = await fetchKeys(context, (await keysOf(context)).keys);
	// KPN may create a key for the first event: it must be possible to refresh the keys at once.
	keyCaches.set(credentialId(context), { keys, refreshedAt: Date.now() - MIN_REFRESH_INTERVAL_MS });
	if (!isManualRegistration(context)) {
		const password = await encryptionPassword(context);
		const encrypted = keys.map((key) => ({ ...key, secret: encrypt(key.secret, password) }));
		context.getWorkflowStaticData('node').keys = encrypted;
	} else if (keys.length === 0) {
		throw new NodeOperationError(
			context.getNode(),
			'The secret of KPN’s signing key is missing in the credential, so no event could be verified. Fill in Secret.',
		);
	}
}

/** Leaves out a key that KPN no longer signs with, where KPN shows that. */
async function fetchKeys(
	context: Context,
	cachedKeys: VerificationKey[],
): Promise<VerificationKey[]> {
	if (isManualRegistration(context)) return await keysFromCredential(context);
	const settings = new WebhookSettings(context);
	const active = await settings.activeKey();
	const keys: VerificationKey[] = active ? [active] : [];
	for (const key of cachedKeys) {
		if (key.level === undefined || key.keyId === active?.keyId) continue;
		const signing = await settings.signingKeys(key.level).catch(() => undefined);
		if (signing?.includes(key.keyId) ?? true) keys.push(key);
	}
	return keys;
}

async function keysFromCredential(context: Context): Promise<VerificationKey[]> {
	const { secret, previousSecret } = await readCredential(context, WEBHOOK_CREDENTIAL_TYPE);
	return [secret, previousSecret]
		.filter((typed): typed is string => typeof typed === 'string' && typed.trim() !== '')
		.map((typed) => ({ secret: typed }));
}

async function keysFromStaticData(context: Context): Promise<VerificationKey[]> {
	const { keys } = context.getWorkflowStaticData('node');
	if (isManualRegistration(context) || !Array.isArray(keys) || keys.length === 0) return [];
	const password = await encryptionPassword(context);
	return (keys as IDataObject[] as unknown as ActiveKey[]).flatMap((key) => {
		const secret = decrypt(key.secret, password);
		return secret === undefined ? [] : [{ ...key, secret }];
	});
}

/** The password that encrypts what is kept in the static data. */
export async function encryptionPassword(context: Context): Promise<string> {
	const { clientSecret } = await readCredential(context);
	return typeof clientSecret === 'string' ? clientSecret : '';
}

/** Empty if no credential is chosen. */
function credentialId(context: Context): string {
	const type = isManualRegistration(context) ? WEBHOOK_CREDENTIAL_TYPE : CREDENTIAL_TYPE;
	const credential = context.getNode().credentials?.[type];
	return credential ? `${type} ${credential.id}` : '';
}

/** Checks what can be checked of a secret without KPN: only an event proves that it is the right one. */
export async function testSecret(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const { secret, previousSecret } = credential.data ?? {};
	const typed = [secret, previousSecret].filter((one) => typeof one === 'string');
	if (typeof secret !== 'string' || secret.trim() === '') {
		return { status: 'Error', message: 'The secret is blank: no event would be accepted' };
	}
	if (typed.some((one) => one !== one.trim())) {
		return { status: 'Error', message: 'There are blanks around the secret: remove them' };
	}
	return { status: 'OK', message: 'The first event from KPN will show whether it fits' };
}
