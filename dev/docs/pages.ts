import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

/** What is written for people who use the package or build it, by its path from the root. */
export const DOCUMENTS = [
	'README.md',
	'CONTRIBUTING.md',
	'docs/nl/README.md',
	...readdirSync(join(ROOT, 'docs'))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];
