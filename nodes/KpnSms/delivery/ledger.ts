import { createHash } from 'node:crypto';

import type { IDataObject } from 'n8n-workflow';

import type { Message } from './batch';
import type { Draft } from './draft';
import type { Outcome } from './outcome';

/** `unknown` stands for a message that a call was made for and whose outcome nobody knows. */
export type LedgerEntry = { documentId: string } | 'unknown';

/** Entries by a hash of the recipient: the context is stored with the execution. */
type Entries = Record<string, string>;

/**
 * What a run of the node has already settled, kept in the node's context, which n8n hands back on
 * Retry On Fail and on "Retry execution". All runs of the node in an execution share that object,
 * and several may write into it at once.
 *
 * A message is found by its run, its item and its recipient, not by its text: a text with the time
 * of day in it is still the same message when it is tried again.
 *
 * It is written before each call, so that an execution that is cut off never forgets a message
 * that may have left.
 */
export class Ledger {
	private readonly items: Record<string, Entries>;

	/**
	 * @param context the node's context object
	 * @param run tells apart the runs of a node in a loop; the same for all tries of one run
	 * @param itemKey tells apart the items of a run; the same for all tries of one item
	 */
	constructor(
		context: IDataObject,
		run: string,
		private readonly itemKey: (draft: Draft) => string = ({ itemIndex }) => String(itemIndex),
	) {
		const runs = (context.kpnSmsLedger ??= {}) as Record<string, Record<string, Entries>>;
		this.items = runs[run] ??= {};
	}

	/** How many messages of the run have been accepted in earlier tries. */
	get acceptedBefore(): number {
		const entries = Object.values(this.items).flatMap((item) => Object.values(item));
		return entries.filter((entry) => entry !== UNKNOWN).length;
	}

	find({ draft, recipient }: Message): LedgerEntry | undefined {
		const entry = this.items[this.itemKey(draft)]?.[hash(recipient)];
		if (entry === undefined) return undefined;
		return entry === UNKNOWN ? 'unknown' : { documentId: entry };
	}

	starts({ draft, recipient }: Message): void {
		this.entriesOf(draft)[hash(recipient)] = UNKNOWN;
	}

	settles({ draft, recipient }: Message, outcome: Outcome): void {
		const entries = this.entriesOf(draft);
		if (outcome.outcome === 'accepted') entries[hash(recipient)] = outcome.documentId;
		else if (outcome.outcome === 'unknown') entries[hash(recipient)] = UNKNOWN;
		else delete entries[hash(recipient)];
	}

	/** For an item whose result the workflow has got: also what it had another recipient for. */
	forget(draft: Draft): void {
		delete this.items[this.itemKey(draft)];
	}

	private entriesOf(draft: Draft): Entries {
		return (this.items[this.itemKey(draft)] ??= {});
	}
}

const UNKNOWN = '?';

export const hash = (text: string): string =>
	createHash('sha256').update(text).digest('base64url').slice(0, 16);
