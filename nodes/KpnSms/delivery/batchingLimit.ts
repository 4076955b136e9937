/** n8n's setting Batching: at most so many messages in so many milliseconds. */
export interface Batching {
	/** At least 1. */
	size: number;
	/** 0 sets no limit. */
	intervalMs: number;
}

/** Keeps to a user's Batching, however fast KPN would be. */
export class BatchingLimit {
	private readonly started: Array<{ at: number; messages: number }> = [];

	private recent = 0;

	constructor(private readonly batching: Batching | undefined) {}

	/** Milliseconds until a call of so many messages may be made. One that is too large goes alone. */
	wait(messages: number, now: number): number {
		if (!this.batching) return 0;
		const { size, intervalMs } = this.batching;
		for (let [first] = this.started; first; [first] = this.started) {
			if (first.at + intervalMs > now) break;
			this.recent -= first.messages;
			this.started.shift();
		}
		const [first] = this.started;
		const fits = first === undefined || this.recent + messages <= size;
		return fits ? 0 : first.at + intervalMs - now;
	}

	start(messages: number, now: number): void {
		if (!this.batching) return;
		this.started.push({ at: now, messages });
		this.recent += messages;
	}
}
