import type { IHookFunctions, IN8nHttpFullResponse } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';

import { decrypt, encrypt } from './encrypt';
import { encryptionPassword } from './signingKeys';
import {
	hasEnded,
	originOf,
	ownUrl,
	problem,
	registrations,
	type Registration,
} from './registrations';

/** The URLs that KPN had before that of a trigger. Each trigger that takes over keeps all of them. */
interface PreviousUrls {
	/** Those of triggers of this n8n, the latest first. */
	triggers: string[];
	/** The URL before the first of them. */
	original?: string;
}

/**
 * The previous URLs that a trigger keeps when it takes over, encrypted.
 *
 * @param from the trigger that is taken over from, if it is one of this n8n
 * @param url the application's own URL, if it is not
 */
export async function previousToKeep(
	context: IHookFunctions,
	from: Registration | undefined,
	url: string | undefined,
): Promise<string> {
	const previous = from ? await previousWith(context, from) : { triggers: [], original: url };
	return encrypt(JSON.stringify(previous), await encryptionPassword(context));
}

/**
 * The URL to restore when a trigger is unpublished: the last one before it that is still in use;
 * undefined if none is.
 *
 * @throws NodeOperationError where the previous URLs can no longer be decrypted
 */
export async function urlToRestore(
	context: IHookFunctions,
	registration: Registration,
): Promise<string | undefined> {
	const { triggers, original } = await previousWith(context, registration);
	const waiting = triggers.filter((url) => originOf(url) === originOf(ownUrl(context)));
	for (const url of original === undefined ? waiting : [...waiting, original]) {
		// One that does not answer counts as in use if it is another system's, or a registered trigger.
		const unasked = url !== original && !registrations.has(url);
		if (!hasEnded(url) && !((await isGone(context, url)) ?? unasked)) return url;
	}
	return undefined;
}

/**
 * The URLs of a trigger and of those before it. After a restart of n8n, the original URL can turn
 * out to be that of another trigger: then those before that one come first.
 *
 * @throws NodeOperationError where they can no longer be decrypted
 */
export async function previousWith(
	context: IHookFunctions,
	registration: Registration,
): Promise<PreviousUrls> {
	const triggers = new Set<string>();
	for (let first = registration; ;) {
		const { triggers: more, original } = await decryptPrevious(context, first);
		for (const url of [first.url, ...more]) triggers.add(url);
		const older = registrations.get(original ?? '');
		if (older?.application !== first.application || triggers.has(older.url))
			return { triggers: [...triggers], original };
		first = older;
	}
}

async function decryptPrevious(
	context: IHookFunctions,
	{ previous }: Registration,
): Promise<PreviousUrls> {
	if (previous === undefined) return { triggers: [] };
	const json = decrypt(previous, await encryptionPassword(context));
	if (json !== undefined) return jsonParse<PreviousUrls>(json);
	throw problem(
		context,
		'The webhook URL that KPN had before can no longer be read, because the Client Secret in the credential has changed. Set that URL at KPN yourself.',
	);
}

/**
 * Whether a URL of this n8n has no trigger any more; undefined if n8n does not answer. Other systems
 * are not asked.
 */
async function isGone(context: IHookFunctions, url: string): Promise<boolean | undefined> {
	if (originOf(url) !== originOf(ownUrl(context))) return false;
	const options = { url, ignoreHttpStatusErrors: true, returnFullResponse: true, timeout: 5000 };
	try {
		const answer = (await context.helpers.httpRequest(options)) as IN8nHttpFullResponse;
		// A URL that exists, but only for POST, is a 404 as well, and its message says so.
		return answer.statusCode === 404 && !JSON.stringify(answer.body).includes('POST request');
	} catch {
		return undefined;
	}
}
