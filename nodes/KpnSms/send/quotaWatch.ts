import type { Quota } from '../../shared/quota';
import { MAX_RETRY_WAIT_MS, type Outcome } from './outcome';
import { parseTime, quotaRunsDry } from '../output/quotaTexts';

/**
 * Warns once, while a run still goes on, that KPN's quota does not carry the rest of it. It stops
 * nothing: KPN may raise the quota, and what is sent so far is not lost by it.
 */
export class QuotaWatch {
	private callsMade = 0;

	private isOver = false;

	/**
	 * @param planned how many calls the run is to make; those that are made again, or in halves, come on top
	 * @param warn called once at most
	 */
	constructor(
		private readonly planned: number,
		private readonly warn: (words: string) => void,
	) {}

	/** Makes a call, and reads what its response says of the quota. */
	async during(call: () => Promise<Outcome>): Promise<Outcome> {
		this.callsMade++;
		const outcome = await call();
		if (this.isOver || outcome.outcome !== 'accepted') return outcome;
		if (outcome.acceptedBefore) {
			// The rest may have been sent before as well: how many calls it takes is not known.
			this.isOver = true;
		} else {
			this.read(outcome.account?.quota);
		}
		return outcome;
	}

	private read(quota: Quota | undefined): void {
		// KPN may or may not have counted those that are on their way: without them, it is surely short.
		const remaining = this.planned - this.callsMade;
		const now = Date.now();
		const start = quota?.resetUtc === undefined ? undefined : parseTime(quota.resetUtc);
		// A quota that is reset this soon is waited for.
		if (start !== undefined && start > now && start - now <= MAX_RETRY_WAIT_MS) return;
		const words = quotaRunsDry(quota, remaining, now);
		if (words === undefined) return;
		this.isOver = true;
		this.warn(words);
	}
}
