/**
 * `npm run docs`: writes what repeats the code into README.md and docs/, wherever a page has
 * `<!-- generated: name -->` … `<!-- /generated -->`. With `--check` it writes nothing, and fails if a
 * page is not as the code has it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { codes } from './codes';
import { fields } from './fields';
import { limits } from './limits';
import { outputs } from './outputs';
import { DOCUMENTS, ROOT } from './pages';

const MARKED = /(<!-- generated: ([\w-]+) -->)[\s\S]*?(<!-- \/generated -->)/g;

async function main(): Promise<void> {
	const check = process.argv.includes('--check');
	const generated: Record<string, string> = {
		...fields(),
		...codes(),
		...limits(),
		...(await outputs()),
	};
	const unused = new Set(Object.keys(generated));
	const stale = new Map<string, string>();
	for (const page of DOCUMENTS) {
		const file = resolve(ROOT, page);
		const before = await readFile(file, 'utf8');
		let after = before;
		for (const [whole, start = '', name = '', end = ''] of before.matchAll(MARKED)) {
			const content = generated[name];
			if (content === undefined) throw new Error(`${page}: nothing is generated as “${name}”`);
			unused.delete(name);
			const lines = await wrapped(content, file);
			after = after.replace(whole, () => `${start}\n\n${lines}\n\n${end}`);
		}
		if (after !== before) stale.set(page, after);
	}
	if (unused.size > 0) throw new Error([...unused].map(notShown).join('\n'));
	const pages = [...stale.keys()].join(', ');
	if (check && stale.size > 0) {
		throw new Error(`Run “npm run docs”: the code says something else than ${pages}`);
	}
	for (const [page, after] of stale) await writeFile(resolve(ROOT, page), after);
	console.log(stale.size > 0 ? `Written: ${pages}` : 'Every page is up to date');
}

const notShown = (name: string): string =>
	`No page shows ${name}: put <!-- generated: ${name} --> … <!-- /generated --> into a page`;

/** Formatted as Prettier does in that file, and wrapped. */
async function wrapped(content: string, file: string): Promise<string> {
	const options = {
		...(await resolveConfig(file)),
		parser: 'markdown',
		proseWrap: 'always',
	} as const;
	return (await format(content, options)).trim();
}

main().catch((error: Error) => {
	console.error(error.message);
	process.exitCode = 1;
});
