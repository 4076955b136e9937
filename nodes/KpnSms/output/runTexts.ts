import { joinSentences } from '../../shared/kpnError';
import type { InvalidItem } from '../check/checkItem';
import { groupSame, htmlLines, itemsLabel } from './groupItems';
import { isDryRun, isSuccess, type ItemOutcomes, type ItemResult } from './itemResult';

export const isSameProblem = (item: InvalidItem, other: InvalidItem): boolean =>
	item.problems.length === other.problems.length &&
	item.problems.every((problem, index) => problem === other.problems[index]);

const problemLine = (group: [InvalidItem, ...InvalidItem[]]): string =>
	joinSentences(itemsLabel(group.map((item) => item.itemIndex)), ...group[0].problems);

/** What must be corrected, as HTML: each group of items with the same words in a line. */
export function problemLines(invalidItems: InvalidItem[]): string {
	const { groups, more } = groupSame(invalidItems, isSameProblem);
	return htmlLines(groups.map(problemLine), more);
}

/** Why nothing of a run is sent. */
export const tooManyParts = (parts: number, maxParts: number): string =>
	`All items together take ${parts} parts, and Maximum Parts in All is ${maxParts}. Look whether these are the people that you mean; if so, raise it.`;

type Counts = Record<ReturnType<typeof stateOf>, number>;

/** Of the items that were to be sent, how many came to what. */
export function countStates(results: ItemResult[]): Counts {
	const counts: Counts = {
		accepted: 0,
		'sent before': 0,
		'partly accepted': 0,
		refused: 0,
		unknown: 0,
		'not tried': 0,
	};
	for (const result of results) {
		if (!isDryRun(result)) counts[isChecked(result) ? stateOf(result) : 'refused']++;
	}
	return counts;
}

export const notAllSent = (counts: Counts): string =>
	`Not all items were sent: ${Object.entries(counts)
		.filter(([, count]) => count > 0)
		.map(([name, count]) => `${count} ${name}`)
		.join(', ')}`;

/** For the Continue modes, in which n8n shows a run with failures in green: how many there are. */
export function failureSummary(results: ItemResult[]): string | undefined {
	return results.length < 2 || results.every((result) => isDryRun(result) || isSuccess(result))
		? undefined
		: `${notAllSent(countStates(results))}. What is wrong with an item, and what to do, is in its message.`;
}

/** What an item is counted as. */
function stateOf({ outcomes }: ItemOutcomes) {
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

export const isChecked = (result: ItemResult): result is ItemOutcomes => 'item' in result;
