import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { table } from '../../dev/table';
import { MUTATIONS, problemOf } from './allMutations';
import type { Mutation } from './mutation';

/**
 * Judges the judge: breaks the code in one place at a time, in a copy, and says whether the histories
 * notice it.
 */

const USAGE = 'npm run test:mutations -- [--of sending | trigger] [--only "words of a name"]';

const ROOT = path.join(__dirname, '../..');

/** What is needed to run histories. */
const COPIED = ['credentials', 'dev', 'nodes', 'sandbox', 'test', 'package.json', 'tsconfig.json'];

const HISTORIES = 2000;

/** Copies in which mutations are tried at the same time. */
const AT_ONCE = 2;

/** A mutation may make the process itself go on for ever. */
const MAX_MS = 10 * 60_000;

interface Verdict {
	/** The first history that failed, and what it broke; nothing where all passed. */
	seed?: string;
	promise?: string;
	/** Why it says nothing. */
	problem?: string;
}

async function main(): Promise<void> {
	const { values } = parseArgs({ options: { of: { type: 'string' }, only: { type: 'string' } } });
	const chosen = MUTATIONS.filter(
		({ name, of }) => name.includes(values.only ?? '') && of === (values.of ?? of),
	);
	if (chosen.length === 0) throw new Error(USAGE);
	const misplaced = await Promise.all(chosen.map(problemOf));
	const lost = misplaced.filter((problem) => problem !== undefined);
	if (lost.length > 0) throw new Error(lost.join('\n'));

	const copies = await Promise.all(Array.from({ length: AT_ONCE }, copyOfCheckout));
	try {
		if (values.only === undefined) {
			for (const of of new Set(chosen.map((one) => one.of))) {
				await judgeAsItIs(of, copies[0] ?? ROOT);
			}
		}
		const verdicts = new Map<Mutation, Verdict>();
		const waiting = [...chosen];
		await Promise.all(
			copies.map(async (copy) => {
				for (let next = waiting.shift(); next; next = waiting.shift()) {
					const verdict = await judgedWith(next, copy);
					verdicts.set(next, verdict);
					print(`${verdicts.size} of ${chosen.length}: ${rowOf(next, verdict).join(' · ')}`);
				}
			}),
		);
		const rows = chosen.map((one) => rowOf(one, verdicts.get(one) ?? {}));
		print(`\n${table(['Mutation', 'Caught', 'Which promise it broke'], rows)}`);
		const open = chosen.filter((one) => !isAsExpected(one, verdicts.get(one) ?? {}));
		for (const { name } of open) print(`Not as the list has it: ${name}`);
		process.exitCode = open.length > 0 ? 1 : 0;
	} finally {
		for (const copy of copies) await rm(copy, { recursive: true });
	}
}

/** What a mutation breaks says nothing where the code breaks it, too. */
async function judgeAsItIs(of: Mutation['of'], copy: string): Promise<void> {
	print(`The code as it is: ${HISTORIES} histories of ${of}, which have to pass`);
	const { seed, promise, problem } = await judged(of, copy);
	if (problem !== undefined) throw new Error(`They do not: ${problem}`);
	if (seed !== undefined) throw new Error(`They do not: seed ${seed}: ${promise}`);
}

async function copyOfCheckout(): Promise<string> {
	const copy = await mkdtemp(path.join(tmpdir(), 'kpn-sms-mutations-'));
	for (const name of COPIED) {
		await cp(path.join(ROOT, name), path.join(copy, name), { recursive: true });
	}
	await symlink(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
	return copy;
}

async function judgedWith(mutation: Mutation, copy: string): Promise<Verdict> {
	const file = path.join(copy, mutation.file);
	const text = await readFile(file, 'utf8');
	await writeFile(
		file,
		text.replace(mutation.find, () => mutation.replace),
	);
	try {
		return await judged(mutation.of, copy);
	} finally {
		await writeFile(file, text);
	}
}

/** Runs histories in a copy, in a process of their own, up to the first that fails. */
async function judged(of: Mutation['of'], copy: string): Promise<Verdict> {
	const seeds = ['--of', of, '--seed', '1', '--count', String(HISTORIES), '--first'];
	const child = spawn(
		process.execPath,
		['--import', 'tsx', path.join(copy, 'test/histories/main.ts'), ...seeds],
		{ cwd: copy, stdio: ['ignore', 'pipe', 'pipe'], timeout: MAX_MS, killSignal: 'SIGKILL' },
	);
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => (output += text));
	}
	const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
	const [, seed, promise] = /^seed (\d+)\n\s*(.*)/m.exec(output) ?? [];
	if (seed !== undefined) return { seed, promise };
	return code === 0 ? {} : { problem: `it ended with ${code}: ${output.trim().slice(-500)}` };
}

const isAsExpected = ({ notCaught }: Mutation, { seed, problem }: Verdict): boolean =>
	problem === undefined && (seed === undefined) === (notCaught !== undefined);

function rowOf({ name, notCaught }: Mutation, { seed, promise, problem }: Verdict): string[] {
	if (problem !== undefined) return [name, 'not run', problem];
	if (seed === undefined) return [name, 'no', notCaught ?? ''];
	return [name, `seed ${seed}`, promise ?? ''];
}

const print = (text: string) => process.stdout.write(`${text}\n`);

main().catch((error: Error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
