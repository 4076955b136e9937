import type { AcceptedMessage, SendCall, TokenCall } from './types';
import type { InboundSms, SettingsCall, WebhookDelivery } from './webhookTypes';

/** What a watcher of the record is told. */
export type Happening =
	| { event: 'message'; message: AcceptedMessage }
	| { event: 'inbound'; inbound: InboundSms }
	| { event: 'reset' };

/** Everything that happened since the start or the last reset. */
export class SandboxRecord {
	readonly tokenCalls: TokenCall[] = [];
	readonly calls: SendCall[] = [];
	readonly messages: AcceptedMessage[] = [];
	readonly settingsCalls: SettingsCall[] = [];
	readonly deliveries: WebhookDelivery[] = [];
	readonly inbound: InboundSms[] = [];
	private readonly watchers = new Set<(happening: Happening) => void>();

	add(messages: AcceptedMessage[]): void {
		for (const message of messages) {
			this.messages.push(message);
			this.tell({ event: 'message', message });
		}
	}

	addInbound(inbound: InboundSms): void {
		this.inbound.push(inbound);
		this.tell({ event: 'inbound', inbound });
	}

	/** Calls `watcher` for everything from now on; the answer ends that. */
	watch(watcher: (happening: Happening) => void): () => void {
		this.watchers.add(watcher);
		return () => this.watchers.delete(watcher);
	}

	/** Empties the lists in place: whoever holds one sees it empty too. */
	reset(): void {
		const lists = [this.tokenCalls, this.calls, this.messages, this.settingsCalls];
		for (const list of [...lists, this.deliveries, this.inbound]) list.length = 0;
		this.tell({ event: 'reset' });
	}

	private tell(happening: Happening): void {
		for (const watcher of this.watchers) watcher(happening);
	}
}
