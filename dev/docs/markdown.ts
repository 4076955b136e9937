/** `code`, and `words` about it, for each of `names`. */
export function definitions(names: Iterable<string>, words: Record<string, string>): string {
	const found = new Set(names);
	const strange = [...found].filter((name) => !(name in words));
	const gone = Object.keys(words).filter((name) => !found.has(name));
	if (strange.length + gone.length > 0) {
		throw new Error(`Without words: ${strange.join(', ')}; words for nothing: ${gone.join(', ')}`);
	}
	return list(Object.entries(words).map(([name, about]) => `\`${name}\`: ${about}`));
}

export const list = (entries: string[]): string => entries.map((entry) => `- ${entry}`).join('\n');

export const table = (header: string[], rows: Array<Array<string | number>>): string =>
	[header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
