import type { Call, Message } from '../../../nodes/KpnSms/delivery/batch';
import { deliver, type DeliveryPlan } from '../../../nodes/KpnSms/delivery/deliver';
import type { Outcome } from '../../../nodes/KpnSms/delivery/outcome';
import { LARGEST_WINDOW } from '../../../nodes/KpnSms/delivery/callWindow';
import { Pace } from '../../../nodes/KpnSms/delivery/pace';
import { aDraft } from './drafts';
import { seeded, VirtualTime } from './virtualTime';

/** Calls of so many messages each. */
export const makeCalls = (sizes: number[], options: object = {}): Call[] => {
	let itemIndex = 0;
	return sizes.map(
		(size) =>
			Array.from({ length: size }, () => ({
				draft: aDraft({ itemIndex: itemIndex++ }, options),
				recipient: '+31612345670',
			})) as Message[] as Call,
	);
};

export interface Played {
	/** Each call that was made, with its beginning. */
	made: Array<{ messages: Call; outcome: Outcome; at: number }>;
	settled: Array<[Message, Outcome]>;
	/** Messages that are on record as being on their way. */
	open: Set<Message>;
	mostOpen: number;
	tookMs: number;
}

interface Setting {
	plan?: Partial<DeliveryPlan>;
	seed?: number;
	time?: VirtualTime;
	canceled?: (played: Played) => boolean;
}

/** Delivers calls in virtual time. */
export async function deliverIn(
	calls: Call[],
	call: (messages: Call) => Promise<Outcome>,
	{ plan, seed = 1, time = new VirtualTime(), canceled = () => false }: Setting = {},
): Promise<Played> {
	const random = seeded(seed);
	const begin = time.now;
	const played: Played = { made: [], settled: [], open: new Set(), mostOpen: 0, tookMs: 0 };
	const pace = new Pace(LARGEST_WINDOW, random);
	await deliver(
		calls,
		{ stopAtFailure: true, acceptedBefore: false, pace, ...plan },
		{
			call: async (messages) => {
				for (const message of messages) played.open.add(message);
				played.mostOpen = Math.max(played.mostOpen, played.open.size);
				const at = time.now;
				const outcome = await call(messages);
				played.made.push({ messages, outcome, at });
				return outcome;
			},
			returns: (message) => played.open.delete(message),
			settles: (message, outcome) => {
				played.open.delete(message);
				played.settled.push([message, outcome]);
			},
			sleep: time.sleep,
			canceled: () => canceled(played),
			now: () => time.now,
			random,
		},
	);
	played.tookMs = time.now - begin;
	return played;
}

/** The same, with time passing until it is done. */
export async function play(
	calls: Call[],
	answers: Outcome[] | ((call: Call) => Outcome),
	setting: Setting = {},
): Promise<Played> {
	const time = setting.time ?? new VirtualTime();
	let next = 0;
	const call = async (messages: Call): Promise<Outcome> => {
		await time.sleep(1);
		const answer =
			typeof answers === 'function' ? answers(messages) : answers[next++ % answers.length];
		if (!answer) throw new Error('There is no answer to play');
		return answer;
	};
	return await time.pass(deliverIn(calls, call, { ...setting, time }));
}
