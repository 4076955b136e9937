import { createHash } from 'node:crypto';

import type { IDataObject } from 'n8n-workflow';

import type { Message } from './batch';
import type { Outcome } from './outcome';

/** `unknown` stands for a message that a call was made for and whose outcome nobody knows. */
export type LedgerEntry = { documentId: string } | 'unknown';

/**
 * What this execution has already settled, kept in the node's context, which n8n hands back on
 * Retry On Fail and on "Retry execution". A message is found by its item and its recipient, not by
 * its text: a text with the time of day in it is still the same message when it is tried again.
 *
 * It is written before each call, so that an execution that is cut off never forgets a message
 * that may have left.
 */
export class Ledger {
	private readonly entries: Record<string, string>;

	private readonly keys = new Map<Message, string>();

	/**
	 * @param context the node's context object
	 * @param scope tells apart what shares a context: the calls that an AI Agent makes of one tool
	 */
	constructor(
		context: IDataObject,
		private readonly scope?: (message: Message) => string,
	) {
		this.entries = { ...(context.kpnSmsLedger as Record<string, string> | undefined) };
		context.kpnSmsLedger = this.entries;
	}

	find(message: Message): LedgerEntry | undefined {
		const entry = this.entries[this.key(message)];
		if (entry === undefined) return undefined;
		return entry === UNKNOWN ? 'unknown' : { documentId: entry };
	}

	starts(message: Message): void {
		this.entries[this.key(message)] = UNKNOWN;
	}

	settles(message: Message, outcome: Outcome): void {
		const key = this.key(message);
		if (outcome.outcome === 'accepted') this.entries[key] = outcome.documentId;
		else if (outcome.outcome === 'unknown') this.entries[key] = UNKNOWN;
		else delete this.entries[key];
	}

	/** For a message whose result the workflow has got. */
	forget(message: Message): void {
		delete this.entries[this.key(message)];
	}

	/** Hashed: the context is stored with the execution, and holds no numbers and no texts. */
	private key(message: Message): string {
		const known = this.keys.get(message);
		if (known !== undefined) return known;
		const hash = createHash('sha256').update(message.recipient);
		if (this.scope) hash.update(`\n${this.scope(message)}`);
		const key = `${message.draft.itemIndex}:${hash.digest('base64url').slice(0, 16)}`;
		this.keys.set(message, key);
		return key;
	}
}

const UNKNOWN = '?';
