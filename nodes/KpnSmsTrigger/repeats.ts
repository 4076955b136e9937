import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';

/** Kept in n8n's database, read and written with every event: about 15 kB. */
const STORED = 1000;
/** Kept in this process. */
const RUNNING = 5000;

/** What the triggers of this process have taken, by trigger: the static data of two requests at once do not know of each other. */
const processes = new Map<string, Set<string>>();

/**
 * The deliveries that a trigger has taken, the oldest forgotten first. KPN delivers at least once:
 * it tries again where it did not see our answer, and can send a report twice.
 */
export class Repeats {
	/**
	 * @param stored the node's static data, which n8n saves once the event has been answered
	 * @param scope what makes the trigger unique in this process; undefined while it is tested
	 */
	constructor(
		private readonly stored: IDataObject,
		private readonly scope?: string,
	) {}

	has(delivery: string): boolean {
		return this.running.has(delivery) || this.list.includes(delivery);
	}

	add(delivery: string): void {
		const { running } = this;
		running.add(delivery);
		for (const oldest of running) {
			if (running.size <= RUNNING) break;
			running.delete(oldest);
		}
		// Of two requests at once, the later one saves over what the earlier one has saved.
		const older = this.list.filter((one) => !running.has(one));
		this.stored.taken = [...older, ...running].slice(-STORED);
	}

	/** For a delivery that n8n could not start an execution for: KPN's next attempt is no repeat. */
	forget(delivery: string): void {
		this.running.delete(delivery);
		this.stored.taken = this.list.filter((one) => one !== delivery);
	}

	private get list(): string[] {
		const { taken } = this.stored;
		return Array.isArray(taken) ? taken.filter((one) => typeof one === 'string') : [];
	}

	private get running(): Set<string> {
		if (this.scope === undefined) return new Set();
		const known = processes.get(this.scope) ?? new Set();
		processes.set(this.scope, known);
		return known;
	}
}

/**
 * What makes two deliveries the same: the same bytes. Another status of the same message has other
 * bytes. Where the account has excluded all that tells messages apart, equal bytes can come from
 * two of them: then only the same timestamp makes a repeat, for an event twice is better than lost.
 */
export function deliveryOf(body: Buffer, identified: boolean, timestamp: number): string {
	const hash = createHash('sha256').update(body);
	if (!identified) hash.update(`\n${timestamp}`);
	return hash.digest('base64url').slice(0, 12);
}
