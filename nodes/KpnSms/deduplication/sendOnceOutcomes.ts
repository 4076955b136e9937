import { refused, unknown, type Failure } from '../../shared/failure';
import type { FinalOutcome, Outcome } from '../send/outcome';

/**
 * For a call whose messages other executions have sent, or are sending. Never set on a message:
 * `isNotSent` comes first. `accepted` only keeps breaker and pace from counting it as a failure.
 */
export const NOTHING_TO_SEND: Outcome = {
	outcome: 'accepted',
	documentId: '',
	acceptedBefore: true,
};

export const SENT_BEFORE: FinalOutcome = { outcome: 'sentBefore' };

export const UNKNOWN_ELSEWHERE = unknown(
	'an earlier execution had begun to send it, and it is not on record that KPN took it, so it was not sent again',
	'KPN may have given no clear answer, n8n may have stopped in the middle of it, or another worker may be sending it now. The SMS may or may not arrive: check with the recipient. Delivery Guarantee At Least Once sends again what is unknown, and only that. Send and Wait does not have it: send this one item by itself there, with a new key, for a new key for all would send all again.',
	{ elsewhere: true },
);

/** For a call that cannot be put on record: it must not leave. */
export const notRecorded = (error: unknown): Failure =>
	refused(
		`n8n’s database did not take the note of what is about to be sent: ${(error as Error).message}`,
		'Nothing was sent without it. Send again once n8n’s database answers.',
		{ retryable: true, affectsEveryCall: true },
	);

/** What a message's outcome in another execution means in this one. */
export function outcomeElsewhere(outcome: FinalOutcome): FinalOutcome {
	if (outcome.outcome === 'accepted' || outcome.outcome === 'sentBefore') return SENT_BEFORE;
	return {
		...outcome,
		elsewhere: true,
		meaning: `another execution was sending it at the same moment, and what came of it there is: ${outcome.meaning}`,
	};
}

export function outcomeOfDuplicate(first: FinalOutcome): FinalOutcome {
	if (first.outcome === 'accepted' || first.outcome === 'sentBefore') return SENT_BEFORE;
	return {
		...first,
		meaning: `an earlier item has the same Send Once Per and the same recipient: ${first.meaning}`,
	};
}
