import type { INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { quoted, together, type KpnError } from '../../shared/kpnError';
import type { Refusal } from './draft';
import type { Delivery, ItemResult } from './item';
import type { Settled } from './outcome';

/** Why an item was not delivered, for the person who built the workflow. */
interface ItemFailure {
	outcome: 'refused' | 'unknown';
	/** What happened, in one sentence. */
	message: string;
	/** KPN's own words about it, quoted; empty if there are none. */
	quote: string;
	/** What to do about it. */
	advice: string;
	kpn: KpnError;
	statusCode?: number;
	retryable: boolean;
}

/** As many as a person reads, of reasons, and of items with the same one; the rest is counted. */
const MOST_NAMED = 10;

export function failureOf(result: ItemResult): ItemFailure {
	if ('problems' in result) {
		return {
			outcome: 'refused',
			message: `Not sent: ${result.problems.join(' ')}`,
			quote: '',
			advice: 'Correct this item and send it again.',
			kpn: {},
			retryable: false,
		};
	}
	const failures = failuresOf(result);
	const worst = failures.find(({ outcome }) => outcome === 'unknown') ?? failures[0];
	if (!worst) throw new Error('An item that was delivered has no failure');
	const { outcome, advice, kpn, statusCode } = worst;
	return {
		outcome,
		message: sentence(worst, shareOf(result, worst)),
		quote: quoted(kpn, statusCode),
		advice,
		kpn,
		statusCode,
		retryable: failures.every(({ retryable }) => retryable),
	};
}

/** For the error output: an item that was not delivered. */
export const itemError = (node: INode, itemIndex: number, failure: ItemFailure): NodeApiError =>
	apiError(node, {
		message: together(failure.message, failure.quote),
		description: failure.advice,
		statusCode: failure.statusCode,
		itemIndex,
	});

/** For "Stop Workflow": some items cannot be sent, so none was. */
export function precheckError(
	node: INode,
	refusals: Refusal[],
	total: number,
	acceptedBefore: number,
): NodeApiError {
	const [first] = refusals;
	const itemIndex = first?.itemIndex;
	const nothing = acceptedBefore === 0 ? 'Nothing was sent' : 'Nothing more was sent';
	if (total === 1 && first) {
		return apiError(node, { message: `${nothing}: ${first.problems.join(' ')}`, itemIndex });
	}
	const { groups, more } = groupAlike(refusals, refusedAlike);
	const [same] = groups;
	if (same?.length === total) {
		const message = `${nothing}: ${same[0].problems.join(' ')}`;
		return apiError(node, { message, description: `The same holds for all ${total} items.` });
	}
	return apiError(node, {
		message: `${nothing}: ${refusals.length} of ${total} items must be corrected first`,
		description: lineUp(groups.map(refusalLine), more),
		itemIndex,
	});
}

const refusedAlike = (one: Refusal, other: Refusal): boolean =>
	one.problems.length === other.problems.length &&
	one.problems.every((problem, index) => problem === other.problems[index]);

const refusalLine = (group: [Refusal, ...Refusal[]]): string =>
	together(itemsLabel(group.map((one) => one.itemIndex)), ...group[0].problems);

/** What must be corrected, as HTML for a hint: each group of items with the same words in a line. */
export function refusalLines(refusals: Refusal[]): string {
	const { groups, more } = groupAlike(refusals, refusedAlike);
	return lineUp(groups.map(refusalLine), more);
}

/** Why nothing of a run is sent. */
export const tooManyParts = (parts: number, most: number): string =>
	`All items together take ${parts} parts, and Maximum Parts in All is ${most}. Look whether these are the people that you mean; if so, raise it.`;

/** For "Stop Workflow": what was sent, what not, what is unknown, and what a retry would do. */
export function stopError(node: INode, results: ItemResult[]): NodeApiError {
	const counts = {
		accepted: 0,
		'sent before': 0,
		'partly accepted': 0,
		refused: 0,
		unknown: 0,
		'not tried': 0,
	};
	let content = false;
	const failed: Delivery[] = [];
	// In one go, also for a list of 100,000: so words are found for those only that are named.
	for (const result of results) {
		if (!isDelivery(result)) continue;
		const state = stateOf(result);
		counts[state]++;
		if (state === 'accepted' || state === 'sent before') continue;
		content ||= result.outcomes.some(isAboutContent);
		failed.push(result);
	}
	const { groups, more } = groupAlike(failed, failedAlike);
	const named = groups.map((group) => {
		const failure = failureOf(group[0]);
		const items = group.map(({ draft }) => draft.itemIndex);
		return { items, ...failure, quote: quoteOf(group, failure.quote) };
	});
	const [first] = named;
	const { statusCode } = first ?? {};
	const itemIndex = first?.items[0];
	const next = nextStep(results, content);
	// n8n writes the message into its log: KPN's words, which may hold a number, go beside it.
	if (results.length === 1 && first) {
		const partly = counts['partly accepted'] > 0 ? next : '';
		const description = escapeHtml(together(first.quote, first.advice, partly));
		return apiError(node, { message: first.message, description, statusCode, itemIndex });
	}
	const lines = named.map(({ items, message, quote, advice }, index) =>
		together(itemsLabel(items), message, quote, advice === named[index - 1]?.advice ? '' : advice),
	);
	const tally = Object.entries(counts)
		.filter(([, count]) => count > 0)
		.map(([name, count]) => `${count} ${name}`);
	return apiError(node, {
		message: `Not all items were sent: ${tally.join(', ')}`,
		description: `${lineUp(lines, more)}<br>${next}`,
		statusCode,
		itemIndex,
	});
}

/** Items of which the same is to be said, in the order of the first of each; `more` for those of any other. */
function groupAlike<T>(
	items: T[],
	alike: (one: T, other: T) => boolean,
): { groups: Array<[T, ...T[]]>; more: number } {
	const groups: Array<[T, ...T[]]> = [];
	let more = 0;
	for (const item of items) {
		const group = groups.find(([first]) => alike(first, item));
		if (group) group.push(item);
		else if (groups.length < MOST_NAMED) groups.push([item]);
		else more++;
	}
	return { groups, more };
}

/** Whether the same is to be said of both; of several recipients, each item has words of its own. */
function failedAlike({ outcomes: [one, ...rest] }: Delivery, other: Delivery): boolean {
	const [another, ...others] = other.outcomes;
	if (one === another) return rest.length + others.length === 0;
	if (!one || !another || rest.length + others.length > 0) return false;
	if (!isFailure(one) || !isFailure(another)) return false;
	return (
		one.outcome === another.outcome &&
		one.meaning === another.meaning &&
		one.advice === another.advice &&
		one.notTried === another.notTried &&
		one.systemCode === another.systemCode &&
		isSameText(one.kpn.message, another.kpn.message) &&
		one.kpn.code === another.kpn.code
	);
}

/** A word with a digit in it: the time, or the ID that each call has of its own. */
const OWN_WORD = /[\w.:+-]*\d[\w.:+-]*/g;

const withoutOwnWords = (text = ''): string => text.replace(OWN_WORD, '…');

/** Whether two texts say the same, but for what is each call's own. */
const isSameText = (one?: string, another?: string): boolean =>
	one === another || (one !== undefined && withoutOwnWords(one) === withoutOwnWords(another));

/** KPN's words for all of a group: what is each call's own is left out. */
function quoteOf(group: [Delivery, ...Delivery[]], quote: string): string {
	const textOf = ({ outcomes: [one] }: Delivery) =>
		one && isFailure(one) ? one.kpn.message : undefined;
	const text = textOf(group[0]);
	return group.every((one) => textOf(one) === text) ? quote : withoutOwnWords(quote);
}

/**
 * `[item 3 (the 4th)]`, `[items 0–13, 50 (the 1st–14th, 51st)]`: the numbers that n8n gives them, in
 * ascending order, and how a person counts.
 */
function itemsLabel(indexes: number[]): string {
	const ranges: Array<{ from: number; to: number }> = [];
	let more = 0;
	for (const index of indexes) {
		const last = ranges.at(-1);
		if (last && index === last.to + 1 && more === 0) last.to = index;
		else if (ranges.length < MOST_NAMED) ranges.push({ from: index, to: index });
		else more++;
	}
	const name = (numbered: (index: number) => string) =>
		ranges
			.map(({ from, to }) => (from === to ? numbered(from) : `${numbered(from)}–${numbered(to)}`))
			.join(', ');
	if (indexes.length === 1) return `[item ${name(String)} (the ${name(ordinal)})]`;
	const rest = more > 0 ? ` and ${more} more` : '';
	const counting = ranges.length > ORDINALS_NAMED ? 'counted from 0' : `the ${name(ordinal)}`;
	return `[items ${name(String)}${rest} (${counting})]`;
}

/** Beyond so many, a second row of numbers helps nobody. */
const ORDINALS_NAMED = 3;

const ORDINALS = new Intl.PluralRules('en-GB', { type: 'ordinal' });
const ENDINGS: Record<string, string> = { one: 'st', two: 'nd', few: 'rd' };

/** Of an index: `1st` of 0. */
const ordinal = (index: number): string =>
	`${index + 1}${ENDINGS[ORDINALS.select(index + 1)] ?? 'th'}`;

/** `1 message`, `2 messages`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
	`${count} ${count === 1 ? one : several}`;

interface ErrorParts {
	message: string;
	description?: string;
	statusCode?: number;
	itemIndex?: number;
}

function apiError(
	node: INode,
	{ message, description, statusCode, itemIndex }: ErrorParts,
): NodeApiError {
	const httpCode = statusCode?.toString();
	const error = new NodeApiError(node, {}, { message, description, httpCode, itemIndex });
	// n8n puts words of its own in place of a message that holds the name of a system error.
	error.message = message;
	return error;
}

/** Which button does what, for somebody who has the error before them. */
function nextStep(results: ItemResult[], content: boolean): string {
	const once = results.some((one) => 'draft' in one && one.draft.onceKey !== undefined);
	const rest = 'Executions → this one → Retry (it uses the data of then)';
	return together(
		once
			? `To send only the rest: correct it and execute again, for Send Once Per is set; or ${rest}.`
			: `To send only the rest: ${rest}. Execute step sends everything again, also to those who have it: Send Once Per knows only what was sent while it was set.`,
		content
			? 'What KPN refused for its content (400), a retry sends with the same data, to be refused again: correct it where it comes from, and let such items go their own way with On Error → Continue (using error output).'
			: '',
		'What is unknown is sent again only with Delivery Guarantee At Least Once.',
	);
}

const isAboutContent = (outcome: Settled): boolean =>
	outcome.outcome === 'refused' && outcome.statusCode === 400 && !outcome.notTried;

/** What an item is counted as. */
function stateOf({ outcomes }: Delivery) {
	let sentBefore = 0;
	let failures = 0;
	let notTried = 0;
	for (const outcome of outcomes) {
		if (outcome.outcome === 'unknown') return 'unknown';
		if (outcome.outcome === 'sentBefore') sentBefore++;
		if (outcome.outcome !== 'refused') continue;
		failures++;
		if (outcome.notTried) notTried++;
	}
	if (failures === 0) return sentBefore === outcomes.length ? 'sent before' : 'accepted';
	if (failures < outcomes.length) return 'partly accepted';
	return notTried === failures ? 'not tried' : 'refused';
}

const isDelivery = (result: ItemResult): result is Delivery => 'draft' in result;

const isFailure = (one: Settled): one is Failure =>
	one.outcome === 'refused' || one.outcome === 'unknown';

const failuresOf = ({ outcomes }: Delivery): Failure[] => outcomes.filter(isFailure);

function sentence({ outcome, meaning, systemCode, notTried }: Failure, share: string): string {
	const what = systemCode === undefined ? meaning : `${meaning} (${systemCode})`;
	if (notTried) return `Not sent${share}, because sending had ended: ${what}.`;
	return outcome === 'unknown'
		? `Unknown whether KPN took the SMS${share}: ${what}.`
		: `Not sent${share}: ${what}.`;
}

/** Which of several recipients it is about, by the last digits of their numbers. */
function shareOf({ draft, outcomes }: Delivery, about: Failure): string {
	if (outcomes.length === 1) return '';
	const theirs = draft.recipients.filter((_, index) => outcomes[index]?.outcome === about.outcome);
	const named = theirs.slice(0, MOST_NAMED).map((recipient) => `…${recipient.slice(-3)}`);
	return ` to ${theirs.length} of ${outcomes.length} recipients (${named.join(', ')})`;
}

/** n8n shows a description as HTML: in it only `<br>` begins a line, and KPN's words are no markup. */
function lineUp(lines: string[], more: number): string {
	return [...lines, ...(more > 0 ? [`… and ${counted(more, 'more item')}.`] : [])]
		.map(escapeHtml)
		.join('<br>');
}

const escapeHtml = (text: string): string =>
	text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
