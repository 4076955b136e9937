import type { Failure } from '../../shared/failure';
import { returnCode } from '../../shared/returnCodes';
import { mapUnhurried } from '../../shared/unhurried';
import type { Call, Message } from './batch';
import type { Outcome } from './outcome';

/** What a delivery needs of the world around it. */
interface DeliveryPorts {
	/** Makes one call and says what became of its messages. Never throws. */
	call(messages: Call): Promise<Outcome>;
	/** Told of each message right before a call that holds it. */
	starts(message: Message): void;
	/** Told once of each message, with what became of it. */
	settles(message: Message, outcome: Outcome): void;
	/** Waits; ends early, without an error, when the user cancels. */
	sleep(milliseconds: number): Promise<void>;
	canceled(): boolean;
}

export interface DeliveryPlan {
	/** Whether a failure leaves the messages after it unsent. */
	stopAtFailure: boolean;
	/** Whether an earlier try had messages accepted. */
	acceptedBefore: boolean;
}

/** What the calls so far say of all messages with the same sender and options. */
interface Group {
	accepted: boolean;
	refusedAlone: number;
	/** Why the rest of them is not tried. */
	givenUp?: Failure;
}

/** Few enough to be a polite guest, enough to keep a network of 100 ms busy. */
export const CALLS_IN_FLIGHT = 5;

/**
 * After so many messages that were refused alone, and none accepted, it must be what they have in
 * common: each of the rest would cost two calls more to learn the same.
 */
const REFUSED_ALONE = 20;

/** The wait before the first try again; it doubles with each. */
const FIRST_WAIT_MS = 500;

/** Longer waits are the user's to decide on: the messages come out as not sent, with the reason. */
export const LONGEST_WAIT_MS = 60_000;

const CANCELED: Failure = {
	outcome: 'refused',
	meaning: 'the execution was canceled before this message was sent',
	advice: 'Run the workflow again to send it.',
	kpn: {},
	retryable: true,
	concernsEveryCall: true,
};

/**
 * Makes the calls, a few at a time, and settles every message of theirs exactly once. A call is
 * made again only where KPN surely did not take it: after a pause where KPN asked for one, or cut
 * in half where KPN found something wrong with it, until the bad message stands alone.
 */
export async function deliver(
	calls: Call[],
	plan: DeliveryPlan,
	ports: DeliveryPorts,
): Promise<void> {
	// The next call is the last: taking it costs the same however many there are.
	const queue = [...calls].reverse();
	const left: Array<[Call, Failure]> = [];
	const groups = new Map<string, Group>();
	const groupOf = ([{ draft }]: Call): Group => {
		const key = `${draft.options.callKey}\n${draft.sender}`;
		const group = groups.get(key) ?? { accepted: plan.acceptedBefore, refusedAlone: 0 };
		groups.set(key, group);
		return group;
	};
	let halted: Failure | undefined;

	async function lane(): Promise<void> {
		for (let messages = queue.pop(); messages; messages = queue.pop()) {
			if (ports.canceled()) halted ??= CANCELED;
			const reason = halted ?? groupOf(messages).givenUp;
			if (reason) {
				left.push([messages, reason]);
				continue;
			}
			const outcome = await callPatiently(messages, ports, () => halted);
			if (isBadRequest(outcome) && messages.length > 1) {
				const middle = Math.ceil(messages.length / 2);
				queue.push(messages.slice(middle) as Call, messages.slice(0, middle) as Call);
				continue;
			}
			for (const message of messages) ports.settles(message, outcome);
			if (outcome.outcome !== 'accepted' && haltsTheRest(outcome, plan)) halted ??= outcome;
			const group = groupOf(messages);
			if (outcome.outcome === 'accepted') group.accepted = true;
			if (!isBadRequest(outcome) || group.accepted) continue;
			group.refusedAlone++;
			// A list may have its bad messages at one end: before it is given up, the other is asked.
			if (group.refusedAlone === REFUSED_ALONE / 2) queue.reverse();
			if (group.refusedAlone >= REFUSED_ALONE) group.givenUp ??= allRefused(outcome);
		}
	}

	await Promise.all(Array.from({ length: Math.min(CALLS_IN_FLIGHT, queue.length) }, lane));
	await mapUnhurried(left, ([messages, reason]) => {
		const outcome = notTried(reason);
		for (const message of messages) ports.settles(message, outcome);
	});
}

/** KPN names no message when it refuses a call, so a refused call is halved until it is one. */
const isBadRequest = (outcome: Outcome): outcome is Failure =>
	outcome.outcome === 'refused' &&
	!outcome.concernsEveryCall &&
	returnCode(outcome.statusCode ?? 0).halve === true;

/** There may be nothing wrong with the rest: nobody knows. */
const allRefused = (failure: Failure): Failure => ({
	...failure,
	meaning: `KPN refused each of the first ${REFUSED_ALONE} messages with this sender and these options: ${failure.meaning}`,
	advice: 'Check Sender and Options first: they are the same for all of them.',
	retryable: true,
});

/**
 * A refusal of one message says nothing about the next one. In "Stop Workflow" an unknown outcome
 * ends the sending, so that a person can look before more messages are in doubt.
 */
const haltsTheRest = (failure: Failure, plan: DeliveryPlan): boolean =>
	failure.concernsEveryCall || (plan.stopAtFailure && failure.outcome === 'unknown');

const notTried = (because: Failure): Failure => ({
	...because,
	outcome: 'refused',
	notTried: true,
	retryable: because.retryable || because.outcome === 'unknown',
});

async function callPatiently(
	messages: Call,
	ports: DeliveryPorts,
	halted: () => Failure | undefined,
): Promise<Outcome> {
	const { maximumRetries } = messages[0].draft.options.call;
	for (let retry = 0; ; retry++) {
		for (const message of messages) ports.starts(message);
		const outcome = await ports.call(messages);
		if (outcome.outcome !== 'refused' || !outcome.tryAgain || retry >= maximumRetries) {
			return outcome;
		}
		const wait = Math.max(outcome.tryAgain.afterMs ?? 0, FIRST_WAIT_MS * 2 ** retry);
		if (wait > LONGEST_WAIT_MS) return outcome;
		await ports.sleep(wait);
		if (ports.canceled()) return notTried(CANCELED);
		if (halted()) return outcome;
	}
}
