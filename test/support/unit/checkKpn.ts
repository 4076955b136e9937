import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { waitUntil } from '../waitUntil';

const MAIN = resolve(__dirname, '..', '..', '..', 'dev', 'checkKpn', 'main.ts');
export const NUMBER = '+31612345670';
/** An answer to a question that is Ctrl-C. */
export const CTRL_C = Symbol('Ctrl-C');

type Answer = string | typeof CTRL_C;
/** Several answers to one question are given one after the other, the last one from then on. */
export type Answers = Array<[question: RegExp, answer: Answer | Answer[]]>;

/** What a person answers to each question: all of the check, in full. */
export const ANSWERS: Answers = [
	[/Client ID/, 'sandbox-key'],
	[/Client Secret/, 'sandbox-secret'],
	[/A mobile number/, NUMBER],
	[/How many of the two/, '2'],
	[/Has an SMS arrived/, 'n'],
	[/\[y\/N\]/, 'y'],
];

export interface Checked {
	code: number | null;
	words: string;
	/** The rows of its report by their ids, as verdict and what was seen. */
	found: Map<string, { verdict: string; seen: string }>;
	/** Empty where there is none. */
	report: string;
}

/** Runs `npm run check:kpn` as a person does who answers its questions. */
export async function runCheck({
	baseUrl,
	report: file,
	args = [],
	answers = ANSWERS,
	env = {},
	interruptOnce,
}: {
	baseUrl: string;
	report: string;
	args?: string[];
	answers?: Answers;
	env?: Record<string, string>;
	/** Ctrl-C is pressed once it comes true. */
	interruptOnce?: () => boolean;
}): Promise<Checked> {
	const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
		env: { ...process.env, KPN_BASE_URL: baseUrl, KPN_CHECK_REPORT: file, ...env },
	});
	const pending = answers.map(([question, given]) => ({ question, given: [given].flat() }));
	let words = '';
	child.stderr.on('data', (chunk) => (words += String(chunk)));
	child.stdout.on('data', (chunk) => {
		words += String(chunk);
		const asked = words.split('\n').at(-1) ?? '';
		if (!/[:\]?)] $/.test(asked)) return;
		const given = pending.find(({ question }) => question.test(asked))?.given;
		const answer = given && given.length > 1 ? given.shift() : given?.[0];
		if (answer === CTRL_C) child.kill('SIGINT');
		else if (typeof answer === 'string') child.stdin.write(`${answer}\n`);
	});
	const closed = once(child, 'close') as Promise<[number | null]>;
	if (interruptOnce) {
		await waitUntil(interruptOnce);
		child.kill('SIGINT');
	}
	const [code] = await closed;
	const report = await readFile(file, 'utf8').catch(() => '');
	const rows = report.matchAll(/^\| ([a-z][a-z-]*) \| [^|]* \| ([^|]*) \| \**([^|*]*)\** \|$/gm);
	const found = new Map(
		[...rows].map(([, id = '', seen = '', verdict = '']) => [id, { verdict, seen }]),
	);
	return { code, words, found, report };
}
