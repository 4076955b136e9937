import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { DEFAULT_N8N_VERSION } from '../../dev/n8n/cache';
import { deadEnd, DOCUMENTS, linksIn, readDocument, ROOT, table } from './documents';

test.each(DOCUMENTS)('every link and picture of %s leads somewhere', (path) => {
	const links = linksIn(readDocument(path));
	expect(links.map((link) => deadEnd(path, link)).filter(Boolean)).toEqual([]);
});

test('every page of docs is linked from the README', () => {
	const linked = linksIn(readDocument('README.md')).map((link) => link.split('#')[0]);
	const pages = DOCUMENTS.filter((path) => path !== 'README.md');
	expect(pages.filter((path) => !linked.includes(path))).toEqual([]);
});

/** The titles of a test file: of whatever is called with a text and a function. */
function titlesOf(file: string): Set<string> {
	const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
	const titles = new Set<string>();
	const visit = (one: ts.Node): void => {
		if (ts.isCallExpression(one)) {
			const [title, ...rest] = one.arguments;
			const runs = rest.some((other) => ts.isArrowFunction(other));
			if (title && ts.isStringLiteralLike(title) && runs) titles.add(title.text);
		}
		ts.forEachChild(one, visit);
	};
	visit(source);
	return titles;
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const promises = table(readDocument('docs/architecture.md'), 'Promise');

test.each(promises)(
	'a test shows it: $Promise',
	({ 'Kept in': kept = '', 'Shown by': shown = '' }) => {
		expect(kept).toMatch(/\]\(\.\.\/.+\)/);
		const files = shown.split(/(?=\[\w+\]\()/);
		for (const part of files) {
			const [, path = ''] = /\]\(\.\.\/([^)]+)\)/.exec(part) ?? [];
			const titles = [...part.matchAll(/“([^”]+)”/g)].map(([, title]) => title);
			expect(path).toMatch(/^test\/.+\.test\.ts$/);
			expect(titles).not.toEqual([]);
			expect([...titlesOf(path)]).toEqual(expect.arrayContaining(titles));
		}
	},
);

test('the versions of n8n and what is checked on each are those of test:versions', () => {
	const source = read('test/versions/versions.test.ts');
	const checks = [...source.matchAll(/^\tcheck\('([^']+)'/gm)].map(([, name]) => name);
	const [, listed = ''] = /const VERSIONS = \[(.*), DEFAULT_N8N_VERSION\]/.exec(source) ?? [];
	const versions = [...listed.replace(/'/g, '').split(', '), DEFAULT_N8N_VERSION];
	const rows = table(readDocument('docs/compatibility.md'), 'Check');
	expect(rows.map(({ Check }) => Check)).toEqual(checks);
	for (const row of rows) expect(Object.keys(row)).toEqual(['Check', ...versions]);
	const readme = readDocument('README.md');
	expect(table(readme, 'n8n').map((row) => row.n8n?.split(',')[0])).toEqual(versions);
	expect(readme).toContain(`[All ${checks.length} checks](docs/compatibility.md)`);
});

/** All that nodes and credentials can say. */
const CODE = ['nodes', 'credentials']
	.flatMap((folder) =>
		readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
			join(folder, name),
		),
	)
	.filter((path) => path.endsWith('.ts'))
	.map(read)
	.join('\n')
	// What is filled in stands as … in the documents.
	.replace(/\$\{[^}]*\}/g, '…');

const quoted = table(readDocument('docs/troubleshooting.md'), 'What you see').flatMap((row) =>
	[...(row['What you see'] ?? '').matchAll(/“((?:[^“”]|“[^”]*”)+)”/g)].map(
		([, words = '']) => words,
	),
);

test.each(quoted)('“%s” is something that the code can say', (words) => {
	const parts = words.split('…').map((part) => part.trim());
	// Of a very short rest, such as a comma between two things that differ, nothing can be shown.
	const telling = parts.filter((part) => /\w{3}/.test(part));
	expect(telling).not.toEqual([]);
	expect(telling.filter((part) => !CODE.includes(part))).toEqual([]);
});

test('the sandbox has every address that its page names', () => {
	const control = read('sandbox/control.ts');
	const rows = table(readDocument('docs/sandbox.md'), 'Address').map(({ Address = '' }) =>
		Address.replace(/`/g, '').split(' '),
	);
	const named = rows.map(
		([method, path]) => `${method === 'GET' ? 'app.get' : 'onPost'}('${path}'`,
	);
	const there = [...control.matchAll(/(?:app\.get|onPost)\('[^']+'/g)].map(([text]) => text);
	expect(named.sort()).toEqual(there.sort());
});
