import type { Draft } from './draft';

/** One text to one phone: what is sent once or not at all. */
export interface Message {
	itemIndex: number;
	sender: string;
	/** E.164. */
	recipient: string;
	content: string;
}

/** One message for each recipient of a draft. */
export const messagesOf = ({ itemIndex, sender, recipients, content }: Draft): Message[] =>
	recipients.map((recipient) => ({ itemIndex, sender, recipient, content }));

/**
 * Groups messages into calls: each message in exactly one, none larger than `limit`, one sender a
 * call, and the order of a sender's messages kept.
 */
export function batch(messages: Message[], limit: number): Message[][] {
	const bySender = new Map<string, Message[]>();
	for (const message of messages) {
		const group = bySender.get(message.sender);
		if (group) group.push(message);
		else bySender.set(message.sender, [message]);
	}
	const calls: Message[][] = [];
	for (const group of bySender.values()) {
		for (let start = 0; start < group.length; start += limit) {
			calls.push(group.slice(start, start + limit));
		}
	}
	return calls;
}
