import fc from 'fast-check';
import type { INode } from 'n8n-workflow';

import type { Fault } from '../../sandbox';
import { sendFault, tokenFault } from './faults';
import { mark } from './mark';

/** What goes into the node as one item. */
export interface HistoryItem {
	/** As a person has typed them. */
	to: string;
	/** Whom it reaches, E.164; nobody where it cannot be sent. */
	recipients: string[];
	/** In place of `to`, where the numbers are changed for a retry. */
	other: string;
	/** Begins with a mark of its own, by which it is known at KPN. */
	text: string;
	sender: string;
	/** By which of two ways it comes to the node, where there are two. */
	detour: boolean;
	/** What it is sent once per, where that is set. */
	key: string;
}

/** What is changed before an execution is retried. */
export type Change = 'nothing' | 'text' | 'numbers' | 'order of numbers';

/** Which items a new execution has, as it has the same keys to send once per. */
export type Again = 'the same' | 'in opposite order' | 'without the first';

/** Everything that is drawn by chance. It says nothing of what has to come of it. */
export interface History {
	/** Whether it is Send and Wait: of one item, to one number. */
	waits?: true;
	api: 'v1' | 'current';
	items: HistoryItem[];
	onError: NonNullable<INode['onError']>;
	retryOnFail: boolean;
	/** Whether n8n has to evaluate the fields. */
	computed: boolean;
	/** Items in each turn of a loop, or two ways to the node; without it, all items come at once. */
	way?: number | 'two ways';
	options: {
		deliveryGuarantee?: 'atMostOnce' | 'atLeastOnce';
		maximumRetries: number;
		messagesPerCall?: number;
	};
	/** Sent once per key: the executions after the first. */
	once?: Again[];
	/** n8n's own setting. */
	batching?: { batchSize: number; batchInterval: number };
	/** How many calls KPN takes. */
	rate?: { callsPerSecond: number; burst: number };
	faults: Fault[];
	/** Before which calls all tokens expire. */
	expireAt: number[];
	/** With the arrival of which send call somebody presses Stop. */
	cancelAt?: number;
	/** With the arrival of which send call n8n is cut off, and stores what it has at that moment. */
	cutOffAt?: number;
	/** How often each execution is retried, with what is to be changed for it. */
	retries: Change[];
}

const chance = (percent: number): fc.Arbitrary<boolean> =>
	fc.integer({ min: 1, max: 100 }).map((number) => number > 100 - percent);

export const often = <T>(
	percent: number,
	arbitrary: fc.Arbitrary<T>,
): fc.Arbitrary<T | undefined> =>
	fc.oneof(
		{ weight: 100 - percent, arbitrary: fc.constant(undefined) },
		{ weight: percent, arbitrary },
	);

const number = fc.integer({ min: 0, max: 9 }).map((digit) => `+3161234567${digit}`);

const text = fc.oneof(
	{ weight: 3, arbitrary: fc.constant('Hello') },
	{
		weight: 1,
		arbitrary: fc.constantFrom('“Hi” 😀', 'x'.repeat(200), 'é\n{{ $json }}', '€', '<b>&'),
	},
	{ weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
);

interface Sizes {
	mostItems: number;
	/** fast-check's lists are small ones, unless it is told. */
	size?: fc.SizeForArbitrary;
	/** What there is to send once per. */
	keys: string[];
	/** How many histories of a hundred are of Send and Wait. */
	waits: number;
	/** How many have Send Once Per. */
	once: number;
	/** How many items of a hundred cannot be sent. */
	wrong: number;
}

const item = ({ keys, wrong }: Sizes) =>
	fc
		.record({
			recipients: fc.oneof(
				{ weight: 8, arbitrary: fc.array(number, { minLength: 1, maxLength: 1 }) },
				{ weight: 1, arbitrary: fc.uniqueArray(number, { minLength: 2, maxLength: 4 }) },
			),
			written: fc.constantFrom('international', 'national', 'spaces'),
			repeated: chance(5),
			text,
			sender: fc.constantFrom('Demo App', 'Demo App', 'Demo App', 'Other App'),
			detour: fc.boolean(),
			key: fc.constantFrom(...keys),
			broken: often(wrong, fc.constantFrom('number', 'no number')),
		})
		.map(({ recipients, written, repeated, broken, ...rest }): HistoryItem => {
			const typed = recipients.map((recipient) => {
				if (written === 'international') return recipient;
				const national = `0${recipient.slice(3)}`;
				return written === 'national' ? national : national.replace(/^(..)(....)/, '$1 $2 ');
			});
			if (broken === 'number') return { ...rest, to: '020 1234567', other: '', recipients: [] };
			if (broken === 'no number') return { ...rest, to: '', other: '020 1234567', recipients: [] };
			const to = [...typed, ...(repeated ? recipients : [])].join(', ');
			return { ...rest, to, other: recipients.map(otherNumber).join(','), recipients };
		});

/** Of nobody else. */
export const otherNumber = (number: string): string => number.replace('+31612345', '+31622345');

const change = fc.constantFrom<Change[]>(
	...['nothing' as const, 'nothing' as const, 'nothing' as const],
	...['text' as const, 'numbers' as const, 'order of numbers' as const],
);

/** Send and Wait takes one number. */
const single = (one: HistoryItem): HistoryItem =>
	one.to.includes(',') ? { ...one, recipients: [], other: one.to } : one;

/** Histories with as many items and keys as wanted. */
export const historiesOf = (sizes: Sizes): fc.Arbitrary<History> =>
	fc
		.tuple(
			often(sizes.waits, fc.constant(true as const)),
			fc.array(item(sizes), { minLength: 1, maxLength: sizes.mostItems, size: sizes.size }),
		)
		.map(([waits, items]) => ({ waits, items: waits ? items.slice(0, 1).map(single) : items }))
		.chain(({ waits, items }) =>
			fc.record({
				waits: fc.constant(waits),
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
				way: often(waits ? 0 : 40, fc.constantFrom(1, 2, 5, 'two ways' as const)),
				options: fc.record(
					{
						// Send and Wait has no such option.
						...(!waits && {
							deliveryGuarantee: fc.constantFrom('atMostOnce' as const, 'atLeastOnce' as const),
						}),
						maximumRetries: fc.constantFrom(0, 1, 2),
						messagesPerCall: fc.constantFrom(1, 2, 3, 200),
					},
					{ requiredKeys: ['maximumRetries'] },
				),
				once: often(
					sizes.once,
					fc.array(
						fc.constantFrom(
							'the same' as const,
							'in opposite order' as const,
							'without the first' as const,
						),
						{ minLength: 1, maxLength: 2 },
					),
				),
				batching: often(
					10,
					fc.record({
						batchSize: fc.constantFrom(1, 2, 3, 50),
						batchInterval: fc.constantFrom(1, 10),
					}),
				),
				rate: often(
					5,
					fc.record({
						callsPerSecond: fc.constantFrom(20, 50, 100),
						burst: fc.constantFrom(1, 1, 5),
					}),
				),
				faults: fc
					.tuple(
						fc.array(sendFault(items.length), { maxLength: 4 }),
						fc.array(tokenFault, { maxLength: 1 }),
					)
					.map((lists) => lists.flat()),
				expireAt: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
				cancelAt: often(8, fc.integer({ min: 1, max: 6 })),
				cutOffAt: often(40, fc.integer({ min: 1, max: 6 })),
				retries: fc.array(change, { maxLength: 2 }),
			}),
		);

export const history: fc.Arbitrary<History> = historiesOf({
	mostItems: 14,
	keys: [...'abcdefgh'],
	waits: 10,
	once: 20,
	wrong: 2,
});
