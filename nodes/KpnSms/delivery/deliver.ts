import type { Call, Message } from './batch';
import type { Failure, Outcome } from './outcome';

/** What a delivery needs of the world around it. */
export interface DeliveryPorts {
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
}

/** Few enough to be a polite guest, enough to keep a network of 100 ms busy. */
export const CALLS_IN_FLIGHT = 5;

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
	let halted: Failure | undefined;

	const settleAll = (messages: Call, outcome: Outcome) => {
		for (const message of messages) ports.settles(message, outcome);
	};

	async function lane(): Promise<void> {
		for (let messages = queue.pop(); messages; messages = queue.pop()) {
			if (ports.canceled()) halted ??= CANCELED;
			if (halted) {
				settleAll(messages, notTried(halted));
				continue;
			}
			const outcome = await callPatiently(messages, ports, () => halted);
			if (isTooBroad(outcome, messages)) {
				const middle = Math.ceil(messages.length / 2);
				queue.push(messages.slice(middle) as Call, messages.slice(0, middle) as Call);
				continue;
			}
			settleAll(messages, outcome);
			if (outcome.outcome !== 'accepted' && haltsTheRest(outcome, plan)) halted ??= outcome;
		}
	}

	await Promise.all(Array.from({ length: Math.min(CALLS_IN_FLIGHT, queue.length) }, lane));
}

/** KPN names no message when it refuses a call, so a refused call is halved until it is one. */
const isTooBroad = (outcome: Outcome, messages: Call): boolean =>
	outcome.outcome === 'refused' && outcome.statusCode === 400 && messages.length > 1;

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
