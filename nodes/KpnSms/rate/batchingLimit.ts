/** n8n's setting Batching: at most so many messages in so many milliseconds. */
export interface Batching {
	/** At least 1. */
	size: number;
	/** 0 sets no limit. */
	intervalMs: number;
}

/** Keeps to a user's Batching, however fast KPN would be. */
export class BatchingLimit {
	private readonly recentCalls: Array<{ at: number; messages: number }> = [];

	private recentMessages = 0;

	constructor(private readonly batching: Batching | undefined) {}

	/** Milliseconds until a call of so many messages may be made. One that is too large goes alone. */
	delay(messages: number, now: number): number {
		if (!this.batching) return 0;
		const { size, intervalMs } = this.batching;
		for (let [first] = this.recentCalls; first; [first] = this.recentCalls) {
			if (first.at + intervalMs > now) break;
			this.recentMessages -= first.messages;
			this.recentCalls.shift();
		}
		const [first] = this.recentCalls;
		const fits = first === undefined || this.recentMessages + messages <= size;
		return fits ? 0 : first.at + intervalMs - now;
	}

	start(messages: number, now: number): void {
		if (!this.batching) return;
		this.recentCalls.push({ at: now, messages });
		this.recentMessages += messages;
	}
}
