/** What time it is in a history: it passes only when the history says so, for n8n and for KPN alike. */
export class Clock {
	private time = Date.now();

	private sleeping: Array<{ until: number; wake: () => void }> = [];

	/** Epoch milliseconds. */
	readonly now = (): number => this.time;

	readonly sleep = async (milliseconds: number): Promise<void> =>
		await new Promise((wake) => {
			this.sleeping.push({ until: this.time + milliseconds, wake });
		});

	/** Wakes all who have slept long enough by then. */
	passTo(time: number): void {
		this.time = Math.max(this.time, time);
		const due = this.sleeping.filter(({ until }) => until <= this.time);
		this.sleeping = this.sleeping.filter(({ until }) => until > this.time);
		due.sort((a, b) => a.until - b.until);
		for (const { wake } of due) wake();
	}

	/** `Date`, as whoever lives by this clock has it. */
	readonly date = dateBy(this.now);
}

function dateBy(now: () => number): DateConstructor {
	return class extends Date {
		constructor(...given: [] | [number | string]) {
			super(...((given.length === 0 ? [now()] : given) as [number]));
		}

		static override now = now;
	} as unknown as DateConstructor;
}
