import type { INode, NodeApiError } from 'n8n-workflow';

import { together } from '../../shared/kpnError';
import type { Refusal } from './draft';
import { escapeHtml, groupAlike, itemsLabel, lineUp } from './itemGroups';
import type { Delivery, ItemResult } from './item';
import type { Settled } from './outcome';
import { apiError, failureOf, isFailure } from './words';

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

/** Which button does what, for somebody who has the error before them. */
function nextStep(results: ItemResult[], content: boolean): string {
	const once = results.some((one) => 'draft' in one && one.draft.onceKey !== undefined);
	const rest = 'Executions → this one → Retry (it uses the data of then)';
	return together(
		once
			? `To send only the rest: execute again, for Send Once Per is set (correct first what is wrong in the data); or ${rest}.`
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
