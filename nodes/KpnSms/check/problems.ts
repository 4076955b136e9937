import { MAX_UNITS } from './parts';

/** How much of a list is shown. */
const MAX_NUMBERS_SHOWN = 10;
export const MAX_SPECIAL_CHARACTERS_SHOWN = 5;
const MAX_FIELDS_SHOWN = 10;
const MAX_FIELD_CHARACTERS = 40;

/** The first number with its problem; then the others that have it, up to a maximum. */
export function invalidNumbersProblem(
	problem: string,
	[first, ...others]: Array<string | undefined>,
): string {
	const sentence = ['Mobile Number', first, problem].filter(Boolean).join(' ');
	if (others.length === 0) return sentence;
	const shown = others.slice(0, MAX_NUMBERS_SHOWN).filter((number) => number !== undefined);
	return `${sentence} The same holds for ${joinNames(shown, others.length)}.`;
}

/** `a, b and 3 more`. */
function joinNames(shown: string[], total: number): string {
	const more = total - shown.length;
	const all = more > 0 ? [...shown, `${more} more`] : shown;
	return new Intl.ListFormat('en-GB').format(all);
}

/** Of a very long text, without counting it. */
export const characterCount = (text: string): string =>
	text.length > MAX_UNITS ? 'far too many' : String([...text].length);

/** The names of the item's fields: the expression may have the wrong one. */
export function availableFields(input: object): string {
	const names = Object.keys(input);
	if (names.length === 0) return 'The item has no fields.';
	const shown = names
		.slice(0, MAX_FIELDS_SHOWN)
		.map((name) => `“${name.slice(0, MAX_FIELD_CHARACTERS)}”`);
	return `The item has the ${names.length === 1 ? 'field' : 'fields'} ${joinNames(shown, names.length)}.`;
}

/** The problem of a field without text, which does not disclose its value. */
export function noValueProblem(field: string, value: unknown, advice: string): string {
	if (value === undefined || value === null) {
		return `${field} is empty: its expression gives nothing for this item. Open the field, and look at its preview.`;
	}
	return `${field} is ${describeValue(value)}. ${advice}`;
}

function describeValue(value: unknown): string {
	if (typeof value === 'string') return 'empty';
	if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
	if (typeof value === 'object') return 'an object instead of text';
	return typeof value === 'boolean' || typeof value === 'number'
		? `${value} instead of text`
		: 'not text';
}
