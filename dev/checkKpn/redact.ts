/**
 * Redacts what must not be in a report: values that are known to be secret or personal, and what
 * looks like one.
 */
export class Redactor {
	private readonly known = new Set<string>();

	/** Remembers values that no report may show. */
	hide(...values: Array<string | undefined>): void {
		for (const value of values) if (value !== undefined && value.length > 2) this.known.add(value);
	}

	/** A phone number, however it is written. */
	hideNumber(number: string): void {
		this.hide(number, number.replace(/\D/g, ''), number.replace(/\D/g, '').slice(-9));
	}

	/** @param text anything KPN has said; it comes out in one line, and short */
	clean(text: string): string {
		const longestFirst = [...this.known].sort((one, other) => other.length - one.length);
		let clean = text;
		for (const value of longestFirst) clean = clean.replaceAll(value, '…');
		return clean
			.replace(/\b[a-z]+:\/\/\S+/gi, '<address>')
			.replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<e-mail>')
			.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{21,}/gi, '<uuid>')
			.replace(/[\w-]{24,}/g, '<token>')
			.replace(/\+?\d[\d ]{4,}\d/g, '<digits>')
			.replace(/[\s|]+/g, ' ')
			.trim()
			.slice(0, 400);
	}
}

/** What a value is like, without the value: "text of 28 characters", "number", "list of 2". */
export function shapeOf(value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return `list of ${value.length}`;
	if (typeof value === 'string') {
		if (/^\d+$/.test(value)) return `text of ${value.length} digits`;
		return `text of ${value.length} characters`;
	}
	return typeof value;
}

/** The names of an object's fields and what they are like. */
export function fieldsOf(value: unknown): string {
	if (typeof value !== 'object' || value === null) return shapeOf(value);
	return Object.entries(value)
		.map(([name, field]) => `${name} (${shapeOf(field)})`)
		.join(', ');
}
