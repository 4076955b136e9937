import type { INode, NodeApiError } from 'n8n-workflow';

import { joinSentences } from '../../shared/kpnError';
import { isInvalid, type InvalidItem, type ValidItem } from '../check/checkItem';
import { escapeHtml, groupSame, itemsLabel, htmlLines } from './groupItems';
import type { FinalOutcome } from '../send/outcome';
import { apiError, failureOf } from './itemError';
import {
	isAwaited,
	isDryRun,
	isFailure,
	isSuccess,
	type ItemOutcomes,
	type ItemResult,
} from './itemResult';
import { countStates, isChecked, isSameProblem, notAllSent, problemLines } from './runTexts';

/**
 * For "Stop Workflow": one item that cannot be sent, and nothing is. A dry run is there to show what is
 * wrong: it has nothing to stop.
 *
 * @param hasSent whether earlier tries, or earlier turns of a loop, may have sent something
 * @throws NodeApiError that names the items
 */
export function stopIfInvalid(
	node: INode,
	items: Array<ValidItem | InvalidItem>,
	hasSent: boolean,
): void {
	const invalidItems = items.filter(isInvalid).filter(({ dryRun }) => !dryRun);
	if (invalidItems.length === 0) return;
	throw invalidItemsError(node, invalidItems, items.length, hasSent);
}

/**
 * For "Stop Workflow": ends the run where KPN did not accept every message.
 *
 * @param how whether a message that may have arrived is waited for, and whether the node has run before
 * in this execution
 * @throws NodeApiError that says what was sent, what not, and what is unknown
 */
export function stopIfFailed(
	node: INode,
	results: ItemResult[],
	{ waits, isLaterRun }: { waits: boolean; isLaterRun: boolean },
): void {
	const hasFailure = results.some(
		(result) => !isSuccess(result) && !isDryRun(result) && !(waits && isAwaited(result)),
	);
	if (hasFailure) throw stopError(node, results, isLaterRun);
}

/** For "Stop Workflow": some items cannot be sent, so none was. */
export function invalidItemsError(
	node: INode,
	invalidItems: InvalidItem[],
	total: number,
	hasSent: boolean,
): NodeApiError {
	const [first] = invalidItems;
	const itemIndex = first?.itemIndex;
	const nothing = hasSent ? 'Nothing more was sent' : 'Nothing was sent';
	if (total === 1 && first) {
		return apiError(node, { message: `${nothing}: ${first.problems.join(' ')}`, itemIndex });
	}
	const isOneProblem = invalidItems.every((item) => first && isSameProblem(first, item));
	if (first && invalidItems.length === total && isOneProblem) {
		const message = `${nothing}: ${first.problems.join(' ')}`;
		return apiError(node, { message, description: `This concerns all ${total} items.` });
	}
	return apiError(node, {
		message: `${nothing}: ${invalidItems.length} of ${total} items must be corrected first`,
		description: problemLines(invalidItems),
		itemIndex,
	});
}

/** For "Stop Workflow": what was sent, what not, what is unknown, and what a retry would do. */
export function stopError(node: INode, results: ItemResult[], isLaterRun = false): NodeApiError {
	const counts = countStates(results);
	const failed = results.filter(isChecked).filter((result) => !isSuccess(result));
	const { groups, more } = groupSame(failed, isSameFailure);
	const shown = groups.map((group) => {
		const failure = failureOf(group[0]);
		const items = group.map(({ item }) => item.itemIndex);
		return { items, ...failure, quote: quoteOf(group, failure.quote) };
	});
	const [first] = shown;
	const { statusCode } = first ?? {};
	const itemIndex = first?.items[0];
	const next = nextStep(results, node.name, isLaterRun);
	// n8n writes the message into its log: KPN's words, which may hold a number, go beside it.
	if (results.length === 1 && first) {
		const partly = counts['partly accepted'] > 0 || isLaterRun ? next : '';
		const description = escapeHtml(joinSentences(first.quote, first.advice, partly));
		return apiError(node, { message: first.message, description, statusCode, itemIndex });
	}
	const lines = shown.map(({ items, message, quote, advice }, index) =>
		joinSentences(
			itemsLabel(items),
			message,
			quote,
			advice === shown[index - 1]?.advice ? '' : advice,
		),
	);
	return apiError(node, {
		message: notAllSent(counts),
		description: `${htmlLines(lines, more)}<br>${next}`,
		statusCode,
		itemIndex,
	});
}

const NOBODY_HAS_IT = 'None of these has been sent: once that is put right, execute again.';

const SENDS_ALL_AGAIN =
	'Execute step sends everything again, also to those who have it: Send Once Per knows only what was sent while it was set.';

