import type { IDataObject } from 'n8n-workflow';

import { CHECK_WITH_RECIPIENT, unknown } from '../../shared/failure';
import { mapWithYield } from '../../shared/eventLoop';
import type { Message } from '../send/message';
import type { ValidItem } from '../check/checkItem';
import { isAgentToolCall, type KpnContext } from '../send/kpnContext';
import type { KeyedHash } from './keyedHash';

/** Document IDs by a hash of the recipient: the context is stored with the execution. */
type Entries = Record<string, string>;

/** In place of a document ID: a call was made for the message, and its outcome is unknown. */
const UNKNOWN = '?';

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
	private readonly runs: Record<string, Record<string, Entries>>;

	/** Hashes of recipients: each is looked up several times. */
	private readonly recipientKeys = new Map<string, string>();

	/**
	 * @param context the node's context object
	 * @param hash for what is stored: the execution must not contain a phone number
	 * @param run tells apart the runs of a node in a loop; the same for all tries of one run
	 * @param isAgentTool whether it is the turn of an AI Agent, whose calls have no item of their own
	 */
	private constructor(
		context: IDataObject,
		private readonly hash: KeyedHash,
		private readonly run: string,
		private readonly isAgentTool: boolean,
	) {
		this.runs = (context.kpnSmsLedger ??= {}) as typeof this.runs;
	}

	/**
	 * A run keeps its index when it is tried again, and so does an item. A tool that an AI Agent calls
	 * within its own turn does not: there the turn is known by where the agent got its input, which is
	 * the same when the agent is tried again, and the message by sender and text. The price: in one
	 * turn the same words go to the same number only once, however often the agent asks for it.
	 */
	static of(context: KpnContext, hash: KeyedHash): Ledger {
		const store = context.getContext('node');
		if (isAgentToolCall(context)) {
			const { node, source } = context.getExecuteData();
			return new Ledger(store, hash, JSON.stringify([node.name, source]), true);
		}
		return new Ledger(store, hash, String(context.evaluateExpression('{{ $runIndex }}', 0)), false);
	}

	/** Whether the node has run before in this execution: in a loop, or where two branches lead to it. */
	get isLaterRun(): boolean {
		return !this.isAgentTool && this.run !== '0';
	}

	/** How many messages of the run have been accepted in earlier tries. */
	get acceptedCount(): number {
		const runEntries = Object.values(this.runs[this.run] ?? {});
		return runEntries
			.flatMap((entries) => Object.values(entries))
			.filter((entry) => entry !== UNKNOWN).length;
	}

	/**
	 * Sets on a message what is known of it from earlier tries: its outcome, where they settled it for
	 * good or the user does not want to risk a double.
	 */
	applyPrevious(message: Message): void {
		const { item, recipient } = message;
		const runEntries = this.runs[this.run];
		if (!runEntries) return;
		const entries = runEntries[this.itemKey(item)] ?? {};
		const entry = entries[this.recipientKey(recipient)];
		if (entry === undefined) {
			const hashes = Object.keys(this.isAgentTool ? runEntries : entries);
			if (hashes.some((hash) => this.hash.isFromOtherClient(hash)))
				message.outcome = UNKNOWN_OF_OTHER_CLIENT;
		} else if (entry === UNKNOWN) {
			message.possiblySent = true;
			if (item.options.deliveryGuarantee !== 'atLeastOnce')
				message.outcome = UNKNOWN_IN_EARLIER_TRY;
		} else {
			message.outcome = { outcome: 'accepted', documentId: entry, acceptedBefore: true };
		}
	}

	recordStart({ item, recipient }: Message): void {
		const runEntries = (this.runs[this.run] ??= {});
		(runEntries[this.itemKey(item)] ??= {})[this.recipientKey(recipient)] = UNKNOWN;
	}

	/** Notes that KPN did not take a message, which waits to be tried again. */
	recordRetry(message: Message): void {
		// That says nothing about an earlier try.
		if (message.possiblySent) return;
		const entries = this.runs[this.run]?.[this.itemKey(message.item)];
		if (entries) delete entries[this.recipientKey(message.recipient)];
	}

	/** Notes what became of a message. */
	recordOutcome({ item, recipient, outcome }: Message): void {
		// A message that no call was made for has no entry.
		const entries = this.runs[this.run]?.[this.itemKey(item)];
		if (!entries) return;
		const key = this.recipientKey(recipient);
		if (outcome?.outcome === 'accepted') entries[key] = outcome.documentId;
		else if (outcome?.outcome === 'refused') delete entries[key];
	}

	/**
	 * For items whose results the workflow has got: they will not be tried again. An agent may be,
	 * whatever became of its calls.
	 */
	async forget(items: ValidItem[]): Promise<void> {
		const runEntries = this.runs[this.run];
		if (this.isAgentTool || !runEntries) return;
		// All that the item had, also what another try had another recipient for.
		await mapWithYield(items, (item) => delete runEntries[this.itemKey(item)]);
		if (Object.keys(runEntries).length === 0) delete this.runs[this.run];
	}

	private itemKey({ itemIndex, sender, content }: ValidItem): string {
		return this.isAgentTool ? this.hash.of(`${sender}\n${content}`) : String(itemIndex);
	}

	private recipientKey(recipient: string): string {
		const key = this.recipientKeys.get(recipient) ?? this.hash.of(recipient);
		this.recipientKeys.set(recipient, key);
		return key;
	}
}

const UNKNOWN_IN_EARLIER_TRY = unknown(
	'an earlier try ended without a clear answer, so it was not sent again',
	CHECK_WITH_RECIPIENT,
);

/** Hashes of another Client ID cannot be read: one of them may be this message. */
const UNKNOWN_OF_OTHER_CLIENT = unknown(
	'an earlier try sent this item, or a part of it, with another Client ID, so it was not sent again',
	'Choose the credential of then and retry; or, if the recipient surely has not got it, execute the workflow anew.',
);
