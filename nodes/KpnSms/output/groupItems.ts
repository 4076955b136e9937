/** As many as a person reads, of reasons, and of items with the same one; the rest is counted. */
export const MAX_SHOWN = 10;

/**
 * Groups items with the same words, in the order of the first of each; `more` counts those of groups
 * that are not shown.
 */
export function groupSame<T>(
	items: T[],
	isSame: (item: T, other: T) => boolean,
): { groups: Array<[T, ...T[]]>; more: number } {
	const groups: Array<[T, ...T[]]> = [];
	let more = 0;
	for (const item of items) {
		const group = groups.find(([first]) => isSame(first, item));
		if (group) group.push(item);
		else if (groups.length < MAX_SHOWN) groups.push([item]);
		else more++;
	}
	return { groups, more };
}

/**
 * `[item 3 (the 4th)]`, `[items 0–13, 50 (the 1st–14th, 51st)]`: the numbers that n8n gives them, in
 * ascending order, and how a person counts.
 */
export function itemsLabel(indexes: number[]): string {
	const ranges: Array<{ from: number; to: number }> = [];
	let more = 0;
	for (const index of indexes) {
		const last = ranges.at(-1);
		if (last && index === last.to + 1 && more === 0) last.to = index;
		else if (ranges.length < MAX_SHOWN) ranges.push({ from: index, to: index });
		else more++;
	}
	const name = (numbered: (index: number) => string) =>
		ranges
			.map(({ from, to }) => (from === to ? numbered(from) : `${numbered(from)}–${numbered(to)}`))
			.join(', ');
	if (indexes.length === 1) return `[item ${name(String)} (the ${name(ordinal)})]`;
	const rest = more > 0 ? ` and ${more} more` : '';
	const counting = ranges.length > MAX_ORDINALS_SHOWN ? 'counted from 0' : `the ${name(ordinal)}`;
	return `[items ${name(String)}${rest} (${counting})]`;
}

/** With more ranges than this, only the numbers from 0 are shown. */
const MAX_ORDINALS_SHOWN = 3;

const ORDINALS = new Intl.PluralRules('en-GB', { type: 'ordinal' });
const ORDINAL_SUFFIXES: Record<string, string> = { one: 'st', two: 'nd', few: 'rd' };

/** Of an index: `1st` of 0. */
const ordinal = (index: number): string =>
	`${index + 1}${ORDINAL_SUFFIXES[ORDINALS.select(index + 1)] ?? 'th'}`;

/** `1 message`, `2 messages`. */
export const countLabel = (count: number, singular: string, plural = `${singular}s`): string =>
	`${count} ${count === 1 ? singular : plural}`;

/** n8n shows a description as HTML: in it only `<br>` begins a line, and KPN's words are no markup. */
export function htmlLines(lines: string[], more: number): string {
	return [...lines, ...(more > 0 ? [`… and ${countLabel(more, 'more item')}.`] : [])]
		.map(escapeHtml)
		.join('<br>');
}

export const escapeHtml = (text: string): string =>
	text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
