import type { IDataObject, INodeExecutionData, IPairedItemData, IRun } from 'n8n-workflow';

import { outputOf } from '../../dev/engine';
import { collectBroken, type Claims } from './claims';
import { otherNumber, type History } from './history';
import { judgeError } from './judgeError';
import { mark } from './mark';
import { judgeWait } from './judgeWait';
import { isStopped, type HistoryRecord, type Try } from './record';
import { messagesIn, Truth } from './truth';

/** The most messages that may be on their way with their outcome open, and the most calls. */
const MAX_OPEN_MESSAGES = 1000;
const MAX_CALLS = 64;

/** So many calls are on their way at first, and one more for each that is answered. */
const INITIAL_CALLS = 5;

/**
 * Says which promises a history broke: from what KPN got and from what n8n says, without a look at
 * how the node works.
 */
export function judge(history: History, record: HistoryRecord): string[] {
	const { broken, claim } = collectBroken();
	const truth = new Truth(history, record);
	const isHampered =
		history.faults.some(({ on }) => on === 'token') ||
		record.tries.some((one) => isStopped(one) || one.disturbed) ||
		record.calls.some(({ status }) => status !== 200);
	judgeMessages(history, record, truth, claim);
	judgeCalls(history, record, claim);
	for (const [number, one] of record.tries.entries()) {
		const inTry: Claims = (holds, promise) => claim(holds, `try ${number}: ${promise}`);
		const { answeredBeforeStop = Infinity, firstCall, endCall } = one;
		const made = endCall - firstCall;
		const left = INITIAL_CALLS + 2 * answeredBeforeStop;
		inTry(made <= left, `${made} calls, and ${left} at most had left when Stop was pressed`);
		if (!one.run) continue;
		const kept = JSON.stringify(one.run.data);
		inTry(!record.secrets.some((secret) => kept.includes(secret)), 'n8n keeps a secret');
		const { error } = one.run.data.resultData;
		const before = record.tries[number - 1];
		inTry(!isInVain(one, before, history), 'what was unknown was not sent under At Least Once');
		const isOver = isStopped(one) && /^The execution was cancel/.test(error?.message ?? '');
		if (history.waits) judgeWait(one, one.run, history, truth, inTry);
		else if (error && !isOver) judgeError(one, one.run, history, truth, inTry);
		else judgeOutput(one, one.run, history, truth, inTry);
		if (isHampered || history.waits) continue;
		for (const index of refusedItems(one, one.run)) {
			const { recipients } = history.items[index] ?? { recipients: [] };
			inTry(recipients.length === 0, `item ${index} was refused without a reason`);
		}
	}
	return broken;
}

/** The items that came out as refused. */
const refusedItems = ({ runs }: Try, run: IRun): number[] =>
	runs.flatMap((indexes, turn) =>
		[0, 1]
			.flatMap((output) => outputOf(run, 'SMS', output, turn))
			.filter(({ json }) => json.outcome === 'refused')
			.map(({ pairedItem }) => indexes[(pairedItem as IPairedItemData).item] ?? -1),
	);

/** What is at KPN. */
function judgeMessages(
	{ items, options, once, retries }: History,
	{ messages, tries }: HistoryRecord,
	truth: Truth,
	claim: Claims,
): void {
	const atLeastOnce = options.deliveryGuarantee === 'atLeastOnce';
	const cuts = once ? tries.filter(({ run, disturbed }) => !run || disturbed).length : 0;
	// What was forgotten, no later try knows of, but by its key.
	const lastTries = tries.filter(
		(one, index) => index === tries.length - 1 || (one.forgotten && !once),
	);
	items.forEach(({ recipients, sender, key }, index) => {
		const alike = truth.alike(index);
		const others = retries.includes('numbers') ? recipients.map(otherNumber) : [];
		for (const recipient of [...recipients, ...others]) {
			for (const one of lastTries) {
				const { taken, unclear } = truth.callsKnownTo(one, alike, recipient);
				// Each further one was a risk that the user took, with an answer that was lost before, or
				// with a note that n8n had not made yet when it was cut off.
				const risks = atLeastOnce ? unclear + cuts : 0;
				const what = once ? `key ${key}` : `item ${index}`;
				claim(taken <= 1 + risks, `${what} to ${recipient} is at KPN ${taken} times`);
			}
		}
		for (const message of messages.filter(({ content }) => content.includes(mark(index)))) {
			const isTheirs = [...recipients, ...others].includes(message.recipient);
			claim(isTheirs, `item ${index} went to somebody else`);
			claim(message.sender === sender, `item ${index} came from ${message.sender}`);
		}
	});
}

