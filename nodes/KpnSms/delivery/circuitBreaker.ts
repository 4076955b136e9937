import type { Failure } from '../../shared/failure';
import type { Call } from './batch';
import type { Outcome } from './outcome';

/** What the calls so far say of all messages with the same sender and options. */
interface Group {
	messages: number;
	accepted: boolean;
	inFlight: number;
	/** Calls that were refused for what is in them, also those that were then halved. */
	refused: number;
	/** Messages in those that were not halved any more. */
	refusedAlone: number;
	/** Why the rest of them is not tried. */
	givenUp?: Failure;
}

/**
 * After so many messages that were refused alone, and none accepted, it must be what they have in
 * common: each of the rest would cost calls more to learn the same.
 */
const REFUSED_ALONE = 50;

/** As long as KPN has refused some messages of a group and accepted none, so many calls at once. */
const CALLS_IN_DOUBT = 5;

/**
 * Ends the sending where it is clear what would come of it: of everything, of the messages of one
 * sender, or of those with the same sender and options.
 */
export class CircuitBreaker {
	/** Why nothing is sent any more. */
	private halted?: Failure;

	private readonly groups = new Map<string, Map<string, Group>>();

	private readonly senders = new Map<string, Failure>();

	/**
	 * @param stopAtFailure as in a DeliveryPlan
	 * @param acceptedBefore as in a DeliveryPlan
	 */
	constructor(
		calls: Call[],
		private readonly stopAtFailure: boolean,
		private readonly acceptedBefore: boolean,
	) {
		for (const call of calls) this.groupOf(call).messages += call.length;
	}

	/** Why a call is not to be made, if so. */
	reasonAgainst(call: Call): Failure | undefined {
		return this.halted ?? this.senders.get(call[0].draft.sender) ?? this.groupOf(call).givenUp;
	}

	/**
	 * Whether KPN has refused messages with the same sender and options and accepted none: then it is
	 * to be found out, with few calls at once, whether it takes any. Of few messages each is tried.
	 */
	isDoubtful(call: Call): boolean {
		const { accepted, refused, messages } = this.groupOf(call);
		return !accepted && refused > 0 && messages > REFUSED_ALONE;
	}

	isSameGroup(one: Call, other: Call): boolean {
		return this.groupOf(one) === this.groupOf(other);
	}

	isBusy(call: Call): boolean {
		return this.groupOf(call).inFlight >= CALLS_IN_DOUBT;
	}

	halt(reason: Failure): void {
		this.halted ??= reason;
	}

	starts(call: Call): void {
		this.groupOf(call).inFlight++;
	}

	ends(call: Call, outcome: Outcome): void {
		const group = this.groupOf(call);
		group.inFlight--;
		if (outcome.outcome === 'accepted') group.accepted = true;
		else if (outcome.outcome === 'refused' && !outcome.concernsEveryCall) group.refused++;
	}

	/** A call has failed for good. */
	failed(call: Call, failure: Failure): void {
		// A sender that is not this application's says nothing about the others.
		if (failure.statusCode === 403 && !this.stopAtFailure) {
			this.senders.set(call[0].draft.sender, failure);
			return;
		}
		// In "Stop Workflow" an unknown outcome ends the sending, so that a person can look before more
		// messages are in doubt.
		if (failure.concernsEveryCall || (this.stopAtFailure && failure.outcome === 'unknown')) {
			this.halt(failure);
		}
		if (failure.concernsEveryCall || failure.outcome === 'unknown') return;
		const group = this.groupOf(call);
		group.refusedAlone += call.length;
		if (!group.accepted && group.refusedAlone >= REFUSED_ALONE) {
			group.givenUp ??= allRefused(failure, group);
		}
	}

	private groupOf([{ draft }]: Call): Group {
		// By options and then by sender: a key made of both would be a new text for each call.
		const { options, sender } = draft;
		const bySender = this.groups.get(options.callKey) ?? new Map<string, Group>();
		this.groups.set(options.callKey, bySender);
		const group = bySender.get(sender) ?? {
			messages: 0,
			accepted: this.acceptedBefore,
			inFlight: 0,
			refused: 0,
			refusedAlone: 0,
		};
		bySender.set(sender, group);
		return group;
	}
}

/** There may be nothing wrong with the rest: nobody knows. */
const allRefused = (failure: Failure, { refusedAlone, messages }: Group): Failure => ({
	...failure,
	meaning: `KPN refused all ${refusedAlone} messages that were tried, at random places among the ${messages} with this sender and these options: ${failure.meaning}`,
	advice: 'Check Sender and Options first: they are the same for all of them.',
	retryable: true,
});
