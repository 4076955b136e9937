import type { Message } from '../send/message';

/**
 * So many messages are recorded together: on SMS v1 a call is one message, and n8n takes some 20 ms
 * to write its list. Larger calls that are about to leave at the same moment make it more.
 */
const RECORDED_AHEAD = 100;

/**
 * Which messages are recorded together, and when. n8n writes its whole list each time: few writes,
 * then, and what leaves next in one of them.
 */
export class RecordQueue {
	/** What calls wait for. */
	private waiting: Message[] = [];

	/** What may have to be sent, in order. */
	private upcoming: Message[] = [];

	/** Where in `upcoming` the first is that has not been looked at. */
	private upcomingIndex = 0;

	/** @param messages what may have to be sent, in order */
	setUpcoming(messages: Message[]): void {
		this.upcoming = messages;
	}

	add(messages: Message[]): void {
		this.waiting.push(...messages);
	}

	/** Takes what calls wait for, and what leaves next. */
	takeBatch(isUndecided: (message: Message) => boolean): Set<Message> {
		// What was added during the last write may have been decided by it.
		const batch = new Set(this.waiting.filter(isUndecided));
		this.waiting = [];
		while (batch.size < RECORDED_AHEAD && this.upcomingIndex < this.upcoming.length) {
			const next = this.upcoming[this.upcomingIndex++];
			if (next && isUndecided(next)) batch.add(next);
		}
		return batch;
	}
}
