import type { Call } from './batch';

/** The calls that are still to be made, in order; what comes back goes first. */
export class PendingCalls {
	/** The next call is the last: taking it costs the same however many there are. */
	private readonly calls: Call[];

	/** @param random 0 to 1, as `Math.random` */
	constructor(
		calls: Call[],
		private readonly random: () => number,
	) {
		this.calls = [...calls].reverse();
	}

	get next(): Call | undefined {
		return this.calls.at(-1);
	}

	take(): void {
		this.calls.pop();
	}

	putBack(call: Call): void {
		this.calls.push(call);
	}

	/** The halves of a call, in any order: where the bad messages are is not known. */
	putBackHalved(call: Call): void {
		const middle = Math.ceil(call.length / 2);
		const halves = [call.slice(0, middle) as Call, call.slice(middle) as Call];
		if (this.random() < 0.5) halves.reverse();
		this.calls.push(...halves);
	}

	/** Goes on somewhere else in the list. */
	jump(): void {
		const last = this.calls.length - 1;
		const other = Math.floor(this.random() * this.calls.length);
		const [one, two] = [this.calls[last], this.calls[other]];
		if (!one || !two) return;
		this.calls[last] = two;
		this.calls[other] = one;
	}
}
