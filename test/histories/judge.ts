import type { IDataObject, INodeExecutionData, IRun } from 'n8n-workflow';

import { outputOf } from '../../dev/engine';
import type { SendCall } from '../../sandbox';
import { isClear, mark, type History } from './history';
import type { HistoryRecord, Try } from './record';

type Outcome = 'accepted' | 'refused' | 'unknown';

/** The most messages that may be on their way with their outcome open, and the most calls. */
const MOST_IN_DOUBT = 1000;
const MOST_CALLS = 64;

/** So many failed items an error names; the others it counts. */
const NAMED = 10;

/**
 * Says which promises a history broke: from what KPN got and from what n8n says, without a look at
 * how the node works.
 */
export function judge(history: History, record: HistoryRecord): string[] {
	const broken: string[] = [];
	const claim = (holds: boolean, promise: string) => {
		if (!holds) broken.push(promise);
	};
	const truth = new Truth(history, record);

	const atLeastOnce = history.options.deliveryGuarantee === 'atLeastOnce';
	history.items.forEach((item, index) => {
		for (const recipient of item.recipients) {
			const taken = truth.taken(index, recipient, record.calls.length);
			// Each further one was a risk that the user took, with an answer that was lost before.
			const allowed = atLeastOnce ? 1 + truth.unclear(index, recipient, record.calls.length) : 1;
			claim(taken <= allowed, `item ${index} to ${recipient} is at KPN ${taken} times`);
		}
		const others = record.messages.filter(
			({ content, recipient }) =>
				content.includes(mark(index)) && !item.recipients.includes(recipient),
		);
		claim(others.length === 0, `item ${index} went to somebody else`);
	});

	for (const [number, one] of record.tries.entries()) {
		const inTry = (promise: string) => `try ${number}: ${promise}`;
		if (!one.run) continue;
		const kept = JSON.stringify(one.run.data);
		claim(!record.secrets.some((secret) => kept.includes(secret)), inTry('n8n keeps a secret'));
		const { error } = one.run.data.resultData;
		if (error)
			judgeError(one, one.run, history, truth, (holds, words) => claim(holds, inTry(words)));
		else judgeOutput(one, one.run, history, truth, (holds, words) => claim(holds, inTry(words)));
	}

	const unauthorized = record.calls.filter(({ status }) => status === 401).length;
	const tokenFaults = history.faults
		.filter(({ on }) => on === 'token')
		.reduce((sum, { times }) => sum + (times ?? 1), 0);
	// A call that met an expired token may have been on its way with many others.
	const renewals = record.expired + unauthorized + tokenFaults * 2;
	claim(
		record.tokenCalls <= record.tries.length * 3 + renewals,
		`${record.tokenCalls} token calls`,
	);
	claim(
		Math.max(0, ...record.calls.map(({ inFlight }) => inFlight)) <= MOST_CALLS,
		'too many calls',
	);
	claim(
		Math.max(0, ...record.calls.map(({ body, inFlight }) => messagesIn(body).length * inFlight)) <=
			MOST_IN_DOUBT * 2,
		'too many messages in doubt',
	);
	return broken;
}

type Claims = (holds: boolean, promise: string) => void;

/** In “Stop Workflow”: the words of the error are all that there is. */
function judgeError(
	one: Try,
	run: IRun,
	{ items, loop, onError }: History,
	truth: Truth,
	claim: Claims,
): void {
	const { message = '', description = '' } = run.data.resultData.error ?? {};
	claim(onError === 'stopWorkflow', `an error in a Continue mode: ${message}`);
	if (/^Nothing (more )?was sent/.test(message)) {
		const sent = one.endCall > one.firstCall;
		// In a loop the turns before have sent theirs.
		claim(!sent || loop !== undefined, 'it says that nothing was sent, and calls were made');
		const bad = items.some(({ recipients }) => recipients.length === 0);
		claim(bad, `nothing is wrong with any item: ${message} ${description}`);
		return;
	}
	const counts = /^Not all items were sent: (.*)$/.exec(message)?.[1];
	if (counts === undefined) {
		claim(
			items.length === 1 || loop !== undefined,
			`an error that counts nothing: ${message} ${description}`,
		);
		if (items.length === 1) {
			const said = /^Unknown whether/.test(message) ? 'unknown' : 'refused';
			const real = truth.ofItem(0, one.endCall);
			claim(
				real.includes(said) || /of \d+ recipients/.test(message),
				`it says ${said}: ${message}; in truth ${real.join(' or ')}`,
			);
		}
		return;
	}
	if (loop !== undefined) return;
	const said: Record<string, number> = {};
	for (const [, count, name] of counts.matchAll(/(\d+) ([a-z ]+)/g))
		said[String(name)] = Number(count);
	const total = Object.values(said).reduce((sum, count) => sum + count, 0);
	claim(total === items.length, `${counts} of ${items.length} items`);
	const all = items.map((_, index) => truth.ofItem(index, one.endCall));
	const partly = said['partly accepted'] ?? 0;
	const isSo = (outcome: Outcome, count = 0) => {
		const least = all.filter((real) => real.every((other) => other === outcome)).length;
		const most = all.filter((real) => real.includes(outcome)).length;
		claim(
			count >= least && count <= most,
			`${counts}, in truth ${least === most ? least : `${least} to ${most}`} ${outcome}`,
		);
	};
	isSo('accepted', said.accepted);
	isSo('unknown', said.unknown);
	isSo('refused', (said.refused ?? 0) + (said['not tried'] ?? 0) + partly);
	claim(total - (said.accepted ?? 0) > NAMED || description !== '', 'no item is named');
}

