import { MAX_UNITS } from './parts';

/** So many of a list a person reads. */
const MAX_NUMBERS_SHOWN = 10;
export const MAX_SPECIAL_CHARACTERS_SHOWN = 5;
const MAX_FIELDS_SHOWN = 10;
const MAX_FIELD_CHARACTERS = 40;

/** The first number with what is wrong; then the others, as many as a person reads. */
export function invalidNumbersProblem(
	problem: string,
	[first, ...others]: Array<string | undefined>,
): string {
	const sentence = ['Mobile Number', first, problem].filter(Boolean).join(' ');
	if (others.length === 0) return sentence;
	const shown = others.slice(0, MAX_NUMBERS_SHOWN).filter((number) => number !== undefined);
	return `${sentence} The same holds for ${joinNames(shown, others.length)}.`;
}

/** `a, b and 3 more`: those that are named, of so many. */
function joinNames(shown: string[], total: number): string {
	const more = total - shown.length;
	const all = more > 0 ? [...shown, `${more} more`] : shown;
	return new Intl.ListFormat('en-GB').format(all);
}

/** In words where counting would take long. */
export const characterCount = (text: string): string =>
	text.length > MAX_UNITS ? 'far too many' : String([...text].length);

/** Perhaps the field has another name: those that there are. */
export function availableFields(input: object): string {
	const names = Object.keys(input);
	if (names.length === 0) return 'The item has no fields.';
	const shown = names
		.slice(0, MAX_FIELDS_SHOWN)
		.map((name) => `“${name.slice(0, MAX_FIELD_CHARACTERS)}”`);
	return `The item has the ${names.length === 1 ? 'field' : 'fields'} ${joinNames(shown, names.length)}.`;
}

/** What is wrong with a field that has no text, in words that give nothing of its value away. */
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
