import { sleep, type DeduplicationHelperFunctions } from 'n8n-workflow';

import type { KpnContext } from '../send/kpnContext';

/** What is on record of a key: nothing; that its message was begun, without an outcome; that KPN has it. */
export type KeyState = 'new' | 'begun' | 'sent';

/** n8n's list of processed entries has no values, so a key's state is which of these entries it has. */
const BEGUN = 'begun ';
const SENT = 'sent ';

/** An entry of one execution: while it is in the list, no other worker has overwritten what was recorded. */
const MARK = 'mark ';

/** How often entries that another worker has overwritten are recorded again. */
const MAX_TRIES = 3;

/** As long as another worker may take to write a list that it has read, from how long this one took. */
const overwriteWindowMs = (tookMs: number): number => Math.min(Math.max(2 * tookMs, 20), 200);

/** How many entries of n8n's list a key takes. */
const ENTRIES_PER_KEY = 2;

/** Spare room, as the first entries of keys that were begun together are next to each other in the list. */
const SPARE_ENTRIES = 2000;

/**
 * n8n looks each key up from the start of its list to remove it, with the event loop held: so many
 * take some 20 ms of a list of 20,000.
 */
const REMOVE_CHUNK = 200;

/**
 * The keys of one node, in n8n's database, where they outlive the execution: hashes, in one list for
 * each workflow and node, which n8n reads and writes as a whole and without a lock. Within this
 * process, executions take turns at it. n8n can look up only by recording, and remove.
 */
export class KeyStore {
	private constructor(
		private readonly list: DeduplicationHelperFunctions,
		/** The same for all executions of the node in this process. */
		readonly id: string,
	) {}

	/** Undefined where n8n gives the node no store: within the turn of an AI Agent. */
	static of(context: KpnContext): KeyStore | undefined {
		const { helpers } = context;
		if (!('checkProcessedAndRecord' in helpers)) return undefined;
		return new KeyStore(helpers, `${context.getWorkflow().id} ${context.getNode().id}`);
	}

	/** Records that the messages of keys begin, and that others have been sent; says what was there. */
	async begin(keys: string[], sent: string[]): Promise<Map<string, KeyState>> {
		return await this.withLock(async () => (await this.recordBegun(keys, sent)).states);
	}

	/**
	 * As `begin`, and then makes sure that another worker, which had read the list a moment before, has
	 * not written over it: two executions that start together would both find their keys new.
	 *
	 * @param mark unique to the run; pass the same one to `finish`
	 */
	async beginExclusively(keys: string[], mark: string): Promise<Map<string, KeyState>> {
		for (let tries = 1; ; tries++) {
			const since = Date.now();
			const marks = [`${MARK}${mark} ${tries}`];
			const states = await this.withLock(
				async () => (await this.recordBegun(keys, [], marks)).states,
			);
			await sleep(overwriteWindowMs(Date.now() - since));
			const remaining = await this.withLock(async () => await this.record(marks));
			if (remaining.size > 0 || tries === MAX_TRIES) return states;
		}
	}

	/** The states of keys; the list is as before afterwards. */
	async findStates(keys: string[]): Promise<Map<string, KeyState>> {
		const states = new Map<string, KeyState>();
		for (const chunk of chunksOf(keys, REMOVE_CHUNK)) {
			await this.withLock(async () => {
				const found = await this.recordBegun(chunk, []);
				await this.remove(found.added);
				for (const [key, state] of found.states) states.set(key, state);
			});
		}
		return states;
	}

	/**
	 * Records that messages have been sent, and that others surely have not; then removes the
	 * oldest keys beyond `remember`. Not earlier: what a run still asks for may be among them.
	 */
	async finish(sent: string[], released: string[], mark: string, remember: number): Promise<void> {
		const marks = Array.from({ length: MAX_TRIES }, (_, index) => `${MARK}${mark} ${index + 1}`);
		await this.withLock(async () => {
			await this.remove([...released.map((key) => BEGUN + key), ...marks]);
			await this.record(sent.flatMap(entriesOf), remember * ENTRIES_PER_KEY + SPARE_ENTRIES);
		});
	}

	/** Forgets all keys of the node. */
	async clear(): Promise<void> {
		await this.withLock(async () => {
			await this.list.clearAllProcessedItems('node', { mode: 'entries' });
		});
	}

	/**
	 * Both entries of what was sent are recorded: another worker that wrote the list at the same time
	 * may have dropped the first. Looking for the second entry of a message without an outcome records
	 * it, so it is removed at once.
	 */
	private async recordBegun(
		keys: string[],
		sent: string[],
		marks: string[] = [],
	): Promise<{ states: Map<string, KeyState>; added: string[] }> {
		const begun = keys.map((key) => BEGUN + key);
		const recorded = await this.record([...marks, ...sent.flatMap(entriesOf), ...begun]);
		const begunKeys = keys.filter((key) => recorded.has(BEGUN + key));
		const sentEntries = begunKeys.map((key) => SENT + key);
		const found = begunKeys.length > 0 ? await this.record(sentEntries) : new Set<string>();
		await this.remove(sentEntries.filter((entry) => !found.has(entry)));
		const stateOf = (key: string): KeyState => {
			if (!recorded.has(BEGUN + key)) return 'new';
			return found.has(SENT + key) ? 'sent' : 'begun';
		};
		return {
			states: new Map(keys.map((key) => [key, stateOf(key)])),
			added: begun.filter((entry) => !recorded.has(entry)),
		};
	}

	/** @returns those that were in the list before */
	private async record(entries: string[], maxEntries?: number): Promise<Set<string>> {
		const { processed } = await this.list.checkProcessedAndRecord(entries, 'node', {
			mode: 'entries',
			maxEntries,
		});
		return new Set(processed.map(String));
	}

	private async remove(entries: string[]): Promise<void> {
		for (const chunk of chunksOf(entries, REMOVE_CHUNK)) {
			await this.list.removeProcessed(chunk, 'node', { mode: 'entries' });
		}
	}

	private async withLock<T>(work: () => Promise<T>): Promise<T> {
		const result = (locks.get(this.id) ?? Promise.resolve()).then(work);
		const done = result.then(
			() => {},
			() => {},
		);
		locks.set(this.id, done);
		try {
			return await result;
		} finally {
			if (locks.get(this.id) === done) locks.delete(this.id);
		}
	}
}

/** The last turn at each list. */
const locks = new Map<string, Promise<void>>();

const entriesOf = (key: string): string[] => [BEGUN + key, SENT + key];

function chunksOf<T>(list: T[], size: number): T[][] {
	const chunks: T[][] = [];
	for (let start = 0; start < list.length; start += size) {
		chunks.push(list.slice(start, start + size));
	}
	return chunks;
}
