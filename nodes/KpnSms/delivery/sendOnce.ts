import { randomUUID } from 'node:crypto';

import { sleep } from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { mapUnhurried } from '../../shared/unhurried';
import type { Call, Message } from './batch';
import type { KeyState, KeyStore } from './keyStore';
import type { Ledger } from './ledger';
import { MOST_REMEMBERED } from './options';
import type { Outcome, Settled } from './outcome';
import type { PrivateHash } from './privateHash';

/**
 * So many messages go on record together: on SMS v1 a call is one message, and n8n takes some 20 ms
 * to write its list. Larger calls that are about to leave at the same moment make it more.
 */
const AHEAD = 100;

/** So long a call waits for those that are about to end, to go on record together with what follows them. */
const GATHERING_MS = 20;

interface Running {
	end: Promise<Settled>;
	tell: (end: Settled) => void;
}

/** What executions in this process are sending now, by store and key. */
const running = new Map<string, Running>();

/**
 * Sends the messages of a run once for each key and recipient, whichever execution comes first.
 *
 * A message is on record before its call leaves, and its end when the next ones are recorded, or the
 * run is over. What is between the two when n8n is killed is not known later: the messages on their
 * way, those just accepted, and up to `AHEAD` that were about to leave.
 */
export class SendOnce {
	/** The first message of the run for each key. */
	private readonly firsts = new Map<string, Message>();

	private readonly keys = new Map<Message, string>();

	/** How many keys to keep. */
	private remember = 0;

	/** The same key once more: it takes what becomes of the first. */
	private readonly repeats: Array<{ message: Message; first: Message }> = [];

	/** On record as begun by this run. */
	private readonly begun = new Set<Message>();

	/** Not sent by this run, and why: another execution has sent it, or is sending it. */
	private readonly held = new Map<Message, Settled | Promise<Settled>>();

	/** Keys whose end is not on record yet. */
	private sent: string[] = [];

	private readonly free: string[] = [];

	/** What an earlier try of the execution settled: it may have been made without a key. */
	private readonly settledBefore: { sent: string[]; unknown: string[] } = { sent: [], unknown: [] };

	/** This run, in the store. */
	private readonly mark = randomUUID();

	private hasBegun = false;

	private waiting: Message[] = [];

	private writing?: Promise<void>;

	/** Set once n8n's database did not take a note: nothing leaves without one. */
	private failure?: Failure;

	/** Calls on their way. */
	private away = 0;

	private whenNoneIsAway = () => {};

	/** What is still to come, the next one last. */
	private ahead: Message[] = [];

	constructor(
		private readonly store: KeyStore,
		private readonly hash: PrivateHash,
		private readonly ledger: Ledger,
	) {}

	/** Why the run cannot be sent: what it would have to remember, it would forget as it goes. */
	get problem(): string | undefined {
		const { size } = this.firsts;
		if (size <= this.remember) return undefined;
		return size > MOST_REMEMBERED
			? `This run has ${size} messages with a key of Send Once Per, and at most ${MOST_REMEMBERED} are remembered: send fewer at a time.`
			: `This run has ${size} messages with a key of Send Once Per, and Remember is ${this.remember}: add the option Remember with ${size} or more.`;
	}

	/** @returns whether the message has no key, or is the first of the run with it */
	add(message: Message): boolean {
		const { onceKey, options } = message.draft;
		if (onceKey === undefined) return true;
		this.remember = Math.max(this.remember, options.remember);
		const key = this.hash.of(JSON.stringify([onceKey, message.recipient]));
		const first = this.firsts.get(key);
		if (first) {
			this.repeats.push({ message, first });
			return false;
		}
		this.firsts.set(key, message);
		this.keys.set(message, key);
		return true;
	}

	/** Told of a message that is not sent, because of what an earlier try of the execution came to. */
	knows(message: Message, { outcome }: Settled): void {
		const key = this.keys.get(message);
		if (key === undefined) return;
		if (outcome === 'accepted') this.settledBefore.sent.push(key);
		if (outcome === 'unknown') this.settledBefore.unknown.push(key);
	}

