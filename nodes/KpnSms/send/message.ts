import { unknown, type Failure } from '../../shared/failure';
import type { ValidItem } from '../check/checkItem';
import type { FinalOutcome, Outcome } from './outcome';

/** One text to one phone: what is sent once or not at all. */
export interface Message {
	item: ValidItem;
	/** E.164. */
	recipient: string;
	/** Now or in an earlier try: undefined until it is settled. */
	outcome?: FinalOutcome;
	/** Whether an earlier try, or another execution, may have brought it to KPN. */
	possiblySent?: boolean;
}

/** The outcome of a message. One that was never settled must not pass for sent. */
export const outcomeOf = ({ outcome }: Message): FinalOutcome => outcome ?? NOT_SETTLED;

const NOT_SETTLED = unknown(
	'nothing was heard of it',
	'Check with the recipient before you send it again.',
);

/** Settles a message that an earlier try may have brought to KPN, or not. */
export function settle(message: Message, latest: Outcome): void {
	message.outcome =
		latest.outcome === 'refused' && message.possiblySent ? unknownDespiteRefusal(latest) : latest;
}

/** A refusal now says nothing about an earlier try, of which KPN may have taken the message. */
const unknownDespiteRefusal = (latest: Failure): Failure => ({
	...latest,
	outcome: 'unknown',
	meaning: `an earlier try ended without a clear answer, and this one was not taken: ${latest.meaning}`,
	advice: `The SMS of the earlier try may or may not arrive: check with the recipient before you send it again. ${latest.advice}`,
	notTried: undefined,
	retryable: false,
});

/** The messages of one call: at least one. */
export type Call = [Message, ...Message[]];

/** One message for each recipient of an item. */
export const messagesOf = (item: ValidItem): Message[] =>
	item.recipients.map((recipient) => ({
		item,
		recipient,
		outcome: undefined,
		possiblySent: false,
	}));
