import type { Quota } from '../../shared/quota';
import { MAX_RETRY_WAIT_MS, type Outcome } from './outcome';
import { parseTime, quotaRunsDry } from '../output/quotaTexts';

/**
 * Warns once, while a run still goes on, that KPN's quota does not carry the rest of it. It stops
 * nothing: KPN may raise the quota, and a part that is sent is sent.
 */
export class QuotaWatch {
	private made = 0;

	private isOver = false;

	/**
	 * @param planned how many calls the run is to make; those that are made again, or in halves, come on top
	 * @param warn told once at most, in words
	 */
	constructor(
		private readonly planned: number,
		private readonly warn: (words: string) => void,
	) {}

	/** Makes a call, and reads what its response says of the quota. */
	async during(call: () => Promise<Outcome>): Promise<Outcome> {
		this.made++;
		const outcome = await call();
		if (this.isOver || outcome.outcome !== 'accepted') return outcome;
		if (outcome.acceptedBefore) {
			// Of the rest, as much may have been sent before.
			this.isOver = true;
		} else {
			this.read(outcome.account?.quota);
		}
		return outcome;
	}

	private read(quota: Quota | undefined): void {
		// KPN may or may not have counted those that are on their way: without them, it is surely short.
		const left = this.planned - this.made;
		const now = Date.now();
		const start = quota?.resetUtc === undefined ? undefined : parseTime(quota.resetUtc);
		// A quota that starts anew so soon is waited for.
		if (start !== undefined && start > now && start - now <= MAX_RETRY_WAIT_MS) return;
		const words = quotaRunsDry(quota, left, now);
		if (words === undefined) return;
		this.isOver = true;
		this.warn(words);
	}
}
