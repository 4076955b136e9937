import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const PROGRESS = resolve(__dirname, '..', '..', '..', 'dev', 'progress.ts');

/** In a process of its own: the spinner is an ES module, which jest does not load. */
async function run(script: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'kpn-sms-progress-'));
	const file = join(folder, 'script.ts');
	await writeFile(
		file,
		`import { showProgress } from ${JSON.stringify(PROGRESS)};
		const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
		(async () => { ${script} })();`,
	);
	const env: NodeJS.ProcessEnv = { ...process.env, TERM: 'xterm' };
	// There the spinner keeps still, terminal or not.
	delete env.CI;
	const child = spawn(process.execPath, ['--import', 'tsx', file], {
		cwd: dirname(dirname(PROGRESS)),
		env,
	});
	const [words] = await Promise.all([text(child.stdout), once(child, 'close')]);
	await rm(folder, { recursive: true });
	return words;
}

test('where there is no terminal, each step is a line, and how far it is now and then another', async () => {
	const words = await run(`
		const progress = showProgress(process.stdout, 50);
		progress.step('Downloading');
		progress.howFar('0.1 of 3 GB');
		await wait(80);
		progress.howFar('0.2 of 3 GB');
		progress.howFar('0.3 of 3 GB');
		progress.step('Compiling');
		progress.failed();
	`);
	expect(words.split('\n')).toEqual([
		'Downloading …',
		'Downloading … 0.2 of 3 GB, 0:00 min',
		'Downloading done, 0:00 min',
		'Compiling …',
		'Compiling failed, 0:00 min',
		'',
	]);
});

test('a terminal without a width gets lines, too', async () => {
	const words = await run(`
		Object.assign(process.stdout, { isTTY: true, columns: 0 });
		const progress = showProgress();
		progress.step('Downloading');
		progress.succeeded();
	`);
	expect(words).toBe('Downloading …\nDownloading done, 0:00 min\n');
});

test('in a terminal, a step that is done stays as one line with its time', async () => {
	const words = await run(`
		Object.assign(process.stdout, { isTTY: true, columns: 80, cursorTo() {}, clearLine() {}, moveCursor() {} });
		const progress = showProgress();
		progress.step('Downloading');
		progress.howFar('0.2 of 3 GB');
		await wait(1200);
		progress.succeeded();
	`);
	expect(words).toMatch(/Downloading {2}0\.2 of 3 GB {2}0:01 min/);
	expect(words).toMatch(/[✔√].*Downloading {2}0:01 min\n/);
});
