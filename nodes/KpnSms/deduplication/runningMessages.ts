import type { FinalOutcome } from '../send/outcome';

interface RunningMessage {
	ended: Promise<FinalOutcome>;
	resolve: (outcome: FinalOutcome) => void;
}

/** What executions in this process are sending now, by store and key. */
const runningMessages = new Map<string, RunningMessage>();

/** The messages with a key in one store that an execution of this process is sending now. */
export class RunningMessages {
	/** @param storeId the same for all executions that share the store */
	constructor(private readonly storeId: string) {}

	/** The future outcome of a message that is being sent; undefined if it is not. */
	outcomeOf(key: string): Promise<FinalOutcome> | undefined {
		return runningMessages.get(this.storeId + key)?.ended;
	}

	start(key: string): void {
		let resolveEnded: RunningMessage['resolve'] = () => {};
		const ended = new Promise<FinalOutcome>((resolve) => (resolveEnded = resolve));
		runningMessages.set(this.storeId + key, { ended, resolve: resolveEnded });
	}

	/** For executions that wait for a message: its outcome, which is not on record yet. */
	settle(key: string, outcome: FinalOutcome): void {
		runningMessages.get(this.storeId + key)?.resolve(outcome);
	}

	/** It is on record: executions that come now find it there. */
	end(key: string, outcome: FinalOutcome): void {
		this.settle(key, outcome);
		runningMessages.delete(this.storeId + key);
	}
}
