import { MUTATIONS, problemOf } from '../histories/allMutations';

test('the place of each mutation is in the code, once', async () => {
	expect(MUTATIONS.length).toBeGreaterThan(50);
	const problems = await Promise.all(MUTATIONS.map(problemOf));
	expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});
