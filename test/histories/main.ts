import { parseArgs } from 'node:util';

import { judgeHistories, shrink, type Failure, type HistoryKind } from './drawn';
import { queue } from './queue/queue';
import { sending } from './sending';
import { trigger } from './trigger/trigger';

const USAGE =
	'npm run test:histories -- [--of sending | trigger | queue] [--seed N] [--count N | --minutes N] [--first]';

const KINDS: Record<string, HistoryKind<never>> = {
	sending: sending as HistoryKind<never>,
	trigger: trigger as HistoryKind<never>,
	queue: queue as HistoryKind<never>,
};

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			of: { type: 'string', default: 'sending' },
			seed: { type: 'string' },
			count: { type: 'string' },
			minutes: { type: 'string' },
			// Ends with the first that fails, as it is.
			first: { type: 'boolean' },
		},
	});
	const number = (text: string | undefined, otherwise: number): number => {
		const value = Number(text ?? otherwise);
		if (Number.isNaN(value)) throw new Error(USAGE);
		return value;
	};
	const kind = KINDS[values.of];
	if (!kind) throw new Error(USAGE);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void end(kind, 1));
	}
	const first = number(values.seed, Math.floor(Math.random() * 1e9));
	const count = number(
		values.count,
		values.minutes !== undefined ? Infinity : values.seed ? 1 : 300,
	);
	const until = Date.now() + number(values.minutes, Infinity) * 60_000;
	const goesOn = (performed: number, failures: Failure[]) =>
		performed < count && Date.now() < until && failures.length < (values.first ? 1 : 10);
	const { performed, counts, failures } = await judgeHistories(kind, first, goesOn);
	const seeds = `seeds ${first} to ${first + performed - 1}`;
	for (const { seed, broken } of failures) print(`seed ${seed}\n  ${broken.join('\n  ')}`);
	const [failed] = failures;
	if (failed && !values.first && !kind.isTimed)
		print(
			`The smallest that still fails, from seed ${failed.seed}:\n${await shrink(kind, failed.seed)}`,
		);
	const happened = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
	print(`${seeds}: ${happened.join(', ')}`);
	print(`${performed - failures.length} passed, ${failures.length} failed`);
	const missing = kind.missing?.(counts) ?? [];
	if (missing.length > 0) print(`They show nothing: there were no ${missing.join(', no ')}`);
	await end(kind, failures.length + missing.length > 0 ? 1 : 0);
}

/** A history that did not end may still go on. */
async function end({ close }: HistoryKind<never>, code: number): Promise<void> {
	await close?.();
	process.exit(code);
}

const print = (text: string) => process.stdout.write(`${text}\n`);

main().catch((error: Error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
