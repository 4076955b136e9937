import type { Call } from './message';

/** The calls that are still to be made, in order; what comes back goes first. */
export class CallQueue {
	/** A stack: the next call is the last one. */
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

	/** Takes the next call. */
	take(): void {
		this.calls.pop();
	}

	putBack(call: Call): void {
		this.calls.push(call);
	}

	putBackHalved(call: Call): void {
		const middle = Math.ceil(call.length / 2);
		this.calls.push(call.slice(middle) as Call, call.slice(0, middle) as Call);
	}

	/**
	 * Picks a message at random and makes it the next call, alone.
	 *
	 * @param among which calls to look in: at least one
	 * @returns that call
	 */
	isolate(among: (call: Call) => boolean): Call {
		const candidates = [...this.calls.keys()].filter((index) => among(this.callAt(index)));
		const count = candidates.reduce((sum, index) => sum + this.callAt(index).length, 0);
		let position = Math.floor(this.random() * count);
		const chosen = candidates.find((index) => (position -= this.callAt(index).length) < 0);
		if (chosen === undefined) throw new Error('There is no call to look in');
		const call = this.callAt(chosen);
		const [message, ...rest] = [...call.slice(position), ...call.slice(0, position)] as Call;
		this.calls[chosen] = this.callAt(this.calls.length - 1);
		this.calls.pop();
		const [first, ...others] = rest;
		if (first) this.calls.push([first, ...others]);
		this.calls.push([message]);
		return this.callAt(this.calls.length - 1);
	}

	private callAt(index: number): Call {
		const call = this.calls[index];
		if (!call) throw new Error('There is no such call');
		return call;
	}
}
