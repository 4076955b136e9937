import { judgeHistories, shrink } from '../histories/sending';

const HISTORIES = 300;

test('histories drawn by chance keep every promise', async () => {
	const { failures } = await judgeHistories(
		1,
		(performed, failed) => performed < HISTORIES && failed.length === 0,
	);
	const [failed] = failures;
	if (!failed) return;
	throw new Error(`seed ${failed.seed}: ${failed.broken.join('\n')}\n${await shrink(failed.seed)}`);
}, 180_000);
