/** A call that was made, as far as the gap between calls goes. */
export interface SpacedCall {
	startedAt: number;
	/** The gap then. */
	gap: number;
	/** How often it had been lengthened: a call made before the last time says nothing of the gap now. */
	timesLengthened: number;
	/** The call before it, until it is known when KPN took one before it. */
	previous?: SpacedCall;
	refused?: boolean;
	answeredAt?: number;
}

/** A refusal so many gaps after the last call that was taken: KPN takes far fewer than it did. */
const OUTLIER_GAPS = 3.5;

/** Between a gap that was refused and one that was enough there is nothing more to find. */
const BRACKET_RATIO = 1.08;

/** How much the gap grows with a refusal once it is nearly right. */
const MIN_BACK_OFF = 0.02;

/** It grows twice as much with each refusal that comes so few calls after another, up to this. */
const STEADY_CALLS = 10;
const MAX_BACK_OFF = 0.16;

/** What was measured since the last refusal is trusted from so many calls on, and up to so much. */
const MIN_MEASURED_CALLS = 3;
const MAX_JUMP = 2;

/** How much of the gap is taken off for each call that was taken: one in a hundred is refused. */
const BASE_STEP = 0.0002;

/** Where so many calls in a row were taken, another third of the gap has been taken off. */
const PROBING_CALLS = 400;

/** No more of the gap is taken off at a time. */
const MAX_STEP = 0.1;

/** The gap is not doubled any more where it is so long. */
const MAX_GAP_MS = 10_000;

/** Responses that are so much closer together than their calls: something on the way held them up. */
const BUNCHING_RATIO = 0.5;

/**
 * The time between the beginnings of two calls, for a KPN that counts calls a second.
 *
 * It is bracketed first: the time since the last call that KPN took is too short where the next is
 * refused, and enough where it is taken; the gap goes to the middle of the two (binary search
 * increase: Xu, Harfoush and Rhee, “Binary Increase Congestion Control”, 2004). Then it is held where
 * some one call in a hundred is refused, by steps up that are so much larger than those down
 * (weighted up-down method: Kaernbach, 1991), which with the network's jitter is a little above the
 * gap that KPN's rate asks for. The longer none is refused, the larger the steps down (CUBIC: RFC
 * 9438). Where KPN took a burst first, what counts is how many calls it takes between two refusals,
 * for until then KPN may still have burst capacity left.
 *
 * When n8n or the network stalls, calls arrive together, whatever the gap. Such a
 * refusal is known by responses that come closer together than their calls went (packet pair: Keshav,
 * 1991), and says nothing of the rate.
 *
 * Milliseconds of one clock throughout.
 */
export class CallGap {
	/** 0 as long as KPN has refused none. */
	length = 0;

	private timesLengthened = 0;

	/** The longest time that was refused, and the shortest that was enough. */
	private tooShort = 0;

	private longEnough = Infinity;

	/** Calls that were taken since one was refused. */
	private takenInRow = 0;

	/** From one refusal to the next KPN takes just what it can: since the last, so many calls. */
	private measuredFrom?: number;

	private takenSinceThen = 0;

	/** Refusals in a row of which each came soon after the last. */
	private refusalsInRow = 0;

	/** Whether KPN takes some calls in a row at once, and refuses only then. */
	private takesBursts = false;

	private lastCall?: SpacedCall;

	start(now: number): SpacedCall {
		this.measuredFrom ??= now - 1;
		const call = {
			startedAt: now,
			gap: this.length,
			timesLengthened: this.timesLengthened,
			previous: this.lastCall,
		};
		this.lastCall = call;
		return call;
	}

	onTaken(call: SpacedCall, now: number): void {
		const spacing = call.startedAt - startOf(lastTakenBefore(call));
		call.answeredAt = now;
		call.previous = undefined;
		if (call.startedAt > (this.measuredFrom ?? 0)) this.takenSinceThen++;
		if (this.length === 0 || call.timesLengthened !== this.timesLengthened) return;
		this.takenInRow++;
		this.longEnough = Math.min(this.longEnough, spacing);
		if (this.isBracketed) {
			this.length *=
				1 - Math.min(MAX_STEP, BASE_STEP + (3 * this.takenInRow ** 2) / PROBING_CALLS ** 3);
		} else {
			this.length = Math.min(this.length, this.middle);
		}
		if (this.length < 1) this.length = 0;
	}

	/** The call did not get to KPN. */
	onNotMade(call: SpacedCall): void {
		call.refused = true;
	}

	/** KPN said that there are too many calls. */
	onRefused(call: SpacedCall, now: number): void {
		const before = lastTakenBefore(call);
		call.refused = true;
		if (call.timesLengthened !== this.timesLengthened) return;
		const spacing = call.startedAt - startOf(before);
		if (before && this.length > 0 && now - (before.answeredAt ?? now) < BUNCHING_RATIO * spacing)
			return;
		this.timesLengthened++;
		if (this.length === 0) {
			const msPerCall = (now - (this.measuredFrom ?? now)) / Math.max(1, this.takenSinceThen);
			this.takesBursts = this.takenSinceThen > 1;
			// The burst made its rate look higher than it is.
			this.length = Math.max(1, this.takesBursts ? 2 * msPerCall : msPerCall);
			this.measureFrom(call.startedAt);
		} else {
			this.lengthen(call, spacing);
			if (this.takenSinceThen >= MIN_MEASURED_CALLS) this.measureFrom(call.startedAt);
		}
		this.takenInRow = 0;
	}

	private lengthen({ startedAt, gap }: SpacedCall, spacing: number): void {
		if (spacing > OUTLIER_GAPS * gap) {
			this.length = Math.min(2 * gap, MAX_GAP_MS);
			this.longEnough = Infinity;
			return;
		}
		if (!this.isBracketed && !this.takesBursts) {
			this.tooShort = Math.max(this.tooShort, spacing);
			if (this.longEnough > this.tooShort) {
				this.length = this.longEnough === Infinity ? 2 * gap : this.middle;
				return;
			}
		}
		this.refusalsInRow = this.takenInRow < STEADY_CALLS ? this.refusalsInRow + 1 : 0;
		const step = Math.min(MAX_BACK_OFF, MIN_BACK_OFF * 2 ** Math.max(0, this.refusalsInRow - 1));
		this.length = gap * (1 + step);
		this.tooShort = this.longEnough = gap;
		if (!this.takesBursts || this.takenSinceThen < MIN_MEASURED_CALLS) return;
		const measured = (startedAt - (this.measuredFrom ?? startedAt)) / this.takenSinceThen;
		this.length = Math.max(this.length, Math.min(measured, MAX_JUMP * gap));
	}

	private measureFrom(at: number): void {
		this.measuredFrom = at;
		this.takenSinceThen = 0;
	}

	private get isBracketed(): boolean {
		return this.longEnough < BRACKET_RATIO * this.tooShort;
	}

	private get middle(): number {
		const share = this.takesBursts ? 0.93 : 0.5;
		return Math.max(share * this.longEnough, Math.sqrt(this.tooShort * this.longEnough));
	}
}

/** The last call that KPN took, or may have taken. */
function lastTakenBefore({ previous }: SpacedCall): SpacedCall | undefined {
	let before = previous;
	while (before?.refused) before = before.previous;
	return before;
}

const startOf = (call: SpacedCall | undefined): number => call?.startedAt ?? -Infinity;
