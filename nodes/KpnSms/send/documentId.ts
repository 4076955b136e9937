import { isRecord } from '../../shared/isRecord';
import { redact, type Secrets } from '../../shared/kpnError';

/** What some servers write where they have nothing to say. */
const NO_VALUE = /^(?:0+|none|null|undefined|n\/a)?$/i;

/** KPN's is a UUID. */
const ID_PATTERN = /^[\x21-\x7e]{1,200}$/;

/** The `document_id` of a response, if it has one that can be an ID. */
export function documentIdOf(json: unknown, secrets: Secrets): string | undefined {
	const value = isRecord(json) ? json.document_id : undefined;
	const id = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	return ID_PATTERN.test(id) && !NO_VALUE.test(id) && redact(id, secrets) === id ? id : undefined;
}

/** The names of a document ID in whatever spelling, and what is neither null nor blank. */
const DOCUMENT_ID = /"doc(?:ument)?s?(?:[-_ ]?ids?)?"\s*:\s*(?!null\b|"\s*")\S/i;

/** The same of any other name that ends in `id`. */
const ANY_ID = /"[\w -]*ids?"\s*:\s*(?!null\b|"\s*")\S/i;

/**
 * Whether a response has an ID in another place or of another shape, also in JSON within a text.
 *
 * @param success whether the response is one: in a refusal other IDs are those of the request
 */
export function mayContainId(body: string, success: boolean): boolean {
	const text = body.replaceAll('\\', '');
	return DOCUMENT_ID.test(text) || (success && ANY_ID.test(text));
}

/** Names of fields that are there only if something failed. */
const ERROR_NAME = /^(?:error|fault|fail|reject|exception)|errors?$/i;

/** Names of fields that hold a status. */
const STATE_NAME = /^(?:http_?)?(?:status|state|result|success|code)(?:_?(?:code|text))?$/i;

/** Statuses of what was taken. KPN documents `OK` alone; any other counts as a failure. */
const SUCCESS_STATE =
	/^(?:20[0-2]\s*)?(?:ok|success|successful|accepted|created|queued|scheduled|submitted|sent|pending|delivered|true)?$/i;

/** No response of KPN's is half as deep. */
const MAX_DEPTH = 20;

/** Whether a response says anywhere that something failed, or has a status that is not known as good. */
export function reportsFailure(value: unknown, name = '', depth = 0): boolean {
	const decisive = ERROR_NAME.test(name) || STATE_NAME.test(name);
	if (typeof value === 'object' && value !== null) {
		if (depth > MAX_DEPTH) return true;
		return Object.entries(value).some(([key, inner]) =>
			reportsFailure(inner, decisive || Array.isArray(value) ? name : key, depth + 1),
		);
	}
	const word = String(value ?? '').trim();
	if (!decisive || NO_VALUE.test(word)) return false;
	return ERROR_NAME.test(name) ? value !== false : !SUCCESS_STATE.test(word);
}
