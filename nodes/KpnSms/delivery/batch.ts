import type { Draft } from './draft';

/** One text to one phone: what is sent once or not at all. */
export interface Message {
	draft: Draft;
	/** E.164. */
	recipient: string;
}

/** The messages of one call: at least one. */
export type Call = [Message, ...Message[]];

/** One message for each recipient of a draft. */
export const messagesOf = (draft: Draft): Message[] =>
	draft.recipients.map((recipient) => ({ draft, recipient }));

/**
 * Groups messages into calls: each message in exactly one, none larger than `limit` or than the
 * option Messages per Call, one sender and one set of options a call, and the order of the messages
 * of a group kept.
 */
export function batch(messages: Message[], limit: number): Call[] {
	const groups = new Map<string, Call>();
	for (const message of messages) {
		const { sender, options } = message.draft;
		const key = `${sender}\n${options.callKey}`;
		const group = groups.get(key);
		if (group) group.push(message);
		else groups.set(key, [message]);
	}
	const calls: Call[] = [];
	for (const group of groups.values()) {
		const size = Math.min(limit, group[0].draft.options.call.messagesPerCall);
		for (let start = 0; start < group.length; start += size) {
			calls.push(group.slice(start, start + size) as Call);
		}
	}
	return calls;
}
