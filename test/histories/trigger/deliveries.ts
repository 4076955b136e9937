import type { SigningKey } from '../../../sandbox';
import type { TriggerHost } from '../../support/engine/triggerHost';
import { post, signed } from '../../support/engine/triggerSetup';
import type { Clock } from './clock';
import type { Forgery, Step } from './history';
import type { HistoryKpn } from './kpn';
import type { HistoryN8n } from './n8n';
import { eventsOf, markOf } from './payload';
import type { Delivery, Forged } from './record';

/** Seconds after the first attempt at which KPN makes its four. */
const ATTEMPT_DELAYS = [0, 60, 180, 420];

/** Far longer than a request for the keys keeps others from being made. */
const QUIET_MS = 31_000;

export type EventStep = Extract<Step, { do: 'event' }>;

interface Pending {
	delivery: Delivery;
	step: EventStep;
	body: string;
	/** Whether anything tells it from an equal one. */
	isIdentified: boolean;
	since: number;
	due: number;
	number: number;
	/** Whether it is the attempt that comes once more. */
	isAgain: boolean;
}

/** Where a URL leads. */
interface Found {
	n8n: HistoryN8n;
	trigger: TriggerHost;
	isTest: boolean;
}

/** KPN's deliveries to the triggers, attempt by attempt, and those of somebody who is not KPN. */
export class HistoryDeliveries {
	readonly all: Delivery[] = [];

	readonly forged: Forged[] = [];

	private pending: Pending[] = [];

	/** The request that was taken last. */
	private taken?: { one: Pending; headers: Record<string, string> };

	constructor(
		private readonly kpn: HistoryKpn,
		private readonly clock: Clock,
		private readonly find: (url: string) => (Found & { index: number }) | undefined,
	) {}

	/** KPN has something to tell: it does so at once, and again later where it is not taken. */
	begin(step: EventStep): void {
		const { url } = this.kpn;
		if (url === undefined) return;
		const found = this.find(url);
		if (!found) return;
		const index = this.all.length;
		const events = eventsOf(step.payload, index);
		const excluded = this.kpn.sandbox.settings.excludedFields;
		const bodies = events.map(({ body, kind }) =>
			Object.fromEntries(
				Object.entries(body).filter(
					([name]) => kind !== 'deliveryReport' || !excluded.includes(name),
				),
			),
		);
		const wanted = found.trigger.node.parameters.events as string[];
		const delivery: Delivery = {
			mark: markOf(index),
			payload: step.payload,
			url,
			trigger: found.index,
			isTest: found.isTest,
			wanted: events.filter(({ kind }) => wanted.includes(kind)).length,
			more: 0,
			attempts: [],
		};
		// What nothing tells apart cannot be known as a repeat where it comes as a first attempt twice.
		const isIdentified = bodies.every((body) =>
			['DLRID', 'message_id'].some((name) => name in body),
		);
		const { length } = found.n8n.processes;
		if (step.atOnce > 1) delivery.more += isIdentified ? length - 1 : step.atOnce - 1;
		this.all.push(delivery);
		const since = this.clock.now();
		const body = JSON.stringify(bodies.length === 1 ? bodies[0] : bodies);
		this.pending.push({
			...{ delivery, step, body, isIdentified, since },
			...{ due: since, number: 1, isAgain: false },
		});
	}

	/** Epoch milliseconds, by the history's clock. */
	get nextAt(): number {
		return Math.min(...this.pending.map(({ due }) => due));
	}

	/** Makes the attempts that are due, one after the other. */
	async makeDue(around: (found: Found, step: EventStep, isFirst: boolean) => () => number) {
		const due = this.pending.filter((one) => one.due <= this.clock.now());
		this.pending = this.pending.filter((one) => !due.includes(one));
		for (const one of due) await this.attempt(one, around);
	}

