import { parseArgs } from 'node:util';

import { judgeHistories, shrink, type Failure } from './sending';

const USAGE = 'npm run test:histories -- [--seed N] [--count N | --minutes N] [--first]';

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
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
	const first = number(values.seed, Math.floor(Math.random() * 1e9));
	const count = number(
		values.count,
		values.minutes !== undefined ? Infinity : values.seed ? 1 : 300,
	);
	const until = Date.now() + number(values.minutes, Infinity) * 60_000;
	const goesOn = (performed: number, failures: Failure[]) =>
		performed < count && Date.now() < until && failures.length < (values.first ? 1 : 10);
	const { performed, taken, failures } = await judgeHistories(first, goesOn);
	const seeds = `seeds ${first} to ${first + performed - 1}`;
	for (const { seed, broken } of failures) print(`seed ${seed}\n  ${broken.join('\n  ')}`);
	const [failed] = failures;
	if (failed && !values.first)
		print(`The smallest that still fails, from seed ${failed.seed}:\n${await shrink(failed.seed)}`);
	print(`${seeds}, in which KPN took ${taken} SMS:`);
	print(`${performed - failures.length} passed, ${failures.length} failed`);
	// A history that did not end may still go on.
	process.exit(failures.length > 0 ? 1 : 0);
}

const print = (text: string) => process.stdout.write(`${text}\n`);

main().catch((error: Error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
