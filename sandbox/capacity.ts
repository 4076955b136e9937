import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { parseInput } from './schemas';

/** How many calls this KPN takes, and how fast it answers. */
export interface CapacitySettings {
	/** Calls a second, beyond which the gateway answers 429; null: any number. */
	callsPerSecond: number | null;
	/** Calls that it takes at once; with 1, no two may come closer than the rate allows. */
	burst: number;
	/** Milliseconds for an answer. The messages are taken before. */
	latencyMs: number;
	/** The most that is added to it, at random. */
	latencySpreadMs: number;
	/** From so many calls at once on, each more makes all slower in proportion; null: never. */
	slowerBeyond: number | null;
}

const UNLIMITED: CapacitySettings = {
	callsPerSecond: null,
	burst: 1,
	latencyMs: 0,
	latencySpreadMs: 0,
	slowerBeyond: null,
};

const milliseconds = z.number().nonnegative().max(600_000);

const capacitySchema = z.strictObject({
	callsPerSecond: z.number().positive().nullable().optional(),
	burst: z.number().int().positive().optional(),
	latencyMs: milliseconds.optional(),
	latencySpreadMs: milliseconds.optional(),
	slowerBeyond: z.number().int().positive().nullable().optional(),
	/** Milliseconds from now on in which no connection is taken. */
	outageMs: milliseconds.positive().optional(),
});

export type CapacityChange = z.infer<typeof capacitySchema>;

/** @throws TypeError that says what is wrong with the change */
export function readCapacityChange(value: unknown): CapacityChange {
	return parseInput(capacitySchema, value, 'a way KPN can be');
}

/** Applies the settings: counts calls, and delays responses. */
export class Capacity {
	private current: CapacitySettings;

	private tokens = 1;

	private countedAt = 0;

	constructor(private readonly latencyMs: number) {
		this.current = { ...UNLIMITED, latencyMs };
	}

	get settings(): CapacitySettings {
		return { ...this.current };
	}

	change(changes: Partial<CapacitySettings>): void {
		Object.assign(this.current, changes);
		this.tokens = this.current.burst;
		this.countedAt = performance.now();
	}

	reset(): void {
		this.change({ ...UNLIMITED, latencyMs: this.latencyMs });
	}

	/** Whether a call that comes now is within the rate; it is then counted. */
	tryTake(): boolean {
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

	/** Waits as long as a response takes while this many calls are in flight. */
	async waitForResponse(inFlight: number, signal: AbortSignal): Promise<void> {
		const { latencyMs, latencySpreadMs, slowerBeyond } = this.current;
		const load = slowerBeyond === null ? 1 : Math.max(1, inFlight / slowerBeyond);
		const wait = latencyMs * load + Math.random() * latencySpreadMs;
		if (wait > 0) await sleep(wait, undefined, { signal });
	}
}
