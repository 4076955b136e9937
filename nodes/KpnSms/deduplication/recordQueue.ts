import { sleep } from 'n8n-workflow';

import type { Message } from '../send/batch';

/**
 * So many messages are recorded together: on SMS v1 a call is one message, and n8n takes some 20 ms
 * to write its list. Larger calls that are about to leave at the same moment make it more.
 */
const RECORDED_AHEAD = 100;

/** So long a call waits for those that are about to end, to be recorded together with what follows them. */
const BATCH_WAIT_MS = 20;

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

	private callsInFlight = 0;

	private onIdle = () => {};

	/** @param messages what may have to be sent, in order */
	setUpcoming(messages: Message[]): void {
		this.upcoming = messages;
	}

	add(messages: Message[]): void {
		this.waiting.push(...messages);
	}

	/** Makes a call. */
	async during<T>(call: () => Promise<T>): Promise<T> {
		this.callsInFlight++;
		try {
			return await call();
		} finally {
			if (--this.callsInFlight === 0) this.onIdle();
		}
	}

	/** Waits until it is worth recording a batch. */
	async waitForBatch(): Promise<void> {
		if (this.callsInFlight === 0) return await Promise.resolve();
		const idle = new Promise<void>((resolve) => (this.onIdle = resolve));
		await Promise.race([idle, sleep(BATCH_WAIT_MS)]);
		// What follows the last of them is added in a moment.
		await sleep(0);
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
