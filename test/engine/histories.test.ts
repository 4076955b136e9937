import { judgeHistories, shrink, type HistoryKind } from '../histories/drawn';
import { sending } from '../histories/sending';
import { trigger } from '../histories/trigger/trigger';

/** The counts of what happened in them, or the smallest of the first that failed, as an error. */
async function countsOf<H>(
	kind: HistoryKind<H>,
	histories: number,
): Promise<Record<string, number>> {
	const { failures, counts } = await judgeHistories(
		kind,
		1,
		(performed, failed) => performed < histories && failed.length === 0,
	);
	const [failed] = failures;
	if (!failed) return counts;
	const smallest = await shrink(kind, failed.seed);
	throw new Error(`seed ${failed.seed}: ${failed.broken.join('\n')}\n${smallest}`);
}

// Where next to nothing happens, no promise is tried.
const MIN_TRIGGER_COUNTS = {
	published: 100,
	takenOver: 20,
	givenBack: 50,
	executions: 100,
	forged: 30,
};

test('histories drawn by chance keep every promise', async () => {
	const counts = await countsOf(sending, 300);
	expect(counts['SMS taken by KPN']).toBeGreaterThan(600);
}, 400_000);

test('histories of the trigger drawn by chance keep every promise', async () => {
	const counts = await countsOf(trigger, 100);
	for (const [what, least] of Object.entries(MIN_TRIGGER_COUNTS)) {
		expect({ what, enough: (counts[what] ?? 0) >= least }).toEqual({ what, enough: true });
	}
}, 400_000);