	private async attempt(
		one: Pending,
		around: (found: Found, step: EventStep, isFirst: boolean) => () => number,
	): Promise<void> {
		const { delivery, step, body, number, since, isAgain } = one;
		const { clock, kpn } = this;
		const found = this.find(delivery.url);
		if (!found) return;
		const { n8n, trigger, isTest } = found;
		const isFirst = number === 1 && !isAgain;
		const key = kpn.keyFor(step.retiring);
		const age = step.restamped || isAgain ? 0 : Math.floor((clock.now() - since) / 1000);
		const headers = this.sign(body, key, age, number);
		const published = isTest ? trigger.test !== undefined : trigger.published;
		const up = n8n.isUp && published && !(isFirst && step.first);
		const known = n8n.processes.every(({ verified }) => verified.has(key.secret));
		const askable =
			kpn.is === 'up' &&
			n8n.processes.every(({ lastRequestAt }) => clock.now() - lastRequestAt > QUIET_MS);
		const after = around(found, step, isFirst);
		const posts = Array.from(
			{ length: step.atOnce },
			async () => await postTo(delivery.url, body, headers),
		);
		const statuses = await Promise.all(posts);
		delivery.more += after();
		const knowable = key.status === 'active' || known;
		delivery.attempts.push({ number, statuses, up, knowable, known, askable });
		const isTaken = statuses.includes(200);
		for (const process of n8n.processes) {
			process.lastRequestAt = clock.now();
			// Which of several processes has answered is not told.
			if (isTaken && n8n.processes.length === 1 && !isTest) process.verified.add(key.secret);
		}
		if (isTaken && !isTest) this.taken = { one, headers };
		if (isAgain) return;
		if (isTaken && step.again !== undefined) {
			// As where KPN has not seen the answer.
			const next = Math.min(number + 1, ATTEMPT_DELAYS.length);
			this.pending.push({
				...{ ...one, number: next, isAgain: true },
				due: clock.now() + step.again * 1000,
			});
		} else if (!isTaken && number < ATTEMPT_DELAYS.length) {
			const due = since + (ATTEMPT_DELAYS[number] ?? 0) * 1000;
			this.pending.push({ ...one, number: number + 1, due: Math.max(due, clock.now() + 1000) });
		}
	}

	/** The request that was taken last comes once more, from somebody who has read it. */
	async replay(): Promise<void> {
		if (!this.taken) return;
		const { one, headers } = this.taken;
		const { delivery, body, isIdentified } = one;
		if (!isIdentified) delivery.more++;
		this.asked(delivery.url);
		await postTo(delivery.url, body, headers);
	}

	/** A request that KPN has not made. */
	async forge(how: Exclude<Forgery, 'replayed'>, url: string): Promise<void> {
		const index = 1000 + this.forged.length;
		const [event] = eventsOf('report', index);
		const body = JSON.stringify(event?.body);
		const headers = this.forgedHeaders(how, body);
		if (!headers) return;
		this.asked(url);
		this.forged.push({ how, mark: markOf(index), status: await postTo(url, body, headers) });
	}

	/** It may have made n8n ask KPN for its keys. */
	private asked(url: string): void {
		for (const process of this.find(url)?.n8n.processes ?? []) {
			process.lastRequestAt = this.clock.now();
		}
	}

	private forgedHeaders(
		how: Exclude<Forgery, 'replayed'>,
		body: string,
	): Record<string, string> | undefined {
		const { activeKey } = this.kpn.sandbox.settings;
		const guess = { key_id: activeKey?.key_id ?? 'wk_guess', secret: 'a guess' };
		switch (how) {
			case 'guessed secret':
				return this.sign(body, guess);
			case 'guessed secret and key id':
				return this.sign(body, { ...guess, key_id: 'wk_guess' });
			case 'unsigned':
				return { 'content-type': 'application/json' };
			case 'old':
				return activeKey && this.sign(body, activeKey, 1200);
			case 'another body':
				return activeKey && this.sign(`${body} `, activeKey);
			case 'revoked key':
			case 'staged key': {
				const status = how === 'staged key' ? 'staged' : 'retired';
				if (status === 'retired' && !this.kpn.hasToldRetired) return undefined;
				const key = this.kpn.revoked.findLast((one) => one.status === status);
				return key && this.sign(body, key);
			}
		}
	}

	private sign(
		body: string,
		{ key_id: keyId, secret }: Pick<SigningKey, 'key_id' | 'secret'>,
		age = 0,
		attempt = 1,
	): Record<string, string> {
		// The history's clock may be ahead of this machine's.
		const ahead = Math.floor(this.clock.now() / 1000) - Math.floor(Date.now() / 1000);
		return signed(body, { keyId, secret, age: age - ahead, attempt });
	}
}

async function postTo(
	url: string,
	body: string,
	headers: Record<string, string>,
): Promise<number | null> {
	return await post(url, body, headers).then(
		({ status }) => status,
		() => null,
	);
}
