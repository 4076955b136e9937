import type { SendCall } from '../../sandbox';
import { isClear } from './faults';
import { otherNumber, type History } from './history';
import { mark } from './mark';
import type { HistoryRecord, Try } from './record';

/** `sentBefore`: by another execution, or for another item, under the same key. */
export type Outcome = 'accepted' | 'sentBefore' | 'refused' | 'unknown';

/**
 * What is true of a message by KPN's side alone, from the calls up to the end of a try. Several
 * answers where n8n was cut off at the very moment that KPN's came, or before it was on record.
 */
export class Truth {
	private readonly unheard: Set<SendCall>;

	private readonly maybeHeard: Set<SendCall>;

	/** Calls of tries that n8n kept nothing of. */
	private readonly forgotten: Set<SendCall>;

	constructor(
		private readonly history: History,
		private readonly record: HistoryRecord,
	) {
		this.unheard = new Set(record.tries.flatMap((one) => one.unheard));
		this.maybeHeard = new Set(record.tries.flatMap((one) => one.maybeHeard));
		this.forgotten = new Set(
			record.tries
				.filter((one) => one.forgotten)
				.flatMap(({ firstCall, endCall }) => record.calls.slice(firstCall, endCall)),
		);
	}

	/** To whom a try sends an item. */
	recipients(index: number, { change }: Pick<Try, 'change'>): string[] {
		const { recipients } = this.history.items[index] ?? { recipients: [] };
		if (change === 'numbers') return recipients.map(otherNumber);
		return change === 'order of numbers' ? [...recipients].reverse() : recipients;
	}

	/** Which try made a run of the node whose items a later one hands on. */
	tryOfRun(one: Try, run: number): Try {
		const { tries } = this.record;
		const soFar = tries.slice(0, tries.indexOf(one) + 1);
		const made = soFar.filter(
			({ execution, runsBefore }) => execution === one.execution && runsBefore <= run,
		);
		return made.at(-1) ?? one;
	}

	/** Of an item: as of the message to each of its recipients, the worst first. */
	ofItem(index: number, one: Try): Outcome[] {
		const recipients = this.recipients(index, one);
		if (recipients.length === 0) return ['refused'];
		const all = recipients.map((recipient) => this.of(index, recipient, one));
		const each = [0, 1, 2].map((way) =>
			worst(all.map((outcomes) => outcomes[Math.min(way, outcomes.length - 1)] ?? 'unknown')),
		);
		return [...new Set(each)];
	}

	of(index: number, recipient: string, one: Try): Outcome[] {
		const outcomes = [true, false].map((heard) => this.outcome(index, recipient, one, heard));
		const cut = this.record.tries.some(
			(other) =>
				(!other.run || other.disturbed) &&
				other.execution <= one.execution &&
				other.endCall <= one.endCall,
		);
		// With a key, it may have been on record as begun, and no more.
		return [...new Set([...outcomes, ...(this.history.once && cut ? ['unknown' as const] : [])])];
	}

	/** Whether a try made calls for any of some items. */
	isSent(indexes: number[], { firstCall, endCall }: Try): boolean {
		return this.record.calls
			.slice(firstCall, endCall)
			.some(({ body }) => messagesIn(body).some((one) => isAbout(one, indexes)));
	}

	/**
	 * How often KPN took a message to somebody for any of some items, and how many calls for it may have
	 * had an answer that says nothing, or none: of what a try could know, the last of all also of later.
	 */
	callsKnownTo(one: Try, indexes: number[], recipient: string): { taken: number; unclear: number } {
		const end = one === this.record.tries.at(-1) ? Infinity : one.endCall;
		const calls = this.callsOf(indexes, recipient, end).filter((call) => this.isKnown(call, one));
		return {
			taken: calls.filter(({ accepted }) => accepted).length,
			unclear: calls.filter((call) => !this.isClear(call, false)).length,
		};
	}

	/** Those that KPN gave in answers that n8n may have had. */
	documentIds(index: number, recipient: string, one: Try): Set<string> {
		return new Set(
			this.callsOf([index], recipient, one.endCall, this.startOf(one))
				.filter((call) => !this.forgotten.has(call))
				.filter((call) => call.accepted && this.isClear(call, true))
				.map(({ documentId }) => String(documentId)),
		);
	}

	/** Items whose messages count as the same one. */
	alike(index: number): number[] {
		const { items, once } = this.history;
		if (!once) return [index];
		return [...items.keys()].filter((other) => items[other]?.key === items[index]?.key);
	}

	private outcome(index: number, recipient: string, one: Try, heard: boolean): Outcome {
		const isAccepted = (call: SendCall) => call.accepted && this.isClear(call, heard);
		const start = this.startOf(one);
		const isKept = (call: SendCall) => !this.forgotten.has(call);
		const own = this.callsOf([index], recipient, one.endCall, start).filter(isKept);
		if (own.some(isAccepted)) return 'accepted';
		// What later runs of the node do comes after this one has said what became of its items.
		const run = one.runs.findIndex((indexes) => indexes.includes(index));
		const soFar = one.runs.slice(0, run + 1).flat();
		const alike = this.alike(index);
		const calls = [
			...this.callsOf(alike, recipient, start),
			...this.callsOf(
				alike.filter((other) => soFar.includes(other)),
				recipient,
				one.endCall,
				start,
			).filter(isKept),
		];
		if (this.history.once) {
			const since = this.callsOf(alike, recipient, one.firstCall, start);
			calls.push(...since.filter((call) => !isKept(call)));
		}
		if (calls.some(isAccepted)) return 'sentBefore';
		return calls.every((call) => this.isClear(call, heard)) ? 'refused' : 'unknown';
	}

	/** Whether a try has notes of a call: by its key, or as one of its own execution. */
	private isKnown(call: SendCall, { firstCall, endCall }: Try): boolean {
		const isOwn = () => this.record.calls.slice(firstCall, endCall).includes(call);
		return Boolean(this.history.once) || !this.forgotten.has(call) || isOwn();
	}

	private startOf({ execution }: Try): number {
		return this.record.tries.find((one) => one.execution === execution)?.firstCall ?? 0;
	}

	private callsOf(indexes: number[], recipient: string, end = Infinity, start = 0): SendCall[] {
		return this.record.calls
			.slice(start, end)
			.filter(({ body }) =>
				messagesIn(body).some((one) => one.mobile_number === recipient && isAbout(one, indexes)),
			);
	}

	/** Whether n8n had an answer that says whether KPN took the messages. */
	private isClear(call: SendCall, heard: boolean): boolean {
		if (this.unheard.has(call) || (!heard && this.maybeHeard.has(call))) return false;
		const answer = call.fault?.answer;
		return answer ? isClear(answer) : call.status !== null;
	}
}

function worst(outcomes: Outcome[]): Outcome {
	for (const one of ['unknown' as const, 'refused' as const, 'accepted' as const]) {
		if (outcomes.includes(one)) return one;
	}
	return 'sentBefore';
}

const isAbout = ({ content }: { content: string }, indexes: number[]): boolean =>
	indexes.some((index) => content.includes(mark(index)));

export const messagesIn = (body: unknown): Array<{ content: string; mobile_number: string }> =>
	(body as { messages?: Array<{ content: string; mobile_number: string }> } | undefined)
		?.messages ?? [];
