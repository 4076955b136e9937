import { judgeHistories, shrink } from '../histories/sending';

const HISTORIES = 300;

/** Where next to nothing is sent, no promise is tried. */
const LEAST_TAKEN = 2 * HISTORIES;

test('histories drawn by chance keep every promise', async () => {
	const { failures, taken } = await judgeHistories(
		1,
		(performed, failed) => performed < HISTORIES && failed.length === 0,
	);
	const [failed] = failures;
	if (failed) {
		const smallest = await shrink(failed.seed);
		throw new Error(`seed ${failed.seed}: ${failed.broken.join('\n')}\n${smallest}`);
	}
	expect(taken).toBeGreaterThan(LEAST_TAKEN);
}, 180_000);