function judgeCalls(
	{ faults, batching, options }: History,
	{ calls, tries, expired, tokenCalls }: HistoryRecord,
	claim: Claims,
): void {
	claim(
		calls.every(({ method }) => method === 'POST'),
		'a redirect was followed',
	);
	const size = Math.min(batching?.batchSize ?? Infinity, options.messagesPerCall ?? 200);
	claim(
		calls.every(({ body }) => messagesIn(body).length <= size),
		`a call had more than ${size} messages`,
	);
	const unauthorized = calls.filter(({ status }) => status === 401).length;
	const tokenFaults = faults
		.filter(({ on }) => on === 'token')
		.reduce((sum, { times }) => sum + (times ?? 1), 0);
	for (const one of tries) {
		const { firstCall, endCall } = one;
		// A token that expires for a second time, before it was used, is not asked for again.
		if (!one.run || isStopped(one) || one.disturbed || tokenFaults > 0 || expired > 1) continue;
		const inTry = calls.slice(firstCall, endCall);
		for (const [place, { status, body }] of inTry.entries()) {
			const same = JSON.stringify(body);
			const isMadeAgain = () =>
				inTry.slice(place + 1).some((other) => JSON.stringify(other.body) === same);
			claim(status !== 401 || isMadeAgain(), 'a call with an expired token was not made again');
		}
	}
	// One to begin with, and one each time that the token has expired; what was stopped may have asked
	// for one that it never got. Without an answer it is asked for again, by each run and each retry.
	const ended = tries.filter((one) => !one.run || isStopped(one)).length;
	const isUncertain = tokenFaults > 0 || tries.some(({ disturbed }) => disturbed);
	const inVain = isUncertain ? tries.length * 3 + unauthorized + tokenFaults * 2 : 0;
	claim(tokenCalls <= 1 + expired + ended + inVain, `${tokenCalls} token calls`);
	const mostOf = (count: (call: (typeof calls)[number]) => number) =>
		Math.max(0, ...calls.map(count));
	claim(mostOf(({ inFlight }) => inFlight) <= MAX_CALLS, 'too many calls');
	claim(
		mostOf(({ body, inFlight }) => messagesIn(body).length * inFlight) <= MAX_OPEN_MESSAGES * 2,
		'too many messages in doubt',
	);
}

/** Whether a retry under At Least Once leaves what is unknown as it is. */
function isInVain(one: Try, before: Try | undefined, { options, faults }: History): boolean {
	if (options.deliveryGuarantee !== 'atLeastOnce' || before?.execution !== one.execution) {
		return false;
	}
	const { message = '' } = before.run?.data.resultData.error ?? {};
	const wasUnknown = /\d unknown|^Unknown whether/.test(message);
	const hasToken = !faults.some(({ on }) => on === 'token');
	const isFree = hasToken && !isStopped(one) && !one.disturbed;
	return wasUnknown && isFree && one.endCall === one.firstCall;
}

/** Where the workflow goes on, each item comes out once, with what became of it. */
function judgeOutput(one: Try, run: IRun, history: History, truth: Truth, claim: Claims): void {
	const made = run.data.resultData.runData.SMS?.length ?? 0;
	const { runs } = one;
	const isEnough = isStopped(one) ? made <= runs.length : made === runs.length;
	claim(isEnough, `${made} runs of the node in place of ${runs.length}`);
	for (const [turn, indexes] of runs.slice(0, made).entries()) {
		const inTurn = new Map<number, INodeExecutionData>();
		for (const output of [0, 1]) {
			let before = -1;
			for (const item of outputOf(run, 'SMS', output, turn)) {
				const { pairedItem } = item;
				const place =
					typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : NaN;
				claim(place > before, `item ${place} of turn ${turn} is out of order`);
				before = place;
				claim(!inTurn.has(place), `item ${place} of turn ${turn} came out twice`);
				inTurn.set(place, item);
			}
		}
		claim(
			inTurn.size === indexes.length,
			`${inTurn.size} of ${indexes.length} items came out in turn ${turn}`,
		);
		for (const [place, { json }] of inTurn) {
			const index = indexes[place];
			claim(index !== undefined, `item ${place} of turn ${turn} is nobody's`);
			const { change } = truth.tryOfRun(one, turn);
			if (index !== undefined) judgeItem(index, json, { ...one, change }, history, truth, claim);
		}
	}
}

function judgeItem(
	index: number,
	json: IDataObject,
	one: Try,
	{ items }: History,
	truth: Truth,
	claim: Claims,
): void {
	const { outcome } = json;
	const real = truth.ofItem(index, one);
	claim(
		real.some((other) => other === outcome),
		`item ${index} is called ${String(outcome)}, in truth ${real.join(' or ')}`,
	);
	claim(!('error' in json), `item ${index} has a field that makes Retry On Fail run`);
	claim(
		(json.document_id !== undefined) === (outcome === 'accepted'),
		`item ${index} is called ${String(outcome)}, ${json.document_id === undefined ? 'without' : 'with'} a document id`,
	);
	if (outcome === 'refused' || outcome === 'unknown') {
		claim(Boolean(json.message), `item ${index} has no words`);
	} else {
		claim(json.sender === items[index]?.sender, `item ${index} has another item's sender`);
	}
	const several = json.messages as
		Array<{ recipient: string; outcome: string; document_id: string | null }> | undefined;
	for (const recipient of truth.recipients(index, one)) {
		const own = several?.find((delivery) => delivery.recipient === recipient);
		if (several) claim(own !== undefined, `item ${index} says nothing of ${recipient}`);
		if (own) {
			const theirs = truth.of(index, recipient, one);
			claim(
				theirs.some((other) => other === own.outcome),
				`item ${index} to ${recipient}: ${own.outcome}, in truth ${theirs.join(' or ')}`,
			);
		}
		const id = own ? own.document_id : outcome === 'accepted' ? json.document_id : null;
		if (typeof id !== 'string') continue;
		claim(
			truth.documentIds(index, recipient, one).has(id),
			`item ${index} to ${recipient} has the document id of another message`,
		);
	}
}