/**
 * What to press, in n8n's own labels; by what is left to be sent. The workflow is told by its node:
 * where another one calls it, n8n shows these words there, and a retry of that one sends all again.
 * Executing again would do the same with what earlier turns of a loop have sent.
 */
function nextStep(results: ItemResult[], node: string, isLaterRun: boolean): string {
	const checked = results.filter(isChecked);
	const having = (is: (outcome: FinalOutcome) => boolean) =>
		checked.filter(({ outcomes }) => outcomes.some(is));
	const sentences: string[] = [];
	const isOnce = checked.some(({ item }) => item.onceKey !== undefined);
	const hasNobody = having((one) => one.outcome !== 'refused').length === 0;
	if (hasNobody && (isOnce || !isLaterRun)) return NOBODY_HAS_IT;
	const isLeft = having((one) => one.outcome === 'refused' && !isAboutContent(one)).length > 0;
	const hasBadContent = having(isAboutContent).length > 0;
	if (isLeft) {
		const rest = `in the workflow with the node “${escapeHtml(node)}”, Executions → the newest one that failed → Retry (it uses the data of then)`;
		sentences.push(
			isOnce
				? `To send only the rest: execute again, for Send Once Per is set (correct first what is wrong in the data); or ${rest}.`
				: `To send only the rest: ${rest}. ${SENDS_ALL_AGAIN}`,
		);
	}
	if (hasBadContent) {
		sentences.push(
			'What KPN refused for its content, a retry sends with the same data, to be refused again: correct it where it comes from, and let such items go their own way with On Error → Continue (using error output).',
		);
	}
	if (hasBadContent && !isLeft) {
		sentences.push(
			isOnce
				? 'Then execute again: only what was corrected is sent, for Send Once Per is set.'
				: `Send what was corrected by itself. ${SENDS_ALL_AGAIN}`,
		);
	}
	const unknown = having(({ outcome }) => outcome === 'unknown');
	if (unknown.length > 0) {
		sentences.push(
			unknown.some(({ item }) => item.options.deliveryGuarantee === 'atLeastOnce')
				? 'What is unknown may have arrived, and a retry sends it again, for Delivery Guarantee is At Least Once.'
				: 'What is unknown may have arrived: ask the recipients, or look at the delivery reports. It is sent again only with Delivery Guarantee At Least Once.',
		);
	}
	return joinSentences(...sentences);
}

const isAboutContent = (outcome: FinalOutcome): boolean =>
	outcome.outcome === 'refused' &&
	[400, 422].includes(outcome.statusCode ?? 0) &&
	!outcome.notTried;

/** Whether the same is to be said of both; of several recipients, each item has words of its own. */
function isSameFailure(
	{ outcomes: [outcome, ...rest] }: ItemOutcomes,
	other: ItemOutcomes,
): boolean {
	const [otherOutcome, ...others] = other.outcomes;
	if (outcome === otherOutcome) return rest.length + others.length === 0;
	if (!outcome || !otherOutcome || rest.length + others.length > 0) return false;
	if (!isFailure(outcome) || !isFailure(otherOutcome)) return false;
	return (
		outcome.outcome === otherOutcome.outcome &&
		outcome.meaning === otherOutcome.meaning &&
		outcome.advice === otherOutcome.advice &&
		outcome.notTried === otherOutcome.notTried &&
		outcome.systemCode === otherOutcome.systemCode &&
		isSameText(outcome.kpn.message, otherOutcome.kpn.message) &&
		outcome.kpn.code === otherOutcome.kpn.code
	);
}

/** A word with a digit in it: the time, or the ID that each call has of its own. */
const CALL_SPECIFIC_WORD = /[\w.:+-]*\d[\w.:+-]*/g;

const withoutCallSpecificWords = (text = ''): string => text.replace(CALL_SPECIFIC_WORD, '…');

/** Whether two texts say the same, but for what is each call's own. */
const isSameText = (text?: string, otherText?: string): boolean =>
	text === otherText ||
	(text !== undefined && withoutCallSpecificWords(text) === withoutCallSpecificWords(otherText));

/** KPN's words for all of a group: what is each call's own is left out. */
function quoteOf(group: [ItemOutcomes, ...ItemOutcomes[]], quote: string): string {
	const textOf = ({ outcomes: [outcome] }: ItemOutcomes) =>
		outcome && isFailure(outcome) ? outcome.kpn.message : undefined;
	const text = textOf(group[0]);
	return group.every((outcome) => textOf(outcome) === text)
		? quote
		: withoutCallSpecificWords(quote);
}
