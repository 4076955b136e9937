/** Time that passes only while everybody waits: an hour of it takes a moment. */
export class VirtualTime {
	now = 0;

	private timers: Array<{ at: number; resolve: () => void }> = [];

	sleep = async (milliseconds: number): Promise<void> => {
		const at = this.now + milliseconds;
		await new Promise<void>((resolve) => this.timers.push({ at, resolve }));
	};

	/** Lets time pass until the work is done. */
	async pass<T>(work: Promise<T>): Promise<T> {
		let done = false;
		let idle = 0;
		const end = () => {
			done = true;
		};
		work.then(end, end);
		for (;;) {
			// Whoever can go on without waiting for time does so first.
			await new Promise(setImmediate);
			if (done) return await work;
			const first = this.timers.reduce<{ at: number } | undefined>(
				(one, other) => (one && one.at <= other.at ? one : other),
				undefined,
			);
			if (!first) {
				// What the node does so as not to hold up n8n waits for real.
				if (++idle > 1000) throw new Error('Nothing goes on any more, and the work is not done');
				await new Promise((resolve) => setTimeout(resolve, 1));
				continue;
			}
			idle = 0;
			this.now = first.at;
			const due = this.timers.filter(({ at }) => at === this.now);
			this.timers = this.timers.filter(({ at }) => at !== this.now);
			for (const { resolve } of due) resolve();
		}
	}
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
