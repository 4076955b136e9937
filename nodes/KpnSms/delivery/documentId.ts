import { isRecord } from '../../shared/isRecord';
import { redact, type Secrets } from '../../shared/kpnError';

/** What some servers write where they have nothing to say. */
const NOTHING = /^(?:0+|none|null|undefined|n\/a)?$/i;

/** KPN's is a UUID. */
const ID = /^[\x21-\x7e]{1,200}$/;

/** The `document_id` of an answer, if it has one that can be an ID. */
export function documentIdOf(json: unknown, secrets: Secrets): string | undefined {
	const given = isRecord(json) ? json.document_id : undefined;
	const id = typeof given === 'string' || typeof given === 'number' ? String(given).trim() : '';
	return ID.test(id) && !NOTHING.test(id) && redact(id, secrets) === id ? id : undefined;
}

/** The names of a document ID in whatever spelling, and what is neither null nor blank. */
const DOCUMENT_ID = /"doc(?:ument)?s?(?:[-_ ]?ids?)?"\s*:\s*(?!null\b|"\s*")\S/i;

/** The same of any other name that ends in `id`. */
const ANY_ID = /"[\w -]*ids?"\s*:\s*(?!null\b|"\s*")\S/i;

/**
 * Whether an answer has an ID in another place or of another shape, also in JSON within a text.
 *
 * @param success whether the answer is one: in a refusal other IDs are those of the request
 */
export function mayHoldId(body: string, success: boolean): boolean {
	const text = body.replaceAll('\\', '');
	return DOCUMENT_ID.test(text) || (success && ANY_ID.test(text));
}

/** Names under which something is said only if something failed. */
const ERROR = /^(?:error|fault|fail|reject|exception)|errors?$/i;

/** Names under which it is said how it went. */
const STATE = /^(?:http_?)?(?:status|state|result|success|code)(?:_?(?:code|text))?$/i;

/** Statuses of what was taken: KPN has published none but `OK`. Any other is taken for a failure. */
const GOOD =
	/^(?:20[0-2]\s*)?(?:ok|success|successful|accepted|created|queued|scheduled|submitted|sent|pending|delivered|true)?$/i;

/** No answer of KPN's is half as deep. */
const DEEPEST = 20;

/** Whether an answer says anywhere that something failed, or has a status that is not known as good. */
export function saysFailure(value: unknown, name = '', depth = 0): boolean {
	const decisive = ERROR.test(name) || STATE.test(name);
	if (typeof value === 'object' && value !== null) {
		if (depth > DEEPEST) return true;
		return Object.entries(value).some(([key, inner]) =>
			saysFailure(inner, decisive || Array.isArray(value) ? name : key, depth + 1),
		);
	}
	const word = String(value ?? '').trim();
	if (!decisive || NOTHING.test(word)) return false;
	return ERROR.test(name) ? value !== false : !GOOD.test(word);
}
