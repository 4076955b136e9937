/** What was known when a call was made: handed back with its answer. */
export interface Started {
	at: number;
	/** Only the first refusal since the pace last changed for the worse is news. */
	epoch: number;
	/** The gap that was kept before the call; undefined where it came after a pause. */
	gap?: number;
}

/** Calls at once to begin with: few enough to be a polite guest. */
export const FIRST_WINDOW = 5;

/** Most calls at once: more of them have shown no gain, as n8n opens a connection for each. */
export const LARGEST_WINDOW = 64;

/** An answer that takes so many times as long as the fastest: more calls at once only wait longer. */
const QUEUEING = 2;

/** Milliseconds that an answer may be later than the fastest all the same: this process is busy, too. */
const TOLERANCE_MS = 20;

/** How much of the gap is taken off with each round trip: at most, and at least. */
const LARGEST_STEP = 0.25;
const SMALLEST_STEP = 0.0006;

/** The least is so much for a gap of so many milliseconds; longer ones shrink in the same time. */
const SMALLEST_STEP_GAP_MS = 200;

/** How much longer the gap is made where one that is a little longer was right. */
const BACK_OFF = 1.06;

/** After so many good calls in a row, a refusal means that the gap is too short by a little. */
const STEADY = 10;

/** The gap is not doubled any more where it is so long. */
const LONGEST_GAP_MS = 10_000;

/** The wait before the first try again; it doubles with each. */
const FIRST_WAIT_MS = 500;

/** Longer waits between two tries are no use where KPN answers: there others come and go. */
const LONGEST_WAIT_MS = 2_000;
const LONGEST_WAIT_FOR_ANSWER_MS = 30_000;

/** So long is one attempt at a KPN that has too many calls: before, more tries are no further one. */
const PATIENCE_MS = 5_000;

/**
 * How fast to call a KPN that says neither how many calls it takes at once nor how many a second:
 * a window of calls that are on their way, and a gap between their beginnings.
 *
 * The window is that of TCP's congestion control (RFC 5681): it doubles with each round trip until
 * the first trouble, then grows by one a round trip, and is halved on trouble. The gap grows on a
 * refusal and shrinks while calls are accepted (additive increase and multiplicative decrease of the
 * pace: Chiu and Jain, 1989); the nearer it is to where KPN refused, the slower (as in CUBIC, RFC
 * 9438). After a refusal there is full jitter, so that several executions do not come back together
 * (“Exponential Backoff And Jitter”, AWS Architecture Blog, 2015).
 *
 * All times are milliseconds of one clock. It has no timers and calls nobody.
 */
export class Pace {
	/** Attempts in vain since any call last got through. */
	failures = 0;

	private window = FIRST_WINDOW;

	/** From here on the window grows slowly. */
	private threshold = Infinity;

	private inFlight = 0;

	private lastFull = -Infinity;

	private fastest = Infinity;

	/** 0 as long as KPN has refused none. */
	private gap = 0;

	private gapOfNext = 0;

	/** The last gap at which KPN refused, and the shortest that it bore since. */
	private refusedGap = 0;

	private provenGap = Infinity;

	/** Whether KPN takes some calls in a row at once, and refuses only then. */
	private bursts = false;

	private epoch = 0;

	private startedInEpoch = 0;

	private goodInEpoch = 0;

	/** Tries in a row that all were refused. */
	private vain = 0;

	private countedAt = -Infinity;

	private notBefore = -Infinity;

	/** Between two refusals KPN takes just what it can: since the first of them, so many calls. */
	private takenSince = 0;

	private since?: number;

	private waiting: Array<() => void> = [];

	/** @param random 0 to 1, as `Math.random` */
	constructor(
		private readonly largest: number,
		private readonly random: () => number,
	) {}

	/** Milliseconds until the next call may be made; Infinity: not before another one has ended. */
	wait(now: number): number {
		if (this.inFlight >= Math.floor(this.window)) return Infinity;
		return Math.max(0, this.notBefore - now);
	}

	/** Resolves when the next call has ended. */
	async change(): Promise<void> {
		await new Promise<void>((resolve) => this.waiting.push(resolve));
	}

	/** A call is made now. */
	start(now: number): Started {
		this.since ??= now - 1;
		this.inFlight++;
		const gap = this.startedInEpoch++ === 0 ? undefined : this.gapOfNext;
		this.gapOfNext = this.gap;
		if (this.gap > 0) this.notBefore = now + this.gap;
		if (this.inFlight >= Math.floor(this.window)) this.lastFull = now;
		return { at: now, epoch: this.epoch, gap };
	}

	/** KPN has dealt with a call: it took it, or refused it for what is in it. */
	answered(started: Started, now: number): void {
		this.ended();
		this.failures = 0;
		this.vain = 0;
		if (started.at > (this.since ?? 0)) this.takenSince++;
		this.growWindow(started, now - started.at);
		if (this.gap === 0 || started.epoch !== this.epoch || started.gap === undefined) return;
		this.goodInEpoch++;
		if (this.goodInEpoch > 1) this.provenGap = Math.min(this.provenGap, started.gap);
		this.shrinkGap(started.gap);
	}

