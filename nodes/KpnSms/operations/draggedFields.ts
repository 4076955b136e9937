import { isSafeObjectProperty, type IDataObject } from 'n8n-workflow';

/** Values whose text is the same wherever n8n evaluates them. */
type Plain = string | number | boolean;

/** `.name`, `['Mobile number']`, `["Mobile number"]` or `[0]`. */
const STEP =
	/\.([A-Za-z_$][\w$]*)|\[(?:'([^'"`\\{}\r\n]*)'|"([^'"`\\{}\r\n]*)"|(0|[1-9]\d{0,8}))\]/g;

/** `{{ $json.name }}`: a path into the item, and nothing else. Its group is the path. */
const DRAGGED = new RegExp(
	`\\{\\{ *\\$json((?:${STEP.source.replace(/\((?!\?)/g, '(?:')})+) *\\}\\}`,
);

/** In the text around it, n8n gives these a meaning. */
const NOT_TEXT = /[{}\\]/;

/**
 * Reads what n8n's editor writes when a field is dragged in from the node before, alone or several
 * within a text. n8n takes about 0.4 ms to evaluate such an expression, whatever it says, with its
 * event loop held; the value is the item's own field, and can be read without that.
 *
 * @param expression a parameter as it is stored, such as `={{ $json.phone }}`
 * @returns what reads its value from an item's JSON, and gives undefined where n8n has to evaluate it:
 * where a path leads to anything but text, a finite number or a boolean. Undefined for any other
 * expression.
 */
export function draggedFields(
	expression: unknown,
): ((json: IDataObject) => Plain | undefined) | undefined {
	if (typeof expression !== 'string' || !expression.startsWith('=')) return undefined;
	// Text, path, text, path, …, text.
	const pieces = expression.slice(1).split(DRAGGED);
	const texts = pieces.filter((_, index) => index % 2 === 0);
	const paths = pieces.filter((_, index) => index % 2 === 1).map(stepsOf);
	const [first] = paths;
	if (!first || texts.some((text) => NOT_TEXT.test(text))) return undefined;
	// n8n refuses names such as `constructor`, in its own words.
	if (!paths.flat().every(isSafeObjectProperty)) return undefined;
	if (paths.length === 1 && texts.join('') === '') return (json) => valueAt(json, first);
	return (json) => {
		let text = texts[0] ?? '';
		for (const [index, path] of paths.entries()) {
			const value = valueAt(json, path);
			if (value === undefined) return undefined;
			text += String(value) + (texts[index + 1] ?? '');
		}
		return text;
	};
}

const stepsOf = (path: string): string[] =>
	[...path.matchAll(STEP)].map(([, name, single, double, index]) =>
		String(name ?? single ?? double ?? index),
	);

function valueAt(json: IDataObject, path: string[]): Plain | undefined {
	let value: unknown = json;
	for (const name of path) {
		if (typeof value !== 'object' || value === null) return undefined;
		if (!Object.prototype.propertyIsEnumerable.call(value, name)) return undefined;
		value = (value as IDataObject)[name];
	}
	if (typeof value === 'string' || typeof value === 'boolean') return value;
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
