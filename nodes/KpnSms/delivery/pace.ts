import { CallGap, type SpacedCall } from './callGap';
import { CallWindow } from './callWindow';

/** What was known when a call was made: handed back with its answer. */
export interface Started {
	at: number;
	/** Only the first refusal since the pace last changed for the worse is news. */
	epoch: number;
	spaced: SpacedCall;
}

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
 * The window is halved and the gap grows on a refusal, and both recover while calls are accepted.
 * After a refusal there is jitter, so that several executions do not come back together
 * (“Exponential Backoff And Jitter”, AWS Architecture Blog, 2015).
 *
 * All times are milliseconds of one clock. It has no timers and calls nobody.
 */
export class Pace {
	/** Attempts in vain since any call last got through. */
	failures = 0;

	private readonly window: CallWindow;

	private readonly gap = new CallGap();

	private epoch = 0;

	/** Tries in a row that all were refused. */
	private vain = 0;

	private countedAt = -Infinity;

	private notBefore = -Infinity;

	private waiting: Array<() => void> = [];

	/**
	 * @param largest most calls at once
	 * @param random 0 to 1, as `Math.random`
	 */
	constructor(
		largest: number,
		private readonly random: () => number,
	) {
		this.window = new CallWindow(largest);
	}

	/** Milliseconds until the next call may be made; Infinity: not before another one has ended. */
	wait(now: number): number {
		return this.window.isFull ? Infinity : Math.max(0, this.notBefore - now);
	}

	/** Resolves when the next call has ended. */
	async change(): Promise<void> {
		await new Promise<void>((resolve) => this.waiting.push(resolve));
	}

	/** A call is made now. */
	start(now: number): Started {
		this.window.start(now);
		const spaced = this.gap.start(now);
		this.notBefore = now + this.gap.length;
		return { at: now, epoch: this.epoch, spaced };
	}

	/** KPN has dealt with a call: it took it, or refused it for what is in it. */
	answered({ at, spaced }: Started, now: number): void {
		this.ended();
		this.failures = 0;
		this.vain = 0;
		this.window.grow(at, now, this.gap.length > 0);
		this.gap.taken(spaced, now);
	}

	/** There was no need for the call: KPN was not asked. */
	notMade({ spaced }: Started): void {
		this.ended();
		this.gap.notMade(spaced);
	}

	/** A call ended without an answer: KPN may be overloaded. */
	lost(): void {
		this.ended();
		this.window.halve();
	}

	/**
	 * KPN had no time for a call, or could not be reached.
	 *
	 * @param askedWait what KPN asked to wait before the next
	 * @param tooMany whether KPN said that there are too many calls: then it is there, and takes some
	 */
	refused({ epoch, spaced }: Started, now: number, askedWait: number, tooMany: boolean): void {
		this.ended();
		this.notBefore = Math.max(this.notBefore, now + askedWait);
		const isFirst = this.gap.length === 0;
		if (tooMany) this.gap.refuse(spaced, now);
		if (epoch !== this.epoch) return;
		this.epoch++;
		this.countFailure(now, tooMany);
		this.vain++;
		if (!tooMany || isFirst) this.window.halve();
		this.notBefore = Math.max(this.notBefore, now + askedWait + this.backOff(tooMany));
	}

	/** One that is refused at a gap that is nearly right loses its turn, and no more. */
	private backOff(tooMany: boolean): number {
		const longest = tooMany ? LONGEST_WAIT_MS : LONGEST_WAIT_FOR_ANSWER_MS;
		const exponential = Math.min(longest, FIRST_WAIT_MS * 2 ** (this.vain - 1));
		if (!tooMany) return (0.5 + this.random()) * exponential;
		const { length } = this.gap;
		return this.vain === 1
			? this.random() * length
			: (1 + this.random()) * Math.min(length, longest);
	}

	private countFailure(now: number, tooMany: boolean): void {
		const patience = tooMany ? PATIENCE_MS * 2 ** (this.failures - 1) : 0;
		if (this.failures > 0 && now - this.countedAt < patience) return;
		this.failures++;
		this.countedAt = now;
	}

	private ended(): void {
		this.window.end();
		const { waiting } = this;
		this.waiting = [];
		for (const resolve of waiting) resolve();
	}
}
