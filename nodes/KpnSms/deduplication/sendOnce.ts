import { randomUUID } from 'node:crypto';

import { sleep } from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { mapWithYield } from '../../shared/eventLoop';
import { outcomeOf, type Call, type Message } from '../send/batch';
import type { KeyState, KeyStore } from './keyStore';
import { MAX_REMEMBER } from '../check/options';
import type { Outcome, FinalOutcome } from '../send/outcome';
import type { KeyedHash } from './keyedHash';
import { RunningMessages } from './runningMessages';
import {
	NOTHING_TO_SEND,
	notRecorded,
	outcomeElsewhere,
	outcomeOfDuplicate,
	SENT_BEFORE,
	UNKNOWN_BEFORE,
} from './sendOnceOutcomes';

/**
 * So many messages go on record together: on SMS v1 a call is one message, and n8n takes some 20 ms
 * to write its list. Larger calls that are about to leave at the same moment make it more.
 */
const RECORDED_AHEAD = 100;

/** So long a call waits for those that are about to end, to go on record together with what follows them. */
const BATCH_WAIT_MS = 20;

/**
 * Sends the messages of a run once for each key and recipient, whichever execution comes first.
 *
 * A message is on record before its call leaves, and its end when the next ones are recorded, or the
 * run is over. What is between the two when n8n is killed is not known later: the messages on their
 * way, those just accepted, and up to `RECORDED_AHEAD` that were about to leave.
 */
export class SendOnce {
	/** The first message of the run for each key. */
	private readonly firstByKey = new Map<string, Message>();

	private readonly keys = new Map<Message, string>();

	/** How many keys to keep. */
	private remember = 0;

	/** Messages with a key that the run has already, and the first: they get its outcome. */
	private readonly duplicates = new Map<Message, Message>();

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

	private toRecord: Message[] = [];

	private pendingWrite?: Promise<void>;

	/** Set once n8n's database did not take a note: nothing leaves without one. */
	private failure?: Failure;

	/** Calls on their way. */
	private callsInFlight = 0;

	private onIdle = () => {};

	/** What may have to be sent, in order. */
	private upcoming: Message[] = [];

	/** Where in `upcoming` the first is that has not been looked at. */
	private upcomingIndex = 0;

	private readonly running: RunningMessages;

	constructor(
		private readonly store: KeyStore,
		private readonly hash: KeyedHash,
	) {
		this.running = new RunningMessages(store.id);
	}

	/** Why the run cannot be sent: what it would have to remember, it would forget as it goes. */
	get problem(): string | undefined {
		const { size } = this.firstByKey;
		if (size <= this.remember) return undefined;
		return size > MAX_REMEMBER
			? `This run has ${size} messages with a key of Send Once Per, and at most ${MAX_REMEMBER} are remembered: send fewer at a time.`
			: `This run has ${size} messages with a key of Send Once Per, and Remember is ${this.remember}: add the option Remember with ${size} or more.`;
	}

	/** Takes a message of the run; one without a key does not matter here. */
	add(message: Message): void {
		const { onceKey, options } = message.item;
		if (onceKey === undefined) return;
		this.remember = Math.max(this.remember, options.remember);
		const key = this.hash.of(JSON.stringify([onceKey, message.recipient]));
		const first = this.firstByKey.get(key);
		if (first) {
			this.duplicates.set(message, first);
			return;
		}
		this.firstByKey.set(key, message);
		this.keys.set(message, key);
	}

	/** Whether the run has another message with the same key, which comes first. */
	isDuplicate(message: Message): boolean {
		return this.duplicates.has(message);
	}

	/** Told of a message that is not sent, because of what an earlier try of the execution came to. */
	recordPrevious(message: Message): void {
		const key = this.keys.get(message);
		if (key === undefined) return;
		if (message.outcome?.outcome === 'accepted') this.previousKeys.sent.push(key);
		// Of a try with another Client ID, nothing is known: that is a new start.
		if (message.possiblySent) this.previousKeys.unknown.push(key);
	}

	/** @param messages what may have to be sent, in order */
	setUpcoming(messages: Message[]): void {
		this.upcoming = messages;
	}

	/**
	 * Puts the messages of a call on record, then sends those that nobody has sent before.
	 *
	 * @param send what sends them; never throws
	 */
	async send(call: Call, send: (rest: Call) => Promise<Outcome>): Promise<Outcome> {
		await this.recordCall(call);
		if (this.failure) return this.failure;
		const [first, ...others] = call.filter((message) => !this.notSent.has(message));
		if (!first) return NOTHING_TO_SEND;
		this.callsInFlight++;
		try {
			return await send([first, ...others]);
		} finally {
			if (--this.callsInFlight === 0) this.onIdle();
		}
	}

