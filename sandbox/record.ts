import type { AcceptedMessage, SendCall, TokenCall } from './types';

/** What a watcher of the record is told. */
export type Happening = { event: 'message'; message: AcceptedMessage } | { event: 'reset' };

/** Everything that happened since the start or the last reset. */
export class SandboxRecord {
	readonly tokenCalls: TokenCall[] = [];
	readonly calls: SendCall[] = [];
	readonly messages: AcceptedMessage[] = [];
	private readonly watchers = new Set<(happening: Happening) => void>();

	add(messages: AcceptedMessage[]): void {
		for (const message of messages) {
			this.messages.push(message);
			this.tell({ event: 'message', message });
		}
	}

	/** Calls `watcher` for everything from now on; the answer ends that. */
	watch(watcher: (happening: Happening) => void): () => void {
		this.watchers.add(watcher);
		return () => this.watchers.delete(watcher);
	}

	/** Empties the lists in place: whoever holds one sees it empty too. */
	reset(): void {
		this.tokenCalls.length = 0;
		this.calls.length = 0;
		this.messages.length = 0;
		this.tell({ event: 'reset' });
	}

	private tell(happening: Happening): void {
		for (const watcher of this.watchers) watcher(happening);
	}
}