	/** There was no need for the call: KPN was not asked. */
	notMade(): void {
		this.ended();
	}

	/** A call ended without an answer: KPN may be overloaded. */
	lost(): void {
		this.ended();
		this.halveWindow();
	}

	/**
	 * KPN had no time for a call, or could not be reached.
	 *
	 * @param askedWait what KPN asked to wait before the next
	 * @param tooMany whether KPN said that there are too many calls: then it is there, and takes some
	 */
	refused(started: Started, now: number, askedWait: number, tooMany: boolean): void {
		this.ended();
		this.notBefore = Math.max(this.notBefore, now + askedWait);
		if (started.epoch !== this.epoch) return;
		const patience = tooMany ? PATIENCE_MS * 2 ** (this.failures - 1) : 0;
		if (this.failures === 0 || now - this.countedAt >= patience) {
			this.failures++;
			this.countedAt = now;
		}
		this.vain++;
		const known = this.gap > 0 && this.vain === 1;
		const steady = known && this.goodInEpoch > 1;
		this.lengthenGap(started, now);
		this.epoch++;
		this.startedInEpoch = 0;
		this.goodInEpoch = 0;

		const longest = tooMany ? LONGEST_WAIT_MS : LONGEST_WAIT_FOR_ANSWER_MS;
		const backOff = Math.min(longest, FIRST_WAIT_MS * 2 ** (this.vain - 1));
		const least = steady ? this.gap : Math.min(this.gap, backOff);
		const jitter = steady ? this.gap : known ? 2 * this.gap : backOff;
		const wait = (tooMany ? least : backOff / 2) + this.random() * jitter;
		this.notBefore = Math.max(this.notBefore, now + askedWait + wait);
	}

	private ended(): void {
		this.inFlight--;
		const { waiting } = this;
		this.waiting = [];
		for (const resolve of waiting) resolve();
	}

	private growWindow({ at }: Started, took: number): void {
		this.fastest = Math.min(this.fastest, took);
		// A larger one helps only if this one was full.
		if (this.lastFull < at) return;
		const limit = QUEUEING * this.fastest + TOLERANCE_MS;
		if (took > limit) {
			this.threshold = Math.min(this.threshold, this.window);
			if (took > 1.5 * limit) this.window = Math.max(FIRST_WINDOW, this.window - 1 / this.window);
			return;
		}
		// With a gap it is that which holds the calls back.
		const more = this.gap > 0 || this.window < this.threshold ? 1 : 1 / this.window;
		this.window = Math.min(this.largest, this.window + more);
	}

	private halveWindow(): void {
		this.window = Math.max(1, this.window / 2);
		this.threshold = this.window;
	}

	/** One step from a gap that KPN has borne: so the gap is never more than a step from such a one. */
	private shrinkGap(good: number): void {
		const distance = (good - this.refusedGap) / good;
		const least = SMALLEST_STEP * Math.max(1, good / SMALLEST_STEP_GAP_MS);
		const step = Math.min(LARGEST_STEP, Math.max(least, distance ** 2));
		this.gap = Math.min(this.gap, good * (1 - step));
		if (this.gap < 1) this.gap = 0;
	}

	private lengthenGap({ at, gap = this.gap }: Started, now: number): void {
		const taken = this.takenSince;
		const span = at - (this.since ?? at);
		if (this.gap === 0) {
			this.halveWindow();
			this.bursts = taken > 1;
			// What it had saved up for a burst made it look quicker than it is.
			const each = (now - (this.since ?? now)) / Math.max(1, taken);
			this.gap = Math.max(1, this.bursts ? 2 * each : each);
			this.measureFrom(at);
			return;
		}
		const longer = gap * BACK_OFF;
		const measured = taken > 0 ? (1.02 * span) / taken : Math.min(2 * gap, LONGEST_GAP_MS);
		// What it bore once and does not bear again, it took from what it had saved up.
		if (gap > 1.03 * this.provenGap + 2) this.bursts = true;
		this.refusedGap = gap;
		if (this.bursts && taken > 2) {
			this.gap = Math.max(longer, measured);
			this.refusedGap = Math.min(Math.max(gap, span / (taken + 1)), 1.5 * gap);
		} else if (this.goodInEpoch >= STEADY) {
			this.gap = longer;
		} else if (this.provenGap > longer && this.provenGap < Infinity) {
			this.gap = Math.sqrt(gap * this.provenGap);
			return;
		} else {
			this.gap = Math.max(longer, measured);
			this.provenGap = Infinity;
			if (taken === 0) this.halveWindow();
			if (taken < 3) return;
		}
		this.measureFrom(at);
	}

	private measureFrom(at: number): void {
		this.since = at;
		this.takenSince = 0;
	}
}
