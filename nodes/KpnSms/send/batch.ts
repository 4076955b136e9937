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

/**
 * Groups messages into calls: each message in exactly one, none larger than `limit` or than the
 * option Messages per Call, one sender and one set of options a call, and the order of the messages
 * of a group kept.
 */
export function batch(messages: Message[], limit: number): Call[] {
	// By options and then by sender: a key made of both would be a new text for each message.
	const byOptions = new Map<string, Map<string, Call>>();
	const groups: Call[] = [];
	for (const message of messages) {
		const { sender, options } = message.item;
		const bySender = byOptions.get(options.callKey) ?? new Map<string, Call>();
		byOptions.set(options.callKey, bySender);
		const group = bySender.get(sender);
		if (group) {
			group.push(message);
		} else {
			const newGroup: Call = [message];
			bySender.set(sender, newGroup);
			groups.push(newGroup);
		}
	}
	const calls: Call[] = [];
	for (const group of groups) {
		const size = Math.min(limit, group[0].item.options.call.messagesPerCall);
		for (let start = 0; start < group.length; start += size) {
			calls.push(group.slice(start, start + size) as Call);
		}
	}
	return calls;
}
