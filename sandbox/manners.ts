import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { checked } from './inputs';

/** How much this KPN bears, and how quick it is. */
export interface Manners {
	/** Calls a second, beyond which the gateway answers 429; null: any number. */
	callsPerSecond: number | null;
	/** Calls that it takes at once before; with 1, no two come closer than the rate allows. */
	burst: number;
	/** Milliseconds for an answer. The messages are taken before. */
	latencyMs: number;
	/** As much longer at most, at random. */
	latencySpreadMs: number;
	/** From so many calls at once on, each more makes all slower in proportion; null: never. */
	slowerBeyond: number | null;
}

const AT_EASE: Manners = {
	callsPerSecond: null,
	burst: 1,
	latencyMs: 0,
	latencySpreadMs: 0,
	slowerBeyond: null,
};

const milliseconds = z.number().nonnegative().max(600_000);

const mannersSchema = z.strictObject({
	callsPerSecond: z.number().positive().nullable().optional(),
	burst: z.number().int().positive().optional(),
	latencyMs: milliseconds.optional(),
	latencySpreadMs: milliseconds.optional(),
	slowerBeyond: z.number().int().positive().nullable().optional(),
	/** Takes no connections for so long, from now on. */
	outageMs: milliseconds.positive().optional(),
});

export type MannersChange = z.infer<typeof mannersSchema>;

/**
 * Checks what is to become of the manners.
 * @throws TypeError saying in words what is wrong with it
 */
export function readManners(value: unknown): MannersChange {
	return checked(mannersSchema, value, 'a way KPN can be');
}

/** Keeps to the manners: counts calls, and takes its time. */
export class Capacity {
	private current: Manners;

	private tokens = 1;

	private countedAt = 0;

	constructor(private readonly latencyMs: number) {
		this.current = { ...AT_EASE, latencyMs };
	}

	get manners(): Manners {
		return { ...this.current };
	}

	change(changes: Partial<Manners>): void {
		Object.assign(this.current, changes);
		this.tokens = this.current.burst;
		this.countedAt = performance.now();
	}

	reset(): void {
		this.change({ ...AT_EASE, latencyMs: this.latencyMs });
	}

	/** Whether a call that comes now is within the rate; it is then counted. */
	takes(): boolean {
		const { callsPerSecond, burst } = this.current;
		if (callsPerSecond === null) return true;
		const now = performance.now();
		const since = ((now - this.countedAt) * callsPerSecond) / 1000;
		this.tokens = Math.min(burst, this.tokens + since);
		this.countedAt = now;
		if (this.tokens < 1) return false;
		this.tokens--;
		return true;
	}

	/** Waits as long as an answer takes, with so many calls in flight. */
	async answerTime(inFlight: number, signal: AbortSignal): Promise<void> {
		const { latencyMs, latencySpreadMs, slowerBeyond } = this.current;
		const load = slowerBeyond === null ? 1 : Math.max(1, inFlight / slowerBeyond);
		const wait = latencyMs * load + Math.random() * latencySpreadMs;
		if (wait > 0) await sleep(wait, undefined, { signal });
	}
}
