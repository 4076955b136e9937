import fc from 'fast-check';
import type { INode } from 'n8n-workflow';

import type { Fault } from '../../sandbox';

/** What goes into the node as one item. */
export interface HistoryItem {
	/** As a person has typed them. */
	to: string;
	/** Begins with a mark of its own, by which it is known at KPN. */
	text: string;
	/** Whom it reaches, E.164; nobody where it cannot be sent. */
	recipients: string[];
}

/** Everything that is drawn by chance. It says nothing of what has to come of it. */
export interface History {
	api: 'v1' | 'current';
	items: HistoryItem[];
	onError: NonNullable<INode['onError']>;
	retryOnFail: boolean;
	/** Whether n8n has to evaluate the fields. */
	computed: boolean;
	/** Items in each turn of a loop; no loop where there are none. */
	loop?: number;
	options: {
		deliveryGuarantee?: 'atMostOnce' | 'atLeastOnce';
		maximumRetries: number;
		messagesPerCall?: number;
	};
	faults: Fault[];
	/** Before which calls all tokens expire. */
	expireAt: number[];
	/** With the arrival of which send call n8n is cut off, and stores what it has at that moment. */
	cutOffAt?: number;
	/** How often the execution is retried, with what is to be changed for it. */
	retries: Array<'as it was' | 'text changed'>;
}

/** Answers that say clearly that KPN did not take the messages. */
const REFUSALS = [302, 400, 400, 400, 403, 404, 405, 412, 429, 503];
/** Answers after which KPN may have them or not; those of the 200s come with a body that cannot be read. */
const UNCLEAR = [206, 226, 408, 500, 502, 504];

const chance = (percent: number): fc.Arbitrary<boolean> =>
	fc.integer({ min: 1, max: 100 }).map((number) => number > 100 - percent);

const number = fc.integer({ min: 0, max: 9 }).map((digit) => `+3161234567${digit}`);

const text = fc.oneof(
	{ weight: 3, arbitrary: fc.constant('Hello') },
	{
		weight: 1,
		arbitrary: fc.constantFrom('“Hi” 😀', 'x'.repeat(200), 'é\n{{ $json }}', '€', '<b>&'),
	},
	{ weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
);

const item = fc
	.record({
		recipients: fc.oneof(
			{ weight: 8, arbitrary: fc.array(number, { minLength: 1, maxLength: 1 }) },
			{ weight: 1, arbitrary: fc.uniqueArray(number, { minLength: 2, maxLength: 4 }) },
		),
		written: fc.constantFrom('international', 'national', 'spaces'),
		text,
		broken: fc.option(fc.constantFrom('number', 'no number'), { freq: 25 }),
	})
	.map(({ recipients, written, text: words, broken }) => {
		const typed = recipients.map((recipient) => {
			if (written === 'international') return recipient;
			const national = `0${recipient.slice(3)}`;
			return written === 'national' ? national : national.replace(/^(..)(....)/, '$1 $2 ');
		});
		if (broken === 'number') return { to: '020 1234567', text: words, recipients: [] };
		if (broken === 'no number') return { to: '', text: words, recipients: [] };
		return { to: typed.join(', '), text: words, recipients };
	});

const answer = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			kind: fc.constant('http' as const),
			status: fc.constantFrom(...REFUSALS),
			headers: fc.constantFrom<Array<Record<string, string>>>({}, { 'retry-after': '0' }),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant('http' as const),
			status: fc.constantFrom(...UNCLEAR),
			body: fc.constantFrom('', '<html>oops</html>', '{"document_id":"5f'),
		}),
	},
	{ weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
	{ weight: 1, arbitrary: fc.constant({ kind: 'hang' as const }) },
	{ weight: 1, arbitrary: fc.constant({ kind: 'truncate' as const }) },
);

/** What an answer says clearly is so; whether KPN took what it says nothing of is drawn. */
export const isClear = (given: Fault['answer']): boolean =>
	given?.kind === 'http' && REFUSALS.includes(given.status);

const sendFault = (count: number): fc.Arbitrary<Fault> =>
	fc
		.record({
			answer,
			accept: fc.boolean(),
			of: fc.option(fc.nat(count - 1)),
			skip: fc.constantFrom(0, 0, 0, 1, 2),
			times: fc.constantFrom<Array<number | null>>(1, 1, 2, 3, null),
			delayMs: fc.constantFrom(0, 0, 5),
		})
		.map(({ of, accept, ...fault }) => ({
			...fault,
			accept: accept && !isClear(fault.answer),
			...(of !== null && { match: { content: mark(of) } }),
		}));

const tokenFault: fc.Arbitrary<Fault> = fc.record({
	on: fc.constant('token' as const),
	skip: fc.constantFrom(0, 1),
	times: fc.constantFrom(1, 2),
	answer: fc.record({
		kind: fc.constant('http' as const),
		status: fc.constantFrom(401, 429, 500, 502, 503),
	}),
});

/** Not a part of another mark. */
export const mark = (index: number): string => `#${index}#`;

export const history: fc.Arbitrary<History> = fc
	.array(item, { minLength: 1, maxLength: 14 })
	.chain((items) => {
		const count = items.length;
		return fc.record(
			{
				api: fc.constantFrom('v1' as const, 'current' as const, 'current' as const),
				items: fc.constant(
					items.map((one, index) => ({ ...one, text: `${mark(index)} ${one.text}` })),
				),
				onError: fc.constantFrom(
					'stopWorkflow' as const,
					'continueRegularOutput' as const,
					'continueErrorOutput' as const,
				),
				retryOnFail: chance(30),
				computed: chance(20),
				loop: fc.constantFrom(1, 2, 5),
				options: fc.record(
					{
						deliveryGuarantee: fc.constantFrom('atMostOnce' as const, 'atLeastOnce' as const),
						maximumRetries: fc.constantFrom(0, 1, 2),
						messagesPerCall: fc.constantFrom(1, 2, 3, 200),
					},
					{ requiredKeys: ['maximumRetries'] },
				),
				faults: fc
					.tuple(
						fc.array(sendFault(count), { maxLength: 4 }),
						fc.array(tokenFault, { maxLength: 1 }),
					)
					.map((lists) => lists.flat()),
				expireAt: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
				cutOffAt: fc.integer({ min: 1, max: 6 }),
				retries: fc.array(
					fc.constantFrom('as it was' as const, 'as it was' as const, 'text changed' as const),
					{ maxLength: 2 },
				),
			},
			{
				requiredKeys: [
					'api',
					'items',
					'onError',
					'retryOnFail',
					'computed',
					'options',
					'faults',
					'expireAt',
					'retries',
				],
			},
		);
	});
