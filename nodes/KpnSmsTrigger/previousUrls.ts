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

/** Who had the place before a trigger. It is handed on from one to the next, so that none is lost with another. */
interface PreviousUrls {
	/** The URLs of the triggers of this n8n that have been taken over from, the latest first. */
	triggers: string[];
	/** What stood there before them all. */
	original?: string;
}

/**
 * What a trigger that takes over keeps of who had the place, encrypted.
 *
 * @param from the trigger that had it, where it is known; else the application's own `url` was there
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
 * The URL that comes in the place of a trigger that leaves: the last one before it that is still there;
 * undefined if none is.
 *
 * @throws NodeOperationError where what was there can no longer be read
 */
export async function urlToGiveBack(
	context: IHookFunctions,
	registration: Registration,
): Promise<string | undefined> {
	const { triggers, original } = await previousWith(context, registration);
	const waiting = triggers.filter((url) => originOf(url) === originOf(ownUrl(context)));
	for (const url of original === undefined ? waiting : [...waiting, original]) {
		// One that cannot be asked stays what it was: somebody else's, or a trigger that is known.
		const unasked = url !== original && !registrations.has(url);
		if (!hasEnded(url) && !((await isGone(context, url)) ?? unasked)) return url;
	}
	return undefined;
}

/**
 * The trigger, and what it has taken over from. Across a start of n8n, that can be another one that it
 * did not know: what that one has taken over from comes before it then.
 *
 * @throws NodeOperationError where that can no longer be read
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

/** Whether a URL of this n8n has no trigger any more; undefined if n8n does not answer. Other systems are not asked. */
async function isGone(context: IHookFunctions, url: string): Promise<boolean | undefined> {
	if (originOf(url) !== originOf(ownUrl(context))) return false;
	const options = { url, ignoreHttpStatusErrors: true, returnFullResponse: true, timeout: 5000 };
	try {
		const answer = (await context.helpers.httpRequest(options)) as IN8nHttpFullResponse;
		// For a URL that takes only POST, n8n says so.
		return answer.statusCode === 404 && !JSON.stringify(answer.body).includes('POST request');
	} catch {
		return undefined;
	}
}
