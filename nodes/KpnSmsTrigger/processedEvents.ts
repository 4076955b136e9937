import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';

/** In this process, for each trigger: more than n8n can start in the ten minutes of KPN's attempts. */
const MAX_IN_MEMORY = 60_000;
/** Kept in n8n's database, read and written with every event: about 20 kB. */
const MAX_STORED = 1000;
const ID_CHARACTERS = 12;

/** `storing`: n8n does not have the execution yet, and may fail to store it. */
type State = 'storing' | 'stored';
/** By event id; `at` in epoch seconds. */
type Recent = Map<string, { state: State; at: number }>;

/** By trigger: of two requests at once, each has static data of its own. */
const recentByTrigger = new Map<string, Recent>();

/**
 * The events that a trigger has taken, the oldest forgotten first. KPN delivers at least once: it
 * tries again where it did not see our answer, and can send a report twice.
 */
export class ProcessedEvents {
	private readonly recent: Recent;

	/**
	 * @param stored the node's static data, which n8n saves before it answers
	 * @param trigger what makes the trigger unique in this process; undefined while it is tested
	 * @param canStore whether events may be added to `stored`; if not, only this process knows them
	 */
	constructor(
		private readonly stored: IDataObject,
		trigger?: string,
		private readonly canStore = true,
	) {
		this.recent = (trigger && recentByTrigger.get(trigger)) || new Map();
		if (trigger) recentByTrigger.set(trigger, this.recent);
	}

	state(id: string): State | undefined {
		const state = this.recent.get(id)?.state;
		return state ?? (this.list.some((entry) => entry.startsWith(id)) ? 'stored' : undefined);
	}

	/** To be called before n8n stores the execution. */
	begin = (id: string): void => this.set(id, 'storing');

	/** To be called once n8n has stored it. */
	finish(id: string): void {
		this.set(id, 'stored');
		if (!this.canStore) return;
		// Another process may have saved over what this one had saved: both are merged, by time.
		const own = [...this.recent].slice(-MAX_STORED).filter(([, { state }]) => state === 'stored');
		const merged = new Set([...this.list, ...own.map(([key, { at }]) => key + at.toString(36))]);
		const timeOf = (entry: string) => parseInt(entry.slice(ID_CHARACTERS), 36);
		this.stored.events = [...merged].sort((a, b) => timeOf(a) - timeOf(b)).slice(-MAX_STORED);
	}

	/** If n8n could not store the execution, KPN's next attempt is not a repeat. */
	forgetUnlessStored(id: string): void {
		if (this.recent.get(id)?.state === 'storing') this.recent.delete(id);
	}

	private set(id: string, state: State): void {
		this.recent.delete(id);
		this.recent.set(id, { state, at: Math.floor(Date.now() / 1000) });
		for (const [oldest] of this.recent) {
			if (this.recent.size <= MAX_IN_MEMORY) break;
			this.recent.delete(oldest);
		}
	}

	private get list(): string[] {
		const { events } = this.stored;
		return Array.isArray(events) ? events.filter((one) => typeof one === 'string') : [];
	}
}

/**
 * What makes two events the same: what identifies them, or, where nothing does, all their bytes.
 *
 * @param identities of each event in the body
 */
export function eventId(identities: Array<string | undefined>, body: Buffer): string {
	const identified = identities.every((identity) => identity !== undefined);
	const hash = createHash('sha256').update(identified ? JSON.stringify(identities) : body);
	return hash.digest('base64url').slice(0, ID_CHARACTERS);
}
