import { randomUUID } from 'node:crypto';

import { sleep } from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { mapWithYield } from '../../shared/eventLoop';
import { outcomeOf, type Call, type Message } from '../send/message';
import type { Outcome, FinalOutcome } from '../send/outcome';
import type { KeyedHash } from './keyedHash';
import type { KeyState, KeyStore } from './keyStore';
import { OnceKeys } from './onceKeys';
import { RecordQueue } from './recordQueue';
import { RunningMessages } from './runningMessages';
import {
	NOTHING_TO_SEND,
	notRecorded,
	outcomeElsewhere,
	outcomeOfDuplicate,
	SENT_BEFORE,
	UNKNOWN_ELSEWHERE,
} from './sendOnceOutcomes';

/**
 * Sends the messages of a run once for each key and recipient, whichever execution comes first.
 *
 * A message is on record before its call leaves, and its end when the next ones are recorded, or the
 * run is over. If n8n is killed, the outcome of what is between the two is not known later: the
 * messages on their way, those just accepted, and those of a batch that were about to leave.
 */
export class SendOnce {
	readonly keys: OnceKeys;

	private readonly queue = new RecordQueue();

	/** On record as begun by this run, with their keys. */
	private readonly begun = new Map<Message, string>();

	/** Not sent by this run, and why: another execution has sent it, or is sending it. */
	private readonly notSent = new Map<Message, FinalOutcome | Promise<FinalOutcome>>();

	/** Keys whose end is not on record yet. */
	private sentKeys: string[] = [];

	private readonly releasedKeys: string[] = [];

	/** What an earlier try of the execution settled: it may have been made without a key. */
	private readonly previousKeys: { sent: string[]; unknown: string[] } = { sent: [], unknown: [] };

	/** This run, in the store. */
	private readonly mark = randomUUID();

	private hasBegun = false;

	private pendingWrite?: Promise<void>;

	/** Set once n8n's database did not record a batch: nothing is sent unrecorded. */
	private failure?: Failure;

	private readonly running: RunningMessages;

	constructor(
		private readonly store: KeyStore,
		hash: KeyedHash,
	) {
		this.keys = new OnceKeys(hash);
		this.running = new RunningMessages(store.id);
	}

	/** To be called for a message that an earlier try of the execution has settled. */
	recordPrevious(message: Message): void {
		const key = this.keys.keyOf(message);
		if (key === undefined) return;
		if (message.outcome?.outcome === 'accepted') this.previousKeys.sent.push(key);
		// Of a try with another Client ID, nothing is known: that is a new start.
		if (message.possiblySent) this.previousKeys.unknown.push(key);
	}

	/** @param messages what may have to be sent, in order */
	setUpcoming(messages: Message[]): void {
		this.queue.setUpcoming(messages);
	}

	/**
	 * Records the messages of a call, then sends those that no execution has sent before.
	 *
	 * @param send what sends them; never throws
	 */
	async send(call: Call, send: (rest: Call) => Promise<Outcome>): Promise<Outcome> {
		await this.recordCall(call);
		if (this.failure) return this.failure;
		const [first, ...others] = call.filter((message) => !this.notSent.has(message));
		if (!first) return NOTHING_TO_SEND;
		return await send([first, ...others]);
	}

	/** Whether a message is not sent by this run, whatever became of its call. */
	isNotSent(message: Message): boolean {
		return this.notSent.has(message);
	}

	/** To be called for a message that is settled. */
	recordOutcome(message: Message): void {
		const key = this.begun.get(message);
		if (key === undefined) return;
		const outcome = outcomeOf(message);
		if (outcome.outcome === 'accepted') this.sentKeys.push(key);
		if (outcome.outcome === 'refused') this.releasedKeys.push(key);
		this.running.settle(key, outcome);
	}

