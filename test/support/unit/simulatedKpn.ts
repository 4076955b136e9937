import type { Call, Message } from '../../../nodes/KpnSms/send/message';
import type { Outcome } from '../../../nodes/KpnSms/send/outcome';
import type { Failure } from '../../../nodes/shared/failure';
import type { VirtualTime } from './virtualTime';

export const failure = (changes: Partial<Failure>): Failure => ({
	outcome: 'refused',
	meaning: 'it failed',
	advice: 'look',
	kpn: {},
	retryable: false,
	affectsEveryCall: false,
	...changes,
});

export const ACCEPTED: Outcome = { outcome: 'accepted', documentId: 'id' };

const transient = { retryable: true, retry: {}, affectsEveryCall: true };
export const TOO_MANY = failure({ statusCode: 429, ...transient });
export const UNAVAILABLE = failure({ statusCode: 503, ...transient });
export const NO_CONNECTION = failure({ systemCode: 'ECONNREFUSED', ...transient });

/** Whether a call that arrives now is taken. */
export type Rate = (now: number) => boolean;

/** No two calls closer than the rate allows, as Apigee's spike arrest has it. */
export function spikeArrest(perSecond: number): Rate {
	let last = -Infinity;
	return (now) => {
		if (now - last < 1000 / perSecond) return false;
		last = now;
		return true;
	};
}

/** As many calls at once as were saved up, then as many a second as the rate allows. */
export function tokenBucket(perSecond: number, burst: number): Rate {
	let tokens = burst;
	let last = 0;
	return (now) => {
		tokens = Math.min(burst, tokens + ((now - last) * perSecond) / 1000);
		last = now;
		if (tokens < 1) return false;
		tokens--;
		return true;
	};
}

interface SimulatedCapacity {
	/** Milliseconds until a call arrives; at once where it is not said. */
	networkMs?: () => number;
	/** Milliseconds for an answer, with so many calls in flight. */
	latency: (inFlight: number) => number;
	rate?: Rate;
	/** How a call is answered that is not refused for the rate; accepted if it says nothing. */
	answer?: (call: Call, now: number) => Outcome | undefined;
}

/** A KPN in virtual time, which counts what it takes. */
export class SimulatedKpn {
	readonly taken: Message[] = [];

	calls = 0;

	/** Of the calls so far, which were refused for the rate. */
	readonly refused: number[] = [];

	inFlight = 0;

	maxInFlight = 0;

	constructor(
		private readonly time: VirtualTime,
		private readonly capacity: SimulatedCapacity,
	) {}

	async call(messages: Call): Promise<Outcome> {
		const { networkMs, rate, answer, latency } = this.capacity;
		if (networkMs) await this.time.sleep(networkMs());
		const number = this.calls++;
		this.inFlight++;
		this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
		const tooMany = rate !== undefined && !rate(this.time.now);
		if (tooMany) this.refused.push(number);
		const outcome = tooMany ? TOO_MANY : (answer?.(messages, this.time.now) ?? ACCEPTED);
		if (outcome.outcome === 'accepted') this.taken.push(...messages);
		await this.time.sleep(latency(this.inFlight));
		this.inFlight--;
		return outcome;
	}
}
