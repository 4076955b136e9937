import type { AcceptedMessage, SendCall, TokenCall } from './types';
import type { InboundSms, MessageProgress, SettingsCall, WebhookDelivery } from './webhookTypes';

/** What subscribers to the record get. */
export type RecordChange =
	| { event: 'messages'; messages: AcceptedMessage[] }
	| { event: 'inbound'; inbound: InboundSms }
	| { event: 'progress'; progress: MessageProgress[] }
	| { event: 'cleared' | 'restored' | 'reset' };

interface Conversation {
	messages: AcceptedMessage[];
	inbound: InboundSms[];
}

/** Everything that happened since the start or the last reset. */
export class SandboxRecord {
	readonly tokenCalls: TokenCall[] = [];
	readonly calls: SendCall[] = [];
	readonly messages: AcceptedMessage[] = [];
	readonly settingsCalls: SettingsCall[] = [];
	readonly deliveries: WebhookDelivery[] = [];
	readonly inbound: InboundSms[] = [];
	private cleared: Conversation = { messages: [], inbound: [] };
	private readonly listeners = new Set<(change: RecordChange) => void>();

	/** How many messages, in both directions, `restore` would put back. */
	get clearedCount(): number {
		return this.cleared.messages.length + this.cleared.inbound.length;
	}

	add(messages: AcceptedMessage[]): void {
		for (const message of messages) this.messages.push(message);
		this.emit({ event: 'messages', messages });
	}

	addInbound(inbound: InboundSms): void {
		this.inbound.push(inbound);
		this.emit({ event: 'inbound', inbound });
	}

	/** Updates messages or an inbound SMS, also ones that were cleared. */
	progress(
		entries: Array<AcceptedMessage | InboundSms>,
		update: Omit<MessageProgress, 'id'>,
	): void {
		for (const entry of entries) Object.assign(entry, update);
		const idOf = (entry: AcceptedMessage | InboundSms) =>
			'messageId' in entry ? entry.messageId : entry.id;
		this.emit({
			event: 'progress',
			progress: entries.map((entry) => ({ id: idOf(entry), ...update })),
		});
	}

	/** Calls `listener` for every change from now on; the returned function ends that. */
	subscribe(listener: (change: RecordChange) => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	/** Removes the messages of both directions; `restore` puts them back. */
	clear(): void {
		if (this.messages.length + this.inbound.length === 0) return;
		this.cleared = { messages: this.messages.splice(0), inbound: this.inbound.splice(0) };
		this.emit({ event: 'cleared' });
	}

	/** Puts back what was cleared last, before what has come since. */
	restore(): void {
		const { messages, inbound } = this.cleared;
		prepend(this.messages, messages);
		prepend(this.inbound, inbound);
		this.cleared = { messages: [], inbound: [] };
		this.emit({ event: 'restored' });
	}

	/** Empties the lists in place: references to them stay valid. */
	reset(): void {
		const lists = [this.tokenCalls, this.calls, this.messages, this.settingsCalls];
		for (const list of [...lists, this.deliveries, this.inbound]) list.length = 0;
		this.cleared = { messages: [], inbound: [] };
		this.emit({ event: 'reset' });
	}

	private emit(change: RecordChange): void {
		for (const listener of this.listeners) listener(change);
	}
}

/** One by one: a long list is too many arguments. */
function prepend<T>(list: T[], earlier: T[]): void {
	const later = list.splice(0);
	for (const one of earlier) list.push(one);
	for (const one of later) list.push(one);
}
