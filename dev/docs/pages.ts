import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

/** The documentation for users and contributors, by path from the root. */
export const DOCUMENTS = [
	'README.md',
	'CONTRIBUTING.md',
	'docs/nl/README.md',
	...readdirSync(join(ROOT, 'docs'))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];
