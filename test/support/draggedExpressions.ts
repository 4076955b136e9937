import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

/** Items as they come out of nodes, with names and values of every kind. */
const name = fc.oneof(
	fc.constantFrom('name', 'Mobile number', 'a-b', '0', 'constructor', '__proto__', 'length', '$x'),
	fc.string({ unit: 'binary', maxLength: 6 }),
);

const value = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 8 }),
	fc.constantFrom('=x', '={{ 1 }}', '{{ $json.name }}', '', '06 12345678', -0, 1e21, 5e-324),
	fc.double(),
	fc.integer(),
	fc.boolean(),
	fc.constant(null),
);

export const json: fc.Arbitrary<IDataObject> = fc
	.dictionary(
		name,
		fc.letrec((tie) => ({
			tree: fc.oneof(
				{ depthSize: 'small', withCrossShrink: true },
				value,
				fc.array(tie('tree'), { maxLength: 3 }),
				fc.dictionary(name, tie('tree'), { maxKeys: 3 }),
			),
		})).tree,
		{ minKeys: 1, maxKeys: 5 },
	)
	.map((item) => JSON.parse(JSON.stringify(item)) as IDataObject);

const TEXTS = [
	'',
	' ',
	'Dear ',
	'\n',
	'"',
	"'",
	'`',
	'$',
	'=',
	'é😀\u2028\ud800',
	'//',
	'<b>',
	', ',
];
/** Where they stand in the text around it, the expression is left to n8n. */
const MARKS = ['{', '}', '}}', '\\', '${1}'];

/** An expression of one or more paths into the item, which mostly lead somewhere, and of text. */
export function expressionOver(item: IDataObject, choices: Iterable<number>): string {
	const numbers = choices[Symbol.iterator]();
	const pick = <T>(list: readonly T[]): T => {
		const { value: number } = numbers.next() as { value: number };
		return list[number % list.length] as T;
	};
	const texts = pick([TEXTS, TEXTS, TEXTS, MARKS, ['']]);
	let expression = `=${pick(texts)}`;
	for (let left = pick([1, 1, 1, 2, 3]); left > 0; left--) {
		let path = '';
		let at: unknown = item;
		while (typeof at === 'object' && at !== null && (path === '' || pick([true, true, false]))) {
			const keys = Object.keys(at);
			if (keys.length === 0) break;
			const key = pick(keys);
			path += step(key, Array.isArray(at), pick([0, 1, 2]));
			at = (at as IDataObject)[key];
		}
		const space = pick(['', ' ', ' ', '  ']);
		expression += `{{${space}$json${path || '.nowhere'}${space}}}${pick(texts)}`;
	}
	return expression;
}

function step(key: string, inList: boolean, style: number): string {
	if (inList) return `[${key}]`;
	if (style === 0 && /^[A-Za-z_$][\w$]*$/.test(key)) return `.${key}`;
	const quote = style === 1 ? '"' : "'";
	const escaped = key.replace(/[\\'"]/g, '\\$&').replace(/[\n\r\u2028\u2029]/g, '\\n');
	return `[${quote}${escaped}${quote}]`;
}