	/** Whether a message is not sent by this run, whatever became of its call. */
	isNotSent(message: Message): boolean {
		return this.notSent.has(message);
	}

	/** Told of a message that is settled. */
	recordOutcome(message: Message): void {
		const key = this.begun.get(message);
		if (key === undefined) return;
		const outcome = outcomeOf(message);
		if (outcome.outcome === 'accepted') this.sentKeys.push(key);
		if (outcome.outcome === 'refused') this.releasedKeys.push(key);
		this.running.settle(key, outcome);
	}

	/**
	 * Records what has ended, and sets what became of the messages that were not sent.
	 *
	 * @throws Error if n8n's database does not take it; the outcomes are complete all the same
	 */
	async finish(): Promise<void> {
		try {
			const { releasedKeys, mark, remember, previousKeys } = this;
			const sent = [...previousKeys.sent, ...this.sentKeys];
			if (previousKeys.unknown.length > 0) await this.store.begin(previousKeys.unknown, []);
			if (this.hasBegun || sent.length > 0)
				await this.store.finish(sent, releasedKeys, mark, remember);
		} finally {
			for (const [message, key] of this.begun) this.running.end(key, outcomeOf(message));
			// Only now, with nothing of its own left: two executions may wait for each other's messages.
			for (const [message, outcome] of this.notSent) message.outcome = await outcome;
			await mapWithYield([...this.duplicates], ([message, first]) => {
				message.outcome = outcomeOfDuplicate(outcomeOf(first));
			});
		}
	}

	/** Those of a dry run's messages that would not be sent; what is on record stays as it is. */
	async findSentBefore(messages: Message[]): Promise<Set<Message>> {
		const byKey = this.byKey(messages);
		const states = await this.store.findStates([...byKey.keys()]);
		const sentBefore = [...byKey].filter(([key, message]) => !isToBeSent(message, states.get(key)));
		return new Set(sentBefore.map(([, message]) => message));
	}

	/** Those that have a key: it is theirs alone. */
	private byKey(messages: Iterable<Message>): Map<string, Message> {
		const byKey = new Map<string, Message>();
		for (const message of messages) {
			const key = this.keys.get(message);
			if (key !== undefined) byKey.set(key, message);
		}
		return byKey;
	}

	private isUndecided(message: Message): boolean {
		return this.keys.has(message) && !this.begun.has(message) && !this.notSent.has(message);
	}

	private async recordCall(call: Call): Promise<void> {
		const undecided = call.filter((message) => this.isUndecided(message));
		this.toRecord.push(...undecided);
		while (!this.failure && undecided.some((message) => this.isUndecided(message))) {
			this.pendingWrite ??= this.writeBatch().finally(() => (this.pendingWrite = undefined));
			await this.pendingWrite;
		}
	}

	private async writeBatch(): Promise<void> {
		await this.waitForBatch();
		const begins = this.startUndecided();
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

	/**
	 * Takes what waits to go on record, and what leaves next, unless another execution is sending it.
	 *
	 * @returns those that nobody else is sending, by key
	 */
	private startUndecided(): Map<string, Message> {
		// What began to wait during the last turn may have been decided by it.
		const messages = new Set(this.toRecord.filter((message) => this.isUndecided(message)));
		this.toRecord = [];
		while (messages.size < RECORDED_AHEAD && this.upcomingIndex < this.upcoming.length) {
			const next = this.upcoming[this.upcomingIndex++];
			if (next && this.isUndecided(next)) messages.add(next);
		}
		const begins = this.byKey(messages);
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

	/** Whether a message is sent, by what was on record of its key. */
	private decide(key: string, message: Message, state: KeyState | undefined): void {
		if (isToBeSent(message, state)) {
			if (state === 'begun') message.possiblySent = true;
			this.begun.set(message, key);
		} else {
			const outcome = state === 'sent' ? SENT_BEFORE : UNKNOWN_BEFORE;
			this.notSent.set(message, outcome);
			this.running.end(key, outcome);
		}
	}

	/** n8n writes its whole list each time: few writes, then, and what is about to leave in one. */
	private async waitForBatch(): Promise<void> {
		if (this.callsInFlight === 0) return await Promise.resolve();
		const idle = new Promise<void>((resolve) => (this.onIdle = resolve));
		await Promise.race([idle, sleep(BATCH_WAIT_MS)]);
		// What follows the last of them is asked for in a moment.
		await sleep(0);
	}
}

const isToBeSent = ({ item }: Message, state?: KeyState): boolean =>
	state === 'new' || (state === 'begun' && item.options.deliveryGuarantee === 'atLeastOnce');