	/** @param messages what may have to be sent, in order */
	plan(messages: Message[]): void {
		this.ahead = [...messages].reverse();
	}

	/**
	 * Puts the messages of a call on record, then sends those that nobody has sent before.
	 *
	 * @param send what sends them; never throws
	 */
	async send(call: Call, send: (rest: Call) => Promise<Outcome>): Promise<Outcome> {
		await this.begin(call);
		if (this.failure) return this.failure;
		const [first, ...others] = call.filter((message) => !this.held.has(message));
		if (!first) return NOTHING_LEFT;
		this.away++;
		try {
			return await send([first, ...others]);
		} finally {
			if (--this.away === 0) this.whenNoneIsAway();
		}
	}

	/** Whether a message is not sent by this run, whatever became of its call. */
	holds(message: Message): boolean {
		return this.held.has(message);
	}

	/** Told what became of a message that is not held. */
	settles(message: Message, outcome: Outcome): void {
		const key = this.keys.get(message);
		if (key === undefined || !this.begun.has(message)) return;
		if (outcome.outcome === 'accepted') this.sent.push(key);
		if (outcome.outcome === 'refused') this.free.push(key);
		running.get(this.store.id + key)?.tell(outcome);
	}

	/**
	 * Records what has ended, and finds what became of the messages that were not sent.
	 *
	 * @param outcomes of those that were; the others are added
	 * @throws Error if n8n's database does not take it; the outcomes are complete all the same
	 */
	async end(outcomes: Map<Message, Settled>): Promise<void> {
		try {
			const { free, mark, remember, settledBefore } = this;
			const sent = [...settledBefore.sent, ...this.sent];
			if (settledBefore.unknown.length > 0) await this.store.begin(settledBefore.unknown, []);
			if (this.hasBegun || sent.length > 0) await this.store.end(sent, free, mark, remember);
		} finally {
			for (const message of this.begun) {
				this.stops(this.keys.get(message), outcomes.get(message) ?? UNKNOWN_BEFORE);
			}
			// Only now, with nothing of its own left: two executions may wait for each other's messages.
			for (const [message, known] of this.held) outcomes.set(message, await known);
			await mapUnhurried(this.repeats, ({ message, first }) => {
				outcomes.set(message, asRepeat(outcomes.get(first) ?? UNKNOWN_BEFORE));
			});
		}
	}

	/** Those of a dry run's messages that would not be sent; what is on record stays as it is. */
	async peek(messages: Message[]): Promise<Set<Message>> {
		const keyed = messages.filter((message) => this.keys.has(message));
		const states = await this.store.peek(keyed.map((message) => this.keys.get(message) ?? ''));
		return new Set(
			keyed.filter((message) => !isToBeSent(message, states.get(this.keys.get(message) ?? ''))),
		);
	}

	private isUndecided(message: Message): boolean {
		return this.keys.has(message) && !this.begun.has(message) && !this.held.has(message);
	}

	private async begin(call: Call): Promise<void> {
		const undecided = call.filter((message) => this.isUndecided(message));
		this.waiting.push(...undecided);
		while (!this.failure && undecided.some((message) => this.isUndecided(message))) {
			this.writing ??= this.record().finally(() => (this.writing = undefined));
			await this.writing;
		}
	}

