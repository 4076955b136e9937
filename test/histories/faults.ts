import fc from 'fast-check';

import type { Fault } from '../../sandbox';
import { mark } from './mark';

/** Answers that say clearly that KPN did not take the messages. */
const REFUSALS = [302, 400, 400, 400, 403, 404, 405, 412, 429, 503];
/** Answers after which KPN may have them or not; those of the 200s come with a body that cannot be read. */
const UNCLEAR = [200, 206, 226, 408, 500, 502, 504];

const answer = fc.oneof(
	{
		weight: 10,
		arbitrary: fc.record({
			kind: fc.constant('http' as const),
			status: fc.constantFrom(...REFUSALS),
			headers: fc.constantFrom<Array<Record<string, string>>>(
				{},
				{ 'retry-after': '0' },
				// Whoever follows it makes another call to KPN.
				{ location: '/communication/kpn/sms/send' },
			),
		}),
	},
	{
		weight: 6,
		arbitrary: fc.record({
			kind: fc.constant('http' as const),
			status: fc.constantFrom(...UNCLEAR),
			body: fc.constantFrom('', '<html>oops</html>', '{"document_id":"5f'),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant('quote' as const),
			status: fc.constantFrom(...REFUSALS, ...UNCLEAR),
		}),
	},
	{ weight: 2, arbitrary: fc.constant({ kind: 'reset' as const }) },
	// Each is waited for.
	{ weight: 1, arbitrary: fc.constant({ kind: 'hang' as const }) },
	{ weight: 2, arbitrary: fc.constant({ kind: 'truncate' as const }) },
);

/** What an answer says clearly is so; whether KPN took what it says nothing of is drawn. */
export const isClear = (given: Fault['answer']): boolean =>
	(given?.kind === 'http' || given?.kind === 'quote') && REFUSALS.includes(given.status);

export const sendFault = (count: number): fc.Arbitrary<Fault> =>
	fc
		.record({
			answer,
			accept: fc.boolean(),
			of: fc.option(fc.nat(count - 1)),
			skip: fc.constantFrom(0, 0, 0, 1, 2),
			times: fc.constantFrom<Array<number | null>>(1, 1, 2, 3, null),
			delayMs: fc.constantFrom(0, 0, 5),
		})
		.map(({ of, accept, times, ...fault }) => ({
			...fault,
			// A KPN that takes no more calls is tried for long.
			times: 'status' in fault.answer && fault.answer.status === 429 ? (times ?? 3) : times,
			accept: accept && !isClear(fault.answer),
			...(of !== null && { match: { content: mark(of) } }),
		}));

export const tokenFault: fc.Arbitrary<Fault> = fc.record({
	on: fc.constant('token' as const),
	skip: fc.constantFrom(0, 1),
	times: fc.constantFrom(1, 2),
	answer: fc.record({
		kind: fc.constant('http' as const),
		status: fc.constantFrom(401, 429, 500, 502, 503),
	}),
});
