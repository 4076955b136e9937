/** Calls at once to begin with, before anything is known of KPN’s limit. */
export const INITIAL_WINDOW = 5;

/** Most calls at once: more of them have shown no gain, as n8n opens a connection for each. */
export const MAX_WINDOW = 64;

/** A response that takes so many times as long as the fastest: more calls at once only wait longer. */
const QUEUEING_FACTOR = 2;

/** Milliseconds that a response may be later than the fastest all the same: this process has other work, too. */
const TOLERANCE_MS = 20;

/**
 * How many calls are on their way at once: the congestion window of TCP (RFC 5681). It doubles with
 * each round trip until the first trouble, then grows by one a round trip, and is halved on trouble.
 * Responses that grow slow are a sign of trouble before any is lost (as in TCP Vegas: Brakmo and
 * Peterson, 1995).
 */
export class CallWindow {
	private size = INITIAL_WINDOW;

	/** From here on it grows slowly. */
	private threshold = Infinity;

	private inFlight = 0;

	private lastFullAt = -Infinity;

	private fastestMs = Infinity;

	constructor(private readonly max: number) {}

	get isFull(): boolean {
		return this.inFlight >= Math.floor(this.size);
	}

	start(now: number): void {
		this.inFlight++;
		if (this.isFull) this.lastFullAt = now;
	}

	end(): void {
		this.inFlight--;
	}

	/**
	 * KPN has answered a call.
	 *
	 * @param spaced whether it is a gap between calls that holds them back: then more at once do no harm
	 */
	grow(startedAt: number, now: number, spaced: boolean): void {
		const took = now - startedAt;
		this.fastestMs = Math.min(this.fastestMs, took);
		// A larger one helps only if this one was full.
		if (this.lastFullAt < startedAt) return;
		const limit = QUEUEING_FACTOR * this.fastestMs + TOLERANCE_MS;
		if (took > limit) {
			this.threshold = Math.min(this.threshold, this.size);
			if (took > 1.5 * limit) this.size = Math.max(INITIAL_WINDOW, this.size - 1 / this.size);
			return;
		}
		const more = spaced || this.size < this.threshold ? 1 : 1 / this.size;
		this.size = Math.min(this.max, this.size + more);
	}

	halve(): void {
		this.size = Math.max(1, this.size / 2);
		this.threshold = this.size;
	}
}