/** Where the workflow goes on, each item comes out once, with what became of it. */
function judgeOutput(
	one: Try,
	run: IRun,
	{ items, loop }: History,
	truth: Truth,
	claim: Claims,
): void {
	const size = loop ?? items.length;
	const runs = run.data.resultData.runData.SMS?.length ?? 0;
	claim(runs === Math.ceil(items.length / size), `${runs} runs of the node`);
	const seen = new Map<number, INodeExecutionData>();
	for (let turn = 0; turn < runs; turn++) {
		for (const output of [0, 1]) {
			let before = -1;
			for (const item of outputOf(run, 'SMS', output, turn)) {
				const { pairedItem } = item;
				const inTurn =
					typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : NaN;
				claim(inTurn > before, `item ${inTurn} of turn ${turn} is out of order`);
				before = inTurn;
				const index = turn * size + inTurn;
				claim(!seen.has(index), `item ${index} came out twice`);
				seen.set(index, item);
			}
		}
	}
	claim(seen.size === items.length, `${seen.size} of ${items.length} items came out`);
	for (const [index, { json }] of seen) judgeItem(index, json, one, items, truth, claim);
}

function judgeItem(
	index: number,
	json: IDataObject,
	one: Try,
	items: History['items'],
	truth: Truth,
	claim: Claims,
): void {
	const { outcome } = json;
	const real = truth.ofItem(index, one.endCall);
	claim(
		real.some((other) => other === outcome),
		`item ${index} is called ${String(outcome)}, in truth ${real.join(' or ')}`,
	);
	claim(!('error' in json), `item ${index} has a field that makes Retry On Fail run`);
	if (outcome !== 'accepted') {
		const { message, advice } = json as { message?: string; advice?: string };
		claim(Boolean(message) && Boolean(advice), `item ${index} has no words`);
	}
	const several = json.deliveries as
		Array<{ recipient: string; outcome: string; document_id: string | null }> | undefined;
	const recipients = items[index]?.recipients ?? [];
	for (const recipient of recipients) {
		const own = several?.find((delivery) => delivery.recipient === recipient);
		if (several) claim(own !== undefined, `item ${index} says nothing of ${recipient}`);
		if (own) {
			const theirs = truth.of(index, recipient, one.endCall);
			claim(
				theirs.some((other) => other === own.outcome),
				`item ${index} to ${recipient}: ${own.outcome}, in truth ${theirs.join(' or ')}`,
			);
		}
		const id = own ? own.document_id : outcome === 'accepted' ? json.document_id : null;
		if (typeof id !== 'string') continue;
		claim(
			truth.documentIds(index, recipient, one.endCall).has(id),
			`item ${index} to ${recipient} has the document id of another message`,
		);
	}
}

/**
 * What is true of a message by KPN's side alone, from the calls up to one. Two answers where n8n was
 * cut off at the very moment that KPN's came.
 */
class Truth {
	private readonly unheard: Set<SendCall>;

	private readonly maybeHeard: Set<SendCall>;

	constructor(
		private readonly history: History,
		private readonly record: HistoryRecord,
	) {
		this.unheard = new Set(record.tries.flatMap((one) => one.unheard));
		this.maybeHeard = new Set(record.tries.flatMap((one) => one.maybeHeard));
	}

	/** Of an item: as of the message to each of its recipients, the worst first. */
	ofItem(index: number, end: number): Outcome[] {
		const { recipients } = this.history.items[index] ?? { recipients: [] };
		const worst = [true, false].map((heard): Outcome => {
			const all = recipients.map((recipient) => this.outcome(index, recipient, end, heard));
			if (all.includes('unknown')) return 'unknown';
			return all.length > 0 && all.every((one) => one === 'accepted') ? 'accepted' : 'refused';
		});
		return [...new Set(worst)];
	}

	of(index: number, recipient: string, end: number): Outcome[] {
		return [...new Set([true, false].map((heard) => this.outcome(index, recipient, end, heard)))];
	}

	taken(index: number, recipient: string, end: number): number {
		return this.callsOf(index, recipient, end).filter(({ accepted }) => accepted).length;
	}

	/** How many calls for it may have had an answer that says nothing, or none. */
	unclear(index: number, recipient: string, end: number): number {
		return this.callsOf(index, recipient, end).filter((call) => !this.isClear(call, false)).length;
	}

	/** Those that KPN gave in answers that n8n may have had. */
	documentIds(index: number, recipient: string, end: number): Set<string> {
		return new Set(
			this.callsOf(index, recipient, end)
				.filter((call) => call.accepted && this.isClear(call, true))
				.map(({ documentId }) => String(documentId)),
		);
	}

	private outcome(index: number, recipient: string, end: number, heard: boolean): Outcome {
		const calls = this.callsOf(index, recipient, end);
		const clear = calls.filter((call) => this.isClear(call, heard));
		if (clear.some(({ accepted }) => accepted)) return 'accepted';
		return clear.length < calls.length ? 'unknown' : 'refused';
	}

	private callsOf(index: number, recipient: string, end: number): SendCall[] {
		return this.record.calls
			.slice(0, end)
			.filter(({ body }) =>
				messagesIn(body).some(
					({ content, mobile_number }) =>
						content.includes(mark(index)) && mobile_number === recipient,
				),
			);
	}

	/** Whether n8n had an answer that says whether KPN took the messages. */
	private isClear(call: SendCall, heard: boolean): boolean {
		if (this.unheard.has(call) || (!heard && this.maybeHeard.has(call))) return false;
		const answer = call.fault?.answer;
		return answer ? isClear(answer) : call.status !== null;
	}
}

const messagesIn = (body: unknown): Array<{ content: string; mobile_number: string }> =>
	(body as { messages?: Array<{ content: string; mobile_number: string }> } | undefined)
		?.messages ?? [];