	/**
	 * Records what has ended, and sets the outcome of the messages that were not sent.
	 *
	 * @throws Error if n8n's database does not take it; the outcomes are complete all the same
	 */
	async finish(): Promise<void> {
		try {
			const { releasedKeys, mark, previousKeys } = this;
			const sent = [...previousKeys.sent, ...this.sentKeys];
			if (previousKeys.unknown.length > 0) await this.store.begin(previousKeys.unknown, []);
			if (this.hasBegun || sent.length > 0)
				await this.store.finish(sent, releasedKeys, mark, this.keys.remember);
		} finally {
			for (const [message, key] of this.begun) this.running.end(key, outcomeOf(message));
			// Only once its own have ended: two executions may wait for each other's messages.
			for (const [message, outcome] of this.notSent) message.outcome = await outcome;
			await mapWithYield([...this.keys.duplicates], ([message, first]) => {
				message.outcome = outcomeOfDuplicate(outcomeOf(first));
			});
		}
	}

	/** Those of a dry run's messages that would not be sent; what is on record stays as it is. */
	async findSentBefore(messages: Message[]): Promise<Set<Message>> {
		const byKey = this.keys.byKey(messages);
		const states = await this.store.findStates([...byKey.keys()]);
		const sentBefore = [...byKey].filter(([key, message]) => !isToBeSent(message, states.get(key)));
		const duplicates = messages.filter((message) => this.keys.duplicates.has(message));
		return new Set([...sentBefore.map(([, message]) => message), ...duplicates]);
	}

	/** Whether it is not yet known if a message is sent by this run. */
	private readonly isUndecided = (message: Message): boolean =>
		this.keys.keyOf(message) !== undefined &&
		!this.begun.has(message) &&
		!this.notSent.has(message);

	private async recordCall(call: Call): Promise<void> {
		const undecided = call.filter(this.isUndecided);
		this.queue.add(undecided);
		while (!this.failure && undecided.some(this.isUndecided)) {
			this.pendingWrite ??= this.writeBatch().finally(() => (this.pendingWrite = undefined));
			await this.pendingWrite;
		}
	}

	private async writeBatch(): Promise<void> {
		// What ends in the same moment comes in one batch; what ends during a write, in the next.
		await sleep(0);
		const begins = this.startBatch();
		const endedKeys = this.sentKeys;
		this.sentKeys = [];
		let states: Map<string, KeyState>;
		try {
			const keys = [...begins.keys()];
			// Executions that start together do so with their first messages.
			states = this.hasBegun
				? await this.store.begin(keys, endedKeys)
				: await this.store.beginExclusively(keys, this.mark);
			this.hasBegun = true;
		} catch (error) {
			this.sentKeys.push(...endedKeys);
			this.failure = notRecorded(error);
			for (const key of begins.keys()) this.running.end(key, this.failure);
			return;
		}
		for (const key of endedKeys) this.running.end(key, SENT_BEFORE);
		for (const [key, message] of begins) this.decide(key, message, states.get(key));
	}

	/** The next messages to record, by key, without those that another execution is sending now. */
	private startBatch(): Map<string, Message> {
		const begins = this.keys.byKey(this.queue.takeBatch(this.isUndecided));
		for (const [key, message] of begins) {
			const elsewhere = this.running.outcomeOf(key);
			if (elsewhere) {
				this.notSent.set(message, elsewhere.then(outcomeElsewhere));
				begins.delete(key);
			} else {
				this.running.start(key);
			}
		}
		return begins;
	}

	/** Decides whether a message is sent, by what was on record of its key. */
	private decide(key: string, message: Message, state: KeyState | undefined): void {
		if (isToBeSent(message, state)) {
			if (state === 'begun') message.possiblySent = true;
			this.begun.set(message, key);
		} else {
			const outcome = state === 'sent' ? SENT_BEFORE : UNKNOWN_ELSEWHERE;
			this.notSent.set(message, outcome);
			this.running.end(key, outcome);
		}
	}
}

const isToBeSent = ({ item }: Message, state?: KeyState): boolean =>
	state === 'new' || (state === 'begun' && item.options.deliveryGuarantee === 'atLeastOnce');
