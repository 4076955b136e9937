import { setTimeout as delay } from 'node:timers/promises';

import fc from 'fast-check';

/** Histories of one kind: how they are drawn, performed and judged. */
export interface HistoryKind<H> {
	history: fc.Arbitrary<H>;
	judged(drawn: H): Promise<Judged>;
	/** So many are performed at the same time. */
	atOnce: number;
	/** Far more milliseconds than any takes, also where answers never come. */
	longestMs: number;
	/** Whether a seed stands for what is done only, and not for when: then it is not made smaller. */
	isTimed?: boolean;
	/** What has not happened in all of them together, without which they show nothing. */
	missing?(counts: Record<string, number>): string[];
	/** Ends what they ran on. */
	close?(): Promise<void>;
}

export interface Judged {
	/** The promises that it broke. */
	broken: string[];
	/** What happened in it, so that one can see that something did. */
	counts: Record<string, number>;
	/** Whether the machine stood still for too long: then it is performed again. */
	stalled?: boolean;
}

export interface Failure {
	seed: number;
	broken: string[];
}

/** A machine that is busy with something else shows nothing of the node. */
const MAX_ATTEMPTS = 10;

/** What is drawn for a seed: the same whenever it is asked for. */
export function historyOf<H>({ history }: HistoryKind<H>, seed: number): H {
	const [drawn] = fc.sample(history, { seed, numRuns: 1 });
	if (!drawn) throw new Error(`Nothing is drawn for seed ${seed}`);
	return drawn;
}

/** Performs and judges the histories of the seeds from `first` on, while `goesOn` says so. */
export async function judgeHistories<H>(
	kind: HistoryKind<H>,
	first: number,
	goesOn: (performed: number, failures: Failure[]) => boolean,
): Promise<{ performed: number; counts: Record<string, number>; failures: Failure[] }> {
	const failures: Failure[] = [];
	const counts: Record<string, number> = {};
	let performed = 0;
	const worker = async () => {
		while (goesOn(performed, failures)) {
			const seed = first + performed++;
			const judged = await judgedHistory(kind, historyOf(kind, seed));
			for (const [name, count] of Object.entries(judged.counts)) {
				counts[name] = (counts[name] ?? 0) + count;
			}
			if (judged.broken.length > 0) failures.push({ seed, broken: judged.broken });
		}
	};
	await Promise.all(Array.from({ length: kind.atOnce }, worker));
	return { performed, counts, failures };
}

async function judgedHistory<H>(kind: HistoryKind<H>, drawn: H): Promise<Judged> {
	try {
		for (let attempt = 1; ; attempt++) {
			const judged = await Promise.race([kind.judged(drawn), late(kind.longestMs)]);
			if (!judged.stalled || attempt >= MAX_ATTEMPTS) return judged;
		}
	} catch (error) {
		return failed(`it could not be performed: ${(error as Error).stack}`);
	}
}

const failed = (words: string): Judged => ({ broken: [words], counts: {} });

const late = async (longestMs: number): Promise<Judged> =>
	await delay(longestMs, failed(`it did not end within ${longestMs / 1000} s`), { ref: false });

/** The smallest history of a failing seed's that still fails. */
export async function shrink<H>(kind: HistoryKind<H>, seed: number): Promise<string> {
	const { counterexample, errorInstance } = await fc.check(
		fc.asyncProperty(kind.history, async (drawn) => {
			const { broken } = await judgedHistory(kind, drawn);
			if (broken.length > 0) throw new Error(broken.join('\n'));
		}),
		{ seed, numRuns: 1, interruptAfterTimeLimit: 60_000 },
	);
	const said = errorInstance instanceof Error ? errorInstance.message : '';
	return `${JSON.stringify(counterexample?.[0], null, 1)}\n${said}`;
}
