import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { ROOT } from '../../dev/docs/pages';

const FOLDERS = ['credentials', 'nodes', 'sandbox', 'dev', 'bench', 'test'];

const files = FOLDERS.flatMap((folder) =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts'))
		.map((name) => join(ROOT, folder, name)),
);

/** The project's own files that a file imports, types included. */
const importsOf = (file: string): string[] =>
	[...readFileSync(file, 'utf8').matchAll(/\b(?:from|import) '(\.[^']+)'/g)]
		.map(([, path = '']) => resolve(dirname(file), path))
		.flatMap((path) => [path, `${path}.ts`, join(path, 'index.ts')])
		.filter((path) => path.endsWith('.ts') && existsSync(path));

/** A list of files of which each imports the next, and the last the first; undefined if there is none. */
function importCircle(): string[] | undefined {
	const done = new Set<string>();
	const visit = (file: string, path: string[]): string[] | undefined => {
		if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
		if (done.has(file)) return undefined;
		for (const next of importsOf(file)) {
			const circle = visit(next, [...path, file]);
			if (circle) return circle;
		}
		done.add(file);
		return undefined;
	};
	for (const file of files) {
		const circle = visit(file, []);
		if (circle) return circle;
	}
	return undefined;
}

test('no file imports itself by way of others', () => {
	expect(files.length).toBeGreaterThan(250);
	expect(importsOf(join(ROOT, 'nodes/KpnSms/KpnSms.node.ts')).length).toBeGreaterThan(0);
	expect(importCircle()).toBeUndefined();
});
