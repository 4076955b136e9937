import { MAX_REMEMBER } from '../check/options';
import type { Message } from '../send/message';
import type { KeyedHash } from './keyedHash';

/** The keys that the messages of a run have by Send Once Per, one for each key and recipient. */
export class OnceKeys {
	/** Only of the first message with a key. */
	private readonly keys = new Map<Message, string>();

	private readonly firstByKey = new Map<string, Message>();

	/** Messages with a key that the run has already, and the first: they get its outcome. */
	readonly duplicates = new Map<Message, Message>();

	/** How many keys to keep in the store. */
	remember = 0;

	constructor(private readonly hash: KeyedHash) {}

	/** Why the run cannot be sent: it would forget keys before it is over. */
	get problem(): string | undefined {
		const { size } = this.firstByKey;
		if (size <= this.remember) return undefined;
		return size > MAX_REMEMBER
			? `This run has ${size} messages with a key of Send Once Per, and at most ${MAX_REMEMBER} are remembered: send fewer at a time.`
			: `This run has ${size} messages with a key of Send Once Per, and Remember is ${this.remember}: add the option Remember with ${size} or more.`;
	}

	/** Adds a message of the run; one without a key is ignored. */
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

	/** Undefined for a message without a key, and for a duplicate. */
	keyOf(message: Message): string | undefined {
		return this.keys.get(message);
	}

	/** Those of the messages that have a key of their own. */
	byKey(messages: Iterable<Message>): Map<string, Message> {
		const byKey = new Map<string, Message>();
		for (const message of messages) {
			const key = this.keys.get(message);
			if (key !== undefined) byKey.set(key, message);
		}
		return byKey;
	}
}
