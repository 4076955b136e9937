/** A call that was made, as far as the gap between calls goes. */
export interface SpacedCall {
	at: number;
	/** The gap then. */
	gap: number;
	/** How often it had been lengthened: what comes of a call before the last time is no news. */
	epoch: number;
	/** The call before it, until it is known when KPN took one before it. */
	previous?: SpacedCall;
	refused?: boolean;
	answeredAt?: number;
}

/** A refusal so many gaps after the last call that was taken: KPN takes far fewer than it did. */
const FAR_OFF = 3.5;

/** Between a gap that was refused and one that was enough there is nothing more to find. */
const CLOSE = 1.08;

/** How much the gap grows with a refusal once it is nearly right. */
const BACK_OFF = 0.02;

/** It grows twice as much with each refusal that comes so few calls after another, up to this. */
const STEADY = 10;
const LARGEST_BACK_OFF = 0.16;

/** What was measured since the last refusal is trusted from so many calls on, and up to so much. */
const ENOUGH_CALLS = 3;
const LARGEST_JUMP = 2;

/** How much of the gap is taken off for each call that was taken: one in a hundred is refused. */
const STEP = 0.0002;

/** Where so many calls in a row were taken, another third of the gap has been taken off. */
const PROBING_CALLS = 400;

/** No more of the gap is taken off at a time. */
const LARGEST_STEP = 0.1;

/** The gap is not doubled any more where it is so long. */
const LONGEST_GAP_MS = 10_000;

/** Answers that are so much closer together than their calls: something on the way held them up. */
const BUNCHED = 0.5;

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
 * for until then it may live on what it had saved up.
 *
 * When n8n or the network halts for a moment, calls arrive all at once, whatever the gap. Such a
 * refusal is known by answers that come closer together than their calls went (packet pair: Keshav,
 * 1991), and says nothing of the rate.
 *
 * Milliseconds of one clock throughout.
 */
export class CallGap {
	/** 0 as long as KPN has refused none. */
	length = 0;

	private epoch = 0;

	/** The longest time that was refused, and the shortest that was enough. */
	private refused = 0;

	private enough = Infinity;

	/** Calls that were taken since one was refused. */
	private row = 0;

	/** From one refusal to the next KPN takes just what it can: since the last, so many calls. */
	private since?: number;

	private takenSince = 0;

	/** Refusals in a row of which each came soon after the last. */
	private again = 0;

	/** Whether KPN takes some calls in a row at once, and refuses only then. */
	private bursts = false;

	private last?: SpacedCall;

	start(now: number): SpacedCall {
		this.since ??= now - 1;
		const call = { at: now, gap: this.length, epoch: this.epoch, previous: this.last };
		this.last = call;
		return call;
	}

	taken(call: SpacedCall, now: number): void {
		const space = call.at - timeOf(takenBefore(call));
		call.answeredAt = now;
		call.previous = undefined;
		if (call.at > (this.since ?? 0)) this.takenSince++;
		if (this.length === 0 || call.epoch !== this.epoch) return;
		this.row++;
		this.enough = Math.min(this.enough, space);
		if (this.isBracketed) {
			this.length *= 1 - Math.min(LARGEST_STEP, STEP + (3 * this.row ** 2) / PROBING_CALLS ** 3);
		} else {
			this.length = Math.min(this.length, this.middle);
		}
		if (this.length < 1) this.length = 0;
	}

	/** The call did not get to KPN. */
	notMade(call: SpacedCall): void {
		call.refused = true;
	}

	/** KPN said that there are too many calls. */
	refuse(call: SpacedCall, now: number): void {
		const before = takenBefore(call);
		call.refused = true;
		if (call.epoch !== this.epoch) return;
		const space = call.at - timeOf(before);
		if (before && this.length > 0 && now - (before.answeredAt ?? now) < BUNCHED * space) return;
		this.epoch++;
		if (this.length === 0) {
			const each = (now - (this.since ?? now)) / Math.max(1, this.takenSince);
			this.bursts = this.takenSince > 1;
			// What it had saved up made it look quicker than it is.
			this.length = Math.max(1, this.bursts ? 2 * each : each);
			this.measureFrom(call.at);
		} else {
			this.lengthen(call, space);
			if (this.takenSince >= ENOUGH_CALLS) this.measureFrom(call.at);
		}
		this.row = 0;
	}

	private lengthen({ at, gap }: SpacedCall, space: number): void {
		if (space > FAR_OFF * gap) {
			this.length = Math.min(2 * gap, LONGEST_GAP_MS);
			this.enough = Infinity;
			return;
		}
		if (!this.isBracketed && !this.bursts) {
			this.refused = Math.max(this.refused, space);
			if (this.enough > this.refused) {
				this.length = this.enough === Infinity ? 2 * gap : this.middle;
				return;
			}
		}
		this.again = this.row < STEADY ? this.again + 1 : 0;
		const step = Math.min(LARGEST_BACK_OFF, BACK_OFF * 2 ** Math.max(0, this.again - 1));
		this.length = gap * (1 + step);
		this.refused = this.enough = gap;
		if (!this.bursts || this.takenSince < ENOUGH_CALLS) return;
		const measured = (at - (this.since ?? at)) / this.takenSince;
		this.length = Math.max(this.length, Math.min(measured, LARGEST_JUMP * gap));
	}

	private measureFrom(at: number): void {
		this.since = at;
		this.takenSince = 0;
	}

	private get isBracketed(): boolean {
		return this.enough < CLOSE * this.refused;
	}

	private get middle(): number {
		const largest = this.bursts ? 0.93 : 0.5;
		return Math.max(largest * this.enough, Math.sqrt(this.refused * this.enough));
	}
}

/** The last call that KPN took, or may have taken. */
function takenBefore({ previous }: SpacedCall): SpacedCall | undefined {
	let before = previous;
	while (before?.refused) before = before.previous;
	return before;
}

const timeOf = (call: SpacedCall | undefined): number => call?.at ?? -Infinity;