	private async record(): Promise<void> {
		await this.gather();
		// What began to wait during the last turn may have been decided by it.
		const messages = new Set(this.waiting.filter((message) => this.isUndecided(message)));
		this.waiting = [];
		while (messages.size < AHEAD && this.ahead.length > 0) {
			const next = this.ahead.pop();
			if (next && this.isUndecided(next)) messages.add(next);
		}
		const begins = new Map<string, Message>();
		for (const message of messages) {
			const key = this.keys.get(message) ?? '';
			const other = running.get(this.store.id + key);
			if (other) {
				this.held.set(message, other.end.then(endedElsewhere));
				continue;
			}
			begins.set(key, message);
			running.set(this.store.id + key, start());
		}
		const ended = this.sent;
		this.sent = [];
		let states: Map<string, KeyState>;
		try {
			const keys = [...begins.keys()];
			// Executions that start together do so with their first messages.
			states = this.hasBegun
				? await this.store.begin(keys, ended)
				: await this.store.beginAlone(keys, this.mark);
			this.hasBegun = true;
		} catch (error) {
			this.sent.push(...ended);
			this.failure = notRecorded(error);
			for (const key of begins.keys()) this.stops(key, this.failure);
			return;
		}
		for (const key of ended) this.stops(key, SENT_BEFORE);
		for (const [key, message] of begins) {
			const state = states.get(key);
			if (isToBeSent(message, state)) {
				if (state === 'begun') this.ledger.doubts(message);
				this.begun.add(message);
			} else {
				const known = state === 'sent' ? SENT_BEFORE : UNKNOWN_BEFORE;
				this.held.set(message, known);
				this.stops(key, known);
			}
		}
	}

	/** n8n writes its whole list each time: few writes, then, and what is about to leave in one. */
	private async gather(): Promise<void> {
		if (this.away === 0) return await Promise.resolve();
		const none = new Promise<void>((resolve) => (this.whenNoneIsAway = resolve));
		await Promise.race([none, sleep(GATHERING_MS)]);
		// What follows the last of them is asked for in a moment.
		await sleep(0);
	}

	/** For executions that wait for a message to end; those that come now find it on record. */
	private stops(key: string | undefined, end: Settled): void {
		const id = this.store.id + key;
		running.get(id)?.tell(end);
		running.delete(id);
	}
}

const isToBeSent = ({ draft }: Message, state?: KeyState): boolean =>
	state === 'new' || (state === 'begun' && draft.options.deliveryGuarantee === 'atLeastOnce');

function start(): Running {
	let tell: Running['tell'] = () => {};
	const end = new Promise<Settled>((resolve) => (tell = resolve));
	return { end, tell };
}

/** For a call of which all messages are held: KPN has most of them, and nothing went wrong now. */
const NOTHING_LEFT: Outcome = { outcome: 'accepted', documentId: '', acceptedBefore: true };

const SENT_BEFORE: Settled = { outcome: 'sentBefore' };

const UNKNOWN_BEFORE: Failure = {
	outcome: 'unknown',
	meaning:
		'an earlier execution had begun to send it, and it is not on record that KPN took it, so it was not sent again',
	advice:
		'KPN may have given no clear answer, n8n may have stopped in the middle of it, or another worker may be sending it now. The SMS may or may not arrive: check with the recipient, or let it be sent again with a new key under Send Once Per, or, by Send, with Delivery Guarantee At Least Once.',
	kpn: {},
	retryable: false,
	concernsEveryCall: false,
	elsewhere: true,
};

/** For a call that cannot be put on record: it must not leave. */
const notRecorded = (error: unknown): Failure => ({
	outcome: 'refused',
	meaning: `n8n’s database did not take the note of what is about to be sent: ${(error as Error).message}`,
	advice: 'Nothing was sent without it. Send again once n8n’s database answers.',
	kpn: {},
	retryable: true,
	concernsEveryCall: true,
});

/** What the end of a message in another execution means in this one. */
function endedElsewhere(end: Settled): Settled {
	if (end.outcome === 'accepted' || end.outcome === 'sentBefore') return SENT_BEFORE;
	return {
		...end,
		elsewhere: true,
		meaning: `another execution was sending it at the same moment, and what came of it there is: ${end.meaning}`,
	};
}

function asRepeat(first: Settled): Settled {
	if (first.outcome === 'accepted' || first.outcome === 'sentBefore') return SENT_BEFORE;
	return {
		...first,
		meaning: `an earlier item has the same Send Once Per and the same recipient: ${first.meaning}`,
	};
}
