import type { Call, Message } from './message';

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
