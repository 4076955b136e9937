import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

/** All documents with links of their own, by their paths from the root. */
export const DOCUMENTS = [
	'README.md',
	'docs/nl/README.md',
	...readdirSync(join(ROOT, 'docs'))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];

export const readDocument = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** A table's rows as cells by the names of their columns, without emphasis. */
export type Row = Record<string, string>;

/**
 * The rows of the tables whose first column has that name; of several, one after the other.
 *
 * @throws Error if there is no such table
 */
export function table(document: string, firstColumn: string): Row[] {
	const tables = document.split(/\n(?!\|)/).map((block) => block.trim().split('\n'));
	const found = tables.filter(([header]) => header && cellsOf(header)[0] === firstColumn);
	if (found.length === 0) throw new Error(`There is no table of “${firstColumn}”`);
	return found.flatMap(([header = '', , ...lines]) => {
		const names = cellsOf(header);
		return lines.map((line) =>
			Object.fromEntries(cellsOf(line).map((cell, index) => [names[index], cell])),
		);
	});
}

const cellsOf = (line: string): string[] =>
	line
		.split(/(?<!\\)\|/)
		.slice(1, -1)
		.map((cell) => cell.trim().replace(/\\\|/g, '|'));

/** What stands in `code`. */
export const codesIn = (text: string): string[] =>
	[...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** What stands in **bold**. */
export const boldIn = (text: string): string[] =>
	[...text.matchAll(/\*\*([^*]+)\*\*/g)].map(([, bold = '']) => bold);

/** The links and pictures of a document that do not lead to the web. */
export const linksIn = (document: string): string[] =>
	[...withoutCode(document).matchAll(/\]\(([^)\s]+)\)/g)]
		.map(([, target = '']) => target)
		.filter((target) => !/^[a-z]+:/i.test(target));

/** The anchors that GitHub gives the headings of a document. */
export const anchorsOf = (document: string): string[] =>
	[...withoutCode(document).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
		heading
			.replace(/[_*`]/g, '')
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s-]/gu, '')
			.trim()
			.replace(/\s/g, '-'),
	);

/** Why a link of a document leads nowhere; undefined if it leads somewhere. */
export function deadEnd(path: string, link: string): string | undefined {
	const [file = '', anchor] = link.split('#');
	const target = file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file));
	if (!existsSync(join(ROOT, target))) return `${path}: there is no ${target}`;
	if (anchor === undefined || !target.endsWith('.md')) return undefined;
	return anchorsOf(readDocument(target)).includes(anchor)
		? undefined
		: `${path}: ${target} has no heading “${anchor}”`;
}

const withoutCode = (document: string): string =>
	document.replace(/^(```[\s\S]*?^```| {4}.*)$/gm, '');
