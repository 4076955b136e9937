import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import type { Clock } from './clock';
import type { HistoryKpn } from './kpn';
import type { HistoryN8n } from './n8n';

/** Longer than n8n and the trigger wait for an answer of KPN's. */
const TOO_LONG_MS = 8001;

/** Lets time pass in a history, and waits until n8n has done what it has begun. */
export class HistoryTime {
	constructor(
		private readonly clock: Clock,
		private readonly kpn: HistoryKpn,
		private readonly n8ns: HistoryN8n[],
		/** Epoch milliseconds, by the clock, at which KPN sends something next. */
		private readonly deliveries: { readonly nextAt: number },
		private readonly deliver: () => Promise<void>,
	) {}

	/** Epoch milliseconds. */
	get now(): number {
		return this.clock.now();
	}

	/** All happens that is due until then. */
	async passTo(time: number): Promise<void> {
		const { deliveries } = this;
		for (let next = deliveries.nextAt; next <= time; next = deliveries.nextAt) {
			this.clock.passTo(next);
			await this.settle();
			await this.deliver();
		}
		this.clock.passTo(time);
		await this.settle();
	}

	/** Where KPN leaves a call without an answer, time passes until that is given up. */
	async waited(task: Promise<unknown>): Promise<void> {
		let isOver = false;
		const over = task.finally(() => (isOver = true));
		while (!isOver) {
			if (!this.kpn.mayHang) return void (await over);
			const { length } = this.kpn.sandbox.settingsCalls;
			await Promise.race([over, delay(4)]);
			const isStill = this.kpn.sandbox.settingsCalls.length === length;
			if (!isOver && isStill && this.inFlight > 0) this.timeOut();
		}
		await over;
	}

	/** Until nothing goes on in n8n that only needs an answer. */
	async settle(): Promise<void> {
		for (let quiet = 0; quiet < 3; quiet++) {
			await turn();
			if (this.inFlight === 0) continue;
			quiet = -1;
			if (!this.kpn.mayHang) continue;
			const { length } = this.kpn.sandbox.settingsCalls;
			await delay(4);
			if (this.kpn.sandbox.settingsCalls.length === length) this.timeOut();
		}
	}

	private timeOut(): void {
		this.clock.passTo(this.clock.now() + TOO_LONG_MS);
		for (const { processes } of this.n8ns) for (const process of processes) process.timeOut();
	}

	private get inFlight(): number {
		const processes = this.n8ns.flatMap((n8n) => n8n.processes).filter(({ alive }) => alive);
		return processes.reduce((sum, { inFlight }) => sum + inFlight, 0);
	}
}
