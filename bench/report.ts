import { cpus, totalmem } from 'node:os';

import { HTTP_REQUEST, SCRIPT } from './contenders';
import { AT_ONCE, median, NETWORK, type Result } from './measure';
import { V1, V1_COUNT, V1_SCRIPT_CALLS } from './overNetwork';
import { digits, sizesOf, targets, type Found } from './targets';

type Reading = Result['readings'][number];

const row = (cells: Array<string | number>) => `| ${cells.join(' | ')} |`;

const markdown = (header: string[], rows: Array<Array<string | number>>) =>
	[row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');

/** The page that a run writes. */
export function report(found: Found & { version: string; minutes: number }): string {
	const { results, v1, seen, incoming, loadingMs } = found;
	const sizes = sizesOf(results);
	const names = [...new Set(results.map(({ contender }) => contender))];
	const find = (contender: string, count: number, delayMs: number) =>
		results.find(
			(one) => one.contender === contender && one.count === count && one.delayMs === delayMs,
		);
	const timesOver = (delayMs: number) => {
		const sizes = sizesOf(results.filter((one) => one.delayMs === delayMs));
		return markdown(
			['', ...sizes.map((size) => size.toLocaleString('en'))],
			names
				.filter((name) => sizes.some((size) => find(name, size, delayMs)))
				.map((name) => [name, ...sizes.map((size) => time(find(name, size, delayMs)))]),
		);
	};
	const details = (count: number, delayMs: number) =>
		markdown(
			[
				'per message',
				'wall time',
				'from – to',
				'CPU of n8n',
				'calls',
				'token calls',
				'memory, in all',
				'longest pause',
			],
			names.flatMap((name) => {
				const result = find(name, count, delayMs);
				if (!result || result.readings.length === 0) return [];
				const { readings } = result;
				const of = (read: (reading: Reading) => number | undefined) =>
					median(readings.map((reading) => read(reading) ?? NaN));
				const walls = readings.map(({ wallMs }) => wallMs / count);
				return [
					[
						name,
						`${digits(of(({ wallMs }) => wallMs / count))} ms`,
						`${digits(Math.min(...walls))} – ${digits(Math.max(...walls))}`,
						`${digits(of(({ cpuMs }) => cpuMs / count))} ms`,
						result.sends ? digits(of(({ calls }) => calls)) : '–',
						result.sends ? digits(of(({ tokenCalls }) => tokenCalls)) : '–',
						`${digits(of(({ grownMB }) => grownMB))} MB`,
						`${digits(of(({ pauseMs }) => pauseMs))} ms`,
					],
				];
			}),
		);
	const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB`;
	const date = new Date().toISOString().slice(0, 10);
	return `# Benchmarks

Written by \`npm run bench\` on ${date}: n8n ${found.version} with SQLite, ${machine}, in
${found.minutes} minutes. Each contender is one node in a workflow of its own, given the same items,
between two nodes that measure what n8n’s process spends; KPN is on loopback in a process of its own.
Runs are interleaved, and what is shown is the median. Ratios say more than times, which are this
machine’s.

## What the package sets out to do

${markdown(
	['measure', 'target', 'measured', 'met'],
	targets(found).map(({ measure, target, measured, met }) => [
		measure,
		target,
		measured,
		met ? 'yes' : '**no**',
	]),
)}

${WHY}

## Time for all messages

KPN answers at once:

${timesOver(AT_ONCE)}

KPN takes ${NETWORK} ms for each call, as over a network:

${timesOver(NETWORK)}

“Edit Fields” evaluates the same expressions and sends nothing; “No Operation” is what n8n itself takes
between two nodes.

v1 takes one message a call. ${digits(V1_COUNT)} messages, KPN takes ${NETWORK} ms for each call:

${markdown(
	['', 'wall time', 'calls at once'],
	[V1, SCRIPT, HTTP_REQUEST].map((name) => [
		name,
		`${digits(median(v1.get(name) ?? []) / 1000)} s`,
		{ [V1]: 'as many as show a gain, 64 at most', [SCRIPT]: V1_SCRIPT_CALLS }[name] ?? 'all',
	]),
)}

## In detail

${[1, 1000, 10_000, 100_000]
	.filter((size) => sizes.includes(size))
	.map(
		(size) =>
			`### ${size.toLocaleString('en')} message${size === 1 ? '' : 's'}, KPN at once\n\n${details(size, 0)}`,
	)
	.join('\n\n')}

## What another workflow feels

A second workflow’s webhook, called all the time while n8n sends 10,000 messages over a network of
150 ms, again and again:

${markdown(
	['who sends', '99 of 100 answers came within', 'answers', 'of them errors'],
	seen.map(({ contender, p99, calls, failed, failure }) => [
		failure === undefined ? contender : `${contender} (gave up: ${failure})`,
		`${digits(p99)} ms`,
		calls,
		failed,
	]),
)}

## Events that come in

${markdown(
	['', 'events a second', 'CPU of n8n for each', 'with `N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true`'],
	incoming.rates.map(({ name, perSecond, cpuMs, lazyPerSecond }) => [
		name,
		perSecond.toFixed(1),
		`${digits(cpuMs)} ms`,
		lazyPerSecond.toFixed(1),
	]),
)}

Each true event starts an execution, in both nodes alike; a forged one starts none. For a hundred
unsigned requests whose body does not come, n8n holds:

${markdown(
	['', 'MB'],
	incoming.held.map(({ name, mb }) => [name, mb]),
)}

## Loading

Loading both nodes takes ${digits(loadingMs)} ms in a new process.
`;
}

const WHY = `What is dragged into a field is read from the item. Any other expression is evaluated by n8n 2.x in
an isolate, at some half a millisecond, once for each field and item, as Edit Fields does it: a node
cannot be quicker than that. Passing 10,000 items on holds n8n up by itself: see what another workflow
feels of No Operation.`;

function time(result: Result | undefined): string {
	if (!result) return '';
	const { readings, failure } = result;
	if (failure !== undefined) return failure;
	const ms = median(readings.map(({ wallMs }) => wallMs));
	return ms >= 1000 ? `${digits(ms / 1000)} s` : `${digits(ms)} ms`;
}
