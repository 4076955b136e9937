import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

/** Runs the editor's tests and puts the pictures that the documentation shows into `docs/images/`. */

const REPOSITORY = resolve(__dirname, '..');
const TAKEN = join(REPOSITORY, 'artifacts', 'editor');
const SHOWN = join(REPOSITORY, 'docs', 'images');

/** Pictures are downloaded with every copy of the repository. */
const MAX_BYTES = 150_000;

/** The pictures of the documentation, each by the suite and the step that take it. */
const PICTURES: Record<string, string> = {
	'sheet-to-sms': 'editor sheet-executed',
	'node-fields': 'journey fields',
	refusal: 'journey refusal',
	'mixed-results': 'results mixed',
};

async function main(): Promise<void> {
	await runSuites();
	const taken = await readdir(TAKEN);
	await mkdir(SHOWN, { recursive: true });
	for (const [name, source] of Object.entries(PICTURES)) {
		const [suite, step] = source.split(' ');
		const file = taken.find((one) => new RegExp(`^${suite}-\\d+-${step}\\.png$`).test(one));
		if (!file) throw new Error(`The suite "${suite}" took no picture of "${step}"`);
		const { size } = await stat(join(TAKEN, file));
		if (size > MAX_BYTES) {
			throw new Error(`${file} has ${size} bytes; a picture may have ${MAX_BYTES}`);
		}
		const shown = join(SHOWN, `${name}.png`);
		await copyFile(join(TAKEN, file), shown);
		console.log(`${relative(REPOSITORY, shown)}: ${Math.ceil(size / 1000)} kB`);
	}
}

async function runSuites(): Promise<void> {
	const jest = join(REPOSITORY, 'node_modules', 'jest', 'bin', 'jest.js');
	const which = ['--testPathPatterns', 'editor/(editor|journey|results)\\.test'];
	const args = [jest, '--selectProjects', 'editor', '--runInBand', ...which];
	const child = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: 'inherit' });
	const [code] = (await once(child, 'exit')) as [number | null];
	if (code !== 0) throw new Error('The tests failed: docs/images is as it was');
}

main().catch((error: Error) => {
	console.error(error.message);
	process.exitCode = 1;
});
