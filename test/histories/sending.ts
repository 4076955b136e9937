import { setTimeout as delay } from 'node:timers/promises';

import fc from 'fast-check';

import { history, type History } from './history';
import { judge } from './judge';
import { perform } from './perform';

/** What is drawn for a seed: the same whenever it is asked for. */
export const historyOf = (seed: number): History => {
	const [drawn] = fc.sample(history, { seed, numRuns: 1 });
	if (!drawn) throw new Error(`Nothing is drawn for seed ${seed}`);
	return drawn;
};

export interface Failure {
	seed: number;
	broken: string[];
}

/** So many at the same time: most of a history is waiting. */
const AT_ONCE = 32;

/** Far more than any takes, also where answers never come. */
const LONGEST_MS = 180_000;

/** A machine that is busy with something else shows nothing of the node. */
const MOST_ATTEMPTS = 10;

/** Performs and judges the histories of the seeds from `first` on, while `goesOn` says so. */
export async function judgeHistories(
	first: number,
	goesOn: (performed: number, failures: Failure[]) => boolean,
): Promise<{ performed: number; taken: number; failures: Failure[] }> {
	const failures: Failure[] = [];
	let performed = 0;
	let taken = 0;
	const worker = async () => {
		while (goesOn(performed, failures)) {
			const seed = first + performed++;
			const judged = await judgedHistory(historyOf(seed));
			taken += judged.taken;
			if (judged.broken.length > 0) failures.push({ seed, broken: judged.broken });
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return { performed, taken, failures };
}

/** Which promises a history broke, and how many messages KPN took in it. */
async function judgedHistory(drawn: History): Promise<{ broken: string[]; taken: number }> {
	try {
		for (let attempt = 1; ; attempt++) {
			const record = await Promise.race([perform(drawn), late()]);
			if (!record) return failed(`it did not end within ${LONGEST_MS / 1000} s`);
			if (record.stalled && attempt < MOST_ATTEMPTS) continue;
			return { broken: judge(drawn, record), taken: record.messages.length };
		}
	} catch (error) {
		return failed(`it could not be performed: ${(error as Error).stack}`);
	}
}

const failed = (words: string) => ({ broken: [words], taken: 0 });

const late = async (): Promise<undefined> => await delay(LONGEST_MS, undefined, { ref: false });

/** The smallest history of a failing seed's that still fails. */
export async function shrink(seed: number): Promise<string> {
	const { counterexample, errorInstance } = await fc.check(
		fc.asyncProperty(history, async (drawn) => {
			const { broken } = await judgedHistory(drawn);
			if (broken.length > 0) throw new Error(broken.join('\n'));
		}),
		{ seed, numRuns: 1, interruptAfterTimeLimit: 60_000 },
	);
	const said = errorInstance instanceof Error ? errorInstance.message : '';
	return `${JSON.stringify(counterexample?.[0], null, 1)}\n${said}`;
}
