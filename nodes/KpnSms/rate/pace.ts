import { CallGap, type SpacedCall } from './callGap';
import { CallWindow } from './callWindow';

/** What was known when a call was made: handed back with its response. */
export interface StartedCall {
	startedAt: number;
	/** How often the pace had been lowered: only the first refusal since the last time counts. */
	timesLowered: number;
	spaced: SpacedCall;
}

/** The wait before the first try again; it doubles with each. */
const INITIAL_WAIT_MS = 500;

/** Where KPN answers, longer waits do not help: its load changes quickly. */
const MAX_WAIT_MS = 2_000;
const MAX_WAIT_UNAVAILABLE_MS = 30_000;

/** So long is one attempt at a KPN that has too many calls: before, more tries are no further one. */
const ATTEMPT_MS = 5_000;

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
	/** Failed attempts since a call last succeeded. */
	failures = 0;

	private readonly window: CallWindow;

	private readonly gap = new CallGap();

	private timesLowered = 0;

	/** Tries in a row that all were refused. */
	private failuresInRow = 0;

	private failureCountedAt = -Infinity;

	private notBefore = -Infinity;

	private waiters: Array<() => void> = [];

	/**
	 * @param maxCalls most calls at once
	 * @param random 0 to 1, as `Math.random`
	 */
	constructor(
		maxCalls: number,
		private readonly random: () => number,
	) {
		this.window = new CallWindow(maxCalls);
	}

	/** Milliseconds until the next call may be made; Infinity: not before another one has ended. */
	delay(now: number): number {
		return this.window.isFull ? Infinity : Math.max(0, this.notBefore - now);
	}

	/** Resolves when the next call has ended. */
	async nextCallEnd(): Promise<void> {
		await new Promise<void>((resolve) => this.waiters.push(resolve));
	}

	/** A call is made now. */
	start(now: number): StartedCall {
		this.window.start(now);
		const spaced = this.gap.start(now);
		this.notBefore = now + this.gap.length;
		return { startedAt: now, timesLowered: this.timesLowered, spaced };
	}

	/** KPN has dealt with a call: it took it, or refused it for what is in it. */
	onAnswered({ startedAt, spaced }: StartedCall, now: number): void {
		this.onEnded();
		this.failures = 0;
		this.failuresInRow = 0;
		this.window.grow(startedAt, now, this.gap.length > 0);
		this.gap.onTaken(spaced, now);
	}

	/** There was no need for the call: KPN was not asked. */
	onNotMade({ spaced }: StartedCall): void {
		this.onEnded();
		this.gap.onNotMade(spaced);
	}

	/** A call ended without a response: KPN may be overloaded. */
	onLost(): void {
		this.onEnded();
		this.window.halve();
	}

	/**
	 * KPN answered 429 or 503, or could not be reached.
	 *
	 * @param requestedWaitMs what KPN asked to wait before the next
	 * @param tooMany whether KPN said that there are too many calls: then it is there, and takes some
	 */
	onUnavailable(
		{ timesLowered, spaced }: StartedCall,
		now: number,
		requestedWaitMs: number,
		tooMany: boolean,
	): void {
		this.onEnded();
		this.notBefore = Math.max(this.notBefore, now + requestedWaitMs);
		const isFirst = this.gap.length === 0;
		if (tooMany) this.gap.onRefused(spaced, now);
		if (timesLowered !== this.timesLowered) return;
		this.timesLowered++;
		this.countFailure(now, tooMany);
		this.failuresInRow++;
		if (!tooMany || isFirst) this.window.halve();
		this.notBefore = Math.max(this.notBefore, now + requestedWaitMs + this.backOff(tooMany));
	}

	/** One that is refused at a gap that is nearly right loses its turn, and no more. */
	private backOff(tooMany: boolean): number {
		const longest = tooMany ? MAX_WAIT_MS : MAX_WAIT_UNAVAILABLE_MS;
		const exponential = Math.min(longest, INITIAL_WAIT_MS * 2 ** (this.failuresInRow - 1));
		if (!tooMany) return (0.5 + this.random()) * exponential;
		const { length } = this.gap;
		return this.failuresInRow === 1
			? this.random() * length
			: (1 + this.random()) * Math.min(length, longest);
	}

	private countFailure(now: number, tooMany: boolean): void {
		const attemptMs = tooMany ? ATTEMPT_MS * 2 ** (this.failures - 1) : 0;
		if (this.failures > 0 && now - this.failureCountedAt < attemptMs) return;
		this.failures++;
		this.failureCountedAt = now;
	}

	private onEnded(): void {
		this.window.end();
		const { waiters } = this;
		this.waiters = [];
		for (const resolve of waiters) resolve();
	}
}
