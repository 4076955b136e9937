import fc from 'fast-check';
import omit from 'lodash/omit';

import type { Fault } from '../../../sandbox';
import { historiesOf, type History } from '../history';

const WHATS = [
	'kill a worker',
	'kill a worker',
	'kill all workers',
	'restart Redis',
	'restart PostgreSQL',
	'restart main',
	'kill main',
] as const;

/** Something that goes wrong with n8n. */
export interface Disturbance {
	what: (typeof WHATS)[number];
	/** So many send calls after the one before it. */
	afterCalls: number;
	/** How long Redis or PostgreSQL is away. */
	awayMs: number;
	/** Which worker. */
	worker: number;
}

/** Workflows of one n8n, several of them executed at any time. */
export interface QueueHistory {
	workflows: Array<{
		history: History;
		/** How long KPN takes for an answer. */
		latencyMs: number;
		/** When its items are posted. */
		afterMs: number;
	}>;
	disturbances: Disturbance[];
}

/** In a loop each turn would have it: an execution would take half an hour. */
const shorter = ({ times = 1, ...fault }: Fault): Fault => ({
	...fault,
	times: Math.min(times ?? Infinity, fault.answer?.kind === 'hang' ? 2 : 20),
});

/** With more than one item that cannot be sent in a hundred, Stop Workflow would hardly ever send. */
const history = fc
	.tuple(fc.constantFrom(0, 0, 0, 2), fc.constantFrom(1, 1, 2, 3, 5, 200), fc.boolean())
	.chain(([wrong, messagesPerCall, stops]) =>
		historiesOf({
			mostItems: 60,
			size: 'max',
			keys: Array.from({ length: 100 }, (_, index) => `order ${index}`),
			waits: 0,
			once: 50,
			wrong,
		}).map((drawn): History => ({
			// Here n8n is really cut off.
			...omit(drawn, ['cancelAt', 'cutOffAt']),
			faults: drawn.faults.map(shorter),
			// So that there is something to retry.
			...(stops && { onError: 'stopWorkflow' as const }),
			// Many calls, for there has to be a middle of sending to be killed in.
			options: { ...drawn.options, messagesPerCall },
		})),
	);

export const queueHistory: fc.Arbitrary<QueueHistory> = fc.record({
	workflows: fc.array(
		fc.record({
			history,
			latencyMs: fc.integer({ min: 50, max: 400 }),
			afterMs: fc.integer({ min: 0, max: 15_000 }),
		}),
		{ minLength: 16, maxLength: 24, size: 'max' },
	),
	disturbances: fc.array(
		fc.record({
			what: fc.constantFrom(...WHATS),
			afterCalls: fc.integer({ min: 1, max: 60 }),
			awayMs: fc.constantFrom(100, 1000, 3000),
			worker: fc.nat(1),
		}),
		{ minLength: 4, maxLength: 8, size: 'max' },
	),
});
