import type { NodeExecutionHint, NodeHint } from 'n8n-workflow';

import type { InvalidItem } from '../check/checkItem';
import type { ItemResult } from './itemResult';
import { TEST_URL_PROBLEM } from '../check/options';
import { parseTime, quotaWarning, resetTime } from './quotaTexts';
import { countLabel } from './groupItems';
import { failureSummary, problemLines, tooManyParts } from './runTexts';
import type { AccountInfo } from '../../shared/quota';
import { isTestUrl } from '../../shared/testUrl';

/** From this share of KPN's quota on, the user is told. */
const QUOTA_WARNING_SHARE = 0.9;

/** So many numbers that come more than once a person reads. */
const MAX_REPEATS_SHOWN = 5;

/** What the editor shows above the output, whatever came out. */
export const staticHints: NodeHint[] = [
	{
		message: '<b>Dry Run</b> is on: nothing is sent.',
		displayCondition: '={{ $parameter["options"]?.["dryRun"] === true }}',
		whenToDisplay: 'always',
		location: 'outputPane',
	},
];

/** What the editor shows above the output of one run. */
export function hintsOf(results: ItemResult[]): NodeExecutionHint[] {
	const messages = [
		dryRunSummary(results),
		failureSummary(results),
		sentBeforeSummary(results),
		testUrlWarning(results),
	];
	const { quota, sunset } = latestAccountInfo(results);
	const { limit, used } = quota ?? {};
	const warning = quotaWarning(quota, acceptedCalls(results), Date.now());
	if (warning !== undefined) messages.push(warning);
	else if (limit !== undefined && used !== undefined && used > limit * QUOTA_WARNING_SHARE) {
		const start = resetTime(quota, Date.now());
		const reset = start === undefined ? '' : ` KPN says that it starts anew at ${start}.`;
		messages.push(
			`${Math.floor((used / limit) * 100)} % of KPN’s quota is used: ${used} of ${limit}.${reset}`,
		);
	}
	if (sunset !== undefined && parseTime(sunset) !== undefined) {
		messages.push(`KPN says that this API is gone from ${sunset} on. Ask KPN what replaces it.`);
	}
	return messages
		.filter((message) => message !== undefined)
		.map((message) => ({ message, location: 'outputPane' }));
}

function dryRunSummary(results: ItemResult[]): string | undefined {
	let messages = 0;
	let recipients = 0;
	let parts = 0;
	let maxParts = Infinity;
	const invalidItems: InvalidItem[] = [];
	const countByRecipient = new Map<string, number>();
	let sentBefore: number | undefined;
	for (const result of results) {
		if ('problems' in result) {
			if (result.dryRun) invalidItems.push(result);
		} else if (result.item.options.dryRun) {
			messages++;
			if (result.sentBefore !== undefined) sentBefore = (sentBefore ?? 0) + result.sentBefore;
			recipients += result.item.recipients.length;
			parts += result.item.size.parts * result.item.recipients.length;
			maxParts = Math.min(maxParts, result.item.options.maximumPartsInAll ?? Infinity);
			const { recipients: numbers } = result.item;
			// What is not sent again is no repeat.
			for (const recipient of result.sentBefore === numbers.length ? [] : numbers) {
				countByRecipient.set(recipient, (countByRecipient.get(recipient) ?? 0) + 1);
			}
		}
	}
	if (messages + invalidItems.length === 0) return undefined;
	const problems =
		invalidItems.length === 0
			? ''
			: `<br>${countLabel(invalidItems.length, 'item')} must be corrected first:<br>${problemLines(invalidItems)}`;
	const alreadySent =
		sentBefore === undefined
			? ''
			: ` ${countLabel(sentBefore, 'recipient')} would not get it again: Send Once Per has the key on record, or the list has it before.`;
	const tooMany = parts > maxParts ? ` ${tooManyParts(parts, maxParts)}` : '';
	const dryRuns = messages + invalidItems.length;
	const beginning =
		dryRuns === results.length
			? 'Dry run, nothing was sent'
			: `Dry run of ${dryRuns} of ${results.length} items, which were not sent`;
	return `${beginning}: ${countLabel(messages, 'message')} to ${countLabel(recipients, 'recipient')}, ${countLabel(parts, 'part')} in all.${repeatedNumbers(countByRecipient)}${alreadySent}${tooMany}${problems}`;
}

/** A number that is in the list twice gets the SMS twice, unless Send Once Per is set. */
function repeatedNumbers(countByRecipient: Map<string, number>): string {
	const repeated = [...countByRecipient].filter(([, times]) => times > 1);
	if (repeated.length === 0) return '';
	const shown = repeated
		.slice(0, MAX_REPEATS_SHOWN)
		.map(([recipient, times]) => `…${recipient.slice(-3)} ${times} times`);
	if (repeated.length > shown.length) shown.push(`${repeated.length - shown.length} more`);
	return ` ${countLabel(repeated.length, 'number')} would get more than one: ${shown.join(', ')}.`;
}

function sentBeforeSummary(results: ItemResult[]): string | undefined {
	let messages = 0;
	for (const result of results) {
		if (!('item' in result)) continue;
		for (const { outcome } of result.outcomes) if (outcome === 'sentBefore') messages++;
	}
	return messages === 0
		? undefined
		: `${countLabel(messages, 'SMS', 'SMS')} had been sent before under the same key (Send Once Per), and nothing was sent for ${messages === 1 ? 'it' : 'them'} now.`;
}

function testUrlWarning(results: ItemResult[]): string | undefined {
	const isUsed = results.some(
		(result) => 'item' in result && isTestUrl(result.item.options.call.webhookUrl ?? ''),
	);
	return isUsed ? `${TEST_URL_PROBLEM} Once published, the workflow refuses it.` : undefined;
}

/** Calls that KPN has accepted: it gives each an ID of its own. */
function acceptedCalls(results: ItemResult[]): number {
	const ids = new Set<string>();
	for (const result of results) {
		if (!('item' in result)) continue;
		for (const outcome of result.outcomes)
			if (outcome.outcome === 'accepted') ids.add(outcome.documentId);
	}
	return ids.size;
}

/** The last answer tells the newest quota, whichever order the calls came back in: the highest use. */
function latestAccountInfo(results: ItemResult[]): AccountInfo {
	let latest: AccountInfo = {};
	for (const result of results) {
		if (!('item' in result)) continue;
		for (const outcome of result.outcomes) {
			if (outcome.outcome !== 'accepted' || outcome.account === undefined) continue;
			if ((outcome.account.quota?.used ?? 0) >= (latest.quota?.used ?? 0)) latest = outcome.account;
		}
	}
	return latest;
}
