import type { Failure } from '../../shared/failure';
import type { Call } from './message';
import type { Outcome } from './outcome';

/** What the calls so far say of all messages with the same sender and options. */
interface Circuit {
	messages: number;
	accepted: boolean;
	inFlight: number;
	/** Calls that were refused for what is in them, also those that were then halved. */
	refusedCalls: number;
	/** Messages in those that were not halved any more. */
	refusedMessages: number;
	/** Why the rest of them is not tried. */
	openReason?: Failure;
}

/**
 * After so many messages that were refused alone, and none accepted, it must be what they have in
 * common: each of the rest would cost calls more to learn the same.
 */
const FAILURE_THRESHOLD = 50;

/** As long as KPN has refused some messages of a group and accepted none, so many calls at once. */
const HALF_OPEN_CALLS = 5;

/**
 * Ends the sending where the outcome would be the same: of everything, of the messages of one
 * sender, or of those with the same sender and options.
 */
export class CircuitBreaker {
	/** Why nothing is sent any more. */
	private allOpenReason?: Failure;

	private readonly circuits = new Map<string, Map<string, Circuit>>();

	private readonly openSenders = new Map<string, Failure>();

	/**
	 * @param stopAtUnknown as in a SendPlan
	 * @param hasAcceptedBefore as in a SendPlan
	 */
	constructor(
		calls: Call[],
		private readonly stopAtUnknown: boolean,
		private readonly hasAcceptedBefore: boolean,
	) {
		for (const call of calls) this.circuitOf(call).messages += call.length;
	}

	/** Why a call is not to be made, if so. */
	openReason(call: Call): Failure | undefined {
		return (
			this.allOpenReason ??
			this.openSenders.get(call[0].item.sender) ??
			this.circuitOf(call).openReason
		);
	}

	/**
	 * Whether KPN has refused messages with the same sender and options and accepted none: then it is
	 * to be found out, with few calls at once, whether it takes any. Of few messages each is tried.
	 */
	isHalfOpen(call: Call): boolean {
		const { accepted, refusedCalls, messages } = this.circuitOf(call);
		return !accepted && refusedCalls > 0 && messages > FAILURE_THRESHOLD;
	}

	isSameCircuit(call: Call, other: Call): boolean {
		return this.circuitOf(call) === this.circuitOf(other);
	}

	isAtLimit(call: Call): boolean {
		return this.circuitOf(call).inFlight >= HALF_OPEN_CALLS;
	}

	openAll(reason: Failure): void {
		this.allOpenReason ??= reason;
	}

	onCallStarted(call: Call): void {
		this.circuitOf(call).inFlight++;
	}

	onCallEnded(call: Call, outcome: Outcome): void {
		const circuit = this.circuitOf(call);
		circuit.inFlight--;
		if (outcome.outcome === 'accepted') circuit.accepted = true;
		else if (outcome.outcome === 'refused' && !outcome.affectsEveryCall) circuit.refusedCalls++;
	}

	/** A call has failed for good. */
	onCallFailed(call: Call, failure: Failure): void {
		// A sender that is not this application's says nothing about the others. In "Stop Workflow" a 403
		// ends all, as whatever else affects every call.
		if (failure.statusCode === 403 && !this.stopAtUnknown) {
			this.openSenders.set(call[0].item.sender, failure);
			return;
		}
		// In "Stop Workflow" an unknown outcome ends the sending, so that the user can check before more
		// messages are in doubt.
		if (failure.affectsEveryCall || (this.stopAtUnknown && failure.outcome === 'unknown')) {
			this.openAll(failure);
		}
		if (failure.affectsEveryCall || failure.outcome === 'unknown') return;
		const circuit = this.circuitOf(call);
		circuit.refusedMessages += call.length;
		if (!circuit.accepted && circuit.refusedMessages >= FAILURE_THRESHOLD) {
			circuit.openReason ??= allRefused(failure, circuit);
		}
	}

	private circuitOf([{ item }]: Call): Circuit {
		// By options and then by sender: a key made of both would be a new text for each call.
		const { options, sender } = item;
		const bySender = this.circuits.get(options.callKey) ?? new Map<string, Circuit>();
		this.circuits.set(options.callKey, bySender);
		const circuit = bySender.get(sender) ?? {
			messages: 0,
			accepted: this.hasAcceptedBefore,
			inFlight: 0,
			refusedCalls: 0,
			refusedMessages: 0,
		};
		bySender.set(sender, circuit);
		return circuit;
	}
}

/** The rest was not tried, so it may be sent again. */
const allRefused = (failure: Failure, { refusedMessages, messages }: Circuit): Failure => ({
	...failure,
	meaning: `KPN refused all ${refusedMessages} messages that were tried, at random places among the ${messages} with this sender and these options: ${failure.meaning}`,
	advice: 'Check Sender and Options first: they are the same for all of them.',
	retryable: true,
});
