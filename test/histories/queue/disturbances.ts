import { setTimeout as delay } from 'node:timers/promises';

import type { RunningN8n } from '../../../dev/n8n/run';
import type { QueueMode } from '../../support/queue/queueMode';
import type { Disturbance } from './history';

/** So long after the last send call nobody sends any more. */
const STILL_MS = 5000;

/** So long it takes n8n at most to notice that its database or queue is there again. */
const RECONNECTING_MS = 5000;

/** How often a process of n8n's is started that does not come up, as its database is away again. */
const TRIES = 5;

/** Does to a running n8n what a history says, and sees to it that all of it runs again. */
export class Disturbances {
	readonly counts: Record<string, number> = {};

	/** When n8n had to do without its database or its queue, in ms since 1970. */
	private readonly outages: Array<{ from: number; to: number }> = [];

	private readonly starting = new Set<Promise<void>>();

	private mainStart = Promise.resolve();

	/** @param calls how many send calls there have been */
	constructor(
		private readonly n8n: QueueMode,
		private readonly calls: () => number,
	) {}

	/** Does them one after the other; what is left once all is over is not done any more. */
	async run(disturbances: Disturbance[], over: AbortSignal): Promise<void> {
		for (const one of disturbances) {
			await this.untilCalls(this.calls() + one.afterCalls, over);
			if (over.aborted) break;
			await this.disturb(one);
			await this.revive();
		}
		while (!over.aborted) {
			await this.revive();
			await delay(200);
		}
	}

	/** Resolves once all parts of n8n run. */
	async ended(): Promise<void> {
		await Promise.all(this.starting);
		await this.revive();
		await Promise.all(this.starting);
	}

	/** Whether n8n had to do without its database or its queue at some moment of these. */
	isDisturbed(from: number, to: number): boolean {
		return this.outages.some((outage) => outage.from <= to && outage.to >= from);
	}

	private async untilCalls(count: number, over: AbortSignal): Promise<void> {
		let seen = this.calls();
		let since = Date.now();
		while (this.calls() < count && Date.now() - since < STILL_MS && !over.aborted) {
			await delay(2);
			if (this.calls() === seen) continue;
			seen = this.calls();
			since = Date.now();
		}
	}

	private async disturb({ what, awayMs, worker }: Disturbance): Promise<void> {
		const { n8n } = this;
		this.count(what);
		if (what === 'kill a worker' || what === 'kill all workers') {
			if (n8n.workers.length === 0) await Promise.all(this.starting);
			const count = what === 'kill all workers' ? n8n.workers.length : 1;
			for (let left = count; left > 0; left--) {
				await n8n.killWorker(worker % Math.max(1, n8n.workers.length));
				void this.start(async () => await n8n.addWorker());
			}
		} else if (what === 'kill main' || what === 'restart main') {
			await this.mainStart;
			this.restartMain(what === 'kill main' ? 'kill' : 'stop');
		} else {
			const outage = { from: Date.now(), to: Infinity };
			this.outages.push(outage);
			await n8n[what === 'restart Redis' ? 'redis' : 'postgres'].restart(awayMs);
			outage.to = Date.now() + RECONNECTING_MS;
		}
	}

	private restartMain(end: 'stop' | 'kill'): void {
		this.mainStart = this.start(async () => await this.n8n.restartMain(end));
	}

	/** Starts what has ended by itself, as whoever runs n8n in earnest has it. */
	private async revive(): Promise<void> {
		const { n8n } = this;
		for (const [index, worker] of [...n8n.workers.entries()].reverse()) {
			if (!(await hasEnded(worker))) continue;
			this.count('processes that ended by themselves');
			await n8n.killWorker(index);
			void this.start(async () => await n8n.addWorker());
		}
		const isStarting = this.starting.size > 0;
		if (isStarting || !(await hasEnded(n8n.main))) return;
		this.count('processes that ended by themselves');
		this.restartMain('kill');
	}

	private async start(begin: () => Promise<void>): Promise<void> {
		const started = (async () => {
			for (let attempt = 1; ; attempt++) {
				try {
					return await begin();
				} catch (error) {
					if (attempt === TRIES) throw error;
					await delay(1000);
				}
			}
		})();
		this.starting.add(started);
		// What does not start is known to whoever waits for the end.
		await started.then(
			() => this.starting.delete(started),
			() => {},
		);
	}

	private count(what: string): void {
		this.counts[what] = (this.counts[what] ?? 0) + 1;
	}
}

const hasEnded = async ({ ended }: RunningN8n): Promise<boolean> =>
	await Promise.race([ended.then(() => true), delay(0, false)]);
