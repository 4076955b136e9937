import type { Call, Message } from '../../../nodes/KpnSms/send/message';
import { sendCalls, type SendPlan } from '../../../nodes/KpnSms/send/sendCalls';
import type { Outcome } from '../../../nodes/KpnSms/send/outcome';
import { MAX_WINDOW } from '../../../nodes/KpnSms/rate/callWindow';
import { Pace } from '../../../nodes/KpnSms/rate/pace';
import { validItem } from './validItem';
import { seeded, VirtualTime } from './virtualTime';

/** Calls of so many messages each. */
export const createCalls = (sizes: number[], options: object = {}): Call[] => {
	let itemIndex = 0;
	return sizes.map(
		(size) =>
			Array.from({ length: size }, () => ({
				item: validItem({ itemIndex: itemIndex++ }, options),
				recipient: '+31612345670',
			})) as Message[] as Call,
	);
};

export interface SendRecord {
	/** Each call that was made, with its beginning. */
	calls: Array<{ messages: Call; outcome: Outcome; at: number }>;
	settled: Array<[Message, Outcome]>;
	/** Messages that are on record as being on their way. */
	open: Set<Message>;
	maxOpen: number;
	tookMs: number;
}

interface VirtualSetup {
	plan?: Partial<SendPlan>;
	seed?: number;
	time?: VirtualTime;
	canceled?: (record: SendRecord) => boolean;
}

/** Delivers calls in virtual time. */
export async function sendInVirtualTime(
	calls: Call[],
	call: (messages: Call) => Promise<Outcome>,
	{ plan, seed = 1, time = new VirtualTime(), canceled = () => false }: VirtualSetup = {},
): Promise<SendRecord> {
	const random = seeded(seed);
	const begin = time.now;
	const record: SendRecord = { calls: [], settled: [], open: new Set(), maxOpen: 0, tookMs: 0 };
	const pace = new Pace(MAX_WINDOW, random);
	await sendCalls(
		calls,
		{ stopAtUnknown: true, hasAcceptedBefore: false, pace, ...plan },
		{
			sendCall: async (messages) => {
				for (const message of messages) record.open.add(message);
				record.maxOpen = Math.max(record.maxOpen, record.open.size);
				const at = time.now;
				const outcome = await call(messages);
				record.calls.push({ messages, outcome, at });
				return outcome;
			},
			onRetry: (message) => record.open.delete(message),
			onSettled: (message, outcome) => {
				record.open.delete(message);
				record.settled.push([message, outcome]);
			},
			sleep: time.sleep,
			isCanceled: () => canceled(record),
			now: () => time.now,
			random,
		},
	);
	record.tookMs = time.now - begin;
	return record;
}

/** The same, with time passing until it is done. */
export async function sendAndPassTime(
	calls: Call[],
	answers: Outcome[] | ((call: Call) => Outcome),
	setup: VirtualSetup = {},
): Promise<SendRecord> {
	const time = setup.time ?? new VirtualTime();
	let next = 0;
	const call = async (messages: Call): Promise<Outcome> => {
		await time.sleep(1);
		const answer =
			typeof answers === 'function' ? answers(messages) : answers[next++ % answers.length];
		if (!answer) throw new Error('There is no answer to play');
		return answer;
	};
	return await time.pass(sendInVirtualTime(calls, call, { ...setup, time }));
}
