import type { NodeExecutionHint, NodeHint } from 'n8n-workflow';

import type { Refusal } from '../delivery/draft';
import type { ItemResult } from '../delivery/item';
import { IS_TEST_URL, isTestUrl } from '../delivery/options';
import { momentOf, quotaIsShort, startOf } from '../delivery/quotaWords';
import { counted } from '../delivery/itemGroups';
import { refusalLines, tooManyParts } from '../delivery/runErrors';
import type { AccountState } from '../../shared/accountState';

/** From this share of KPN's quota on, the user is told. */
const QUOTA_WARNING = 0.9;

/** So many numbers that come more than once a person reads. */
const REPEATS_NAMED = 5;

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
	const messages = [dryRunSummary(results), sentBeforeSummary(results), testUrlWarning(results)];
	const { quota, sunset } = latestAccountState(results);
	const { limit, used } = quota ?? {};
	const short = quotaIsShort(quota, callsOf(results), Date.now());
	if (short !== undefined) messages.push(short);
	else if (limit !== undefined && used !== undefined && used > limit * QUOTA_WARNING) {
		const start = startOf(quota, Date.now());
		const reset = start === undefined ? '' : ` KPN says that it starts anew at ${start}.`;
		messages.push(
			`${Math.floor((used / limit) * 100)} % of KPN’s quota is used: ${used} of ${limit}.${reset}`,
		);
	}
	if (sunset !== undefined && momentOf(sunset) !== undefined) {
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
	let most = Infinity;
	const refused: Refusal[] = [];
	const timesOf = new Map<string, number>();
	let sentBefore: number | undefined;
	for (const result of results) {
		if ('problems' in result) {
			if (result.dryRun) refused.push(result);
		} else if (result.draft.options.dryRun) {
			messages++;
			if (result.sentBefore !== undefined) sentBefore = (sentBefore ?? 0) + result.sentBefore;
			recipients += result.draft.recipients.length;
			parts += result.draft.size.parts * result.draft.recipients.length;
			most = Math.min(most, result.draft.options.maximumPartsInAll ?? Infinity);
			for (const recipient of result.draft.recipients) {
				timesOf.set(recipient, (timesOf.get(recipient) ?? 0) + 1);
			}
		}
	}
	if (messages + refused.length === 0) return undefined;
	const wrong =
		refused.length === 0
			? ''
			: `<br>${counted(refused.length, 'item')} must be corrected first:<br>${refusalLines(refused)}`;
	const before =
		sentBefore === undefined
			? ''
			: ` ${counted(sentBefore, 'recipient')} would not get it again: Send Once Per has it on record.`;
	const dear = parts > most ? ` ${tooManyParts(parts, most)}` : '';
	return `Dry run, nothing was sent: ${counted(messages, 'message')} to ${counted(recipients, 'recipient')}, ${counted(parts, 'part')} in all.${repeatsIn(timesOf)}${before}${dear}${wrong}`;
}

/** Whoever is in a sheet twice would get it twice, unless there is a key. */
function repeatsIn(timesOf: Map<string, number>): string {
	const repeated = [...timesOf].filter(([, times]) => times > 1);
	if (repeated.length === 0) return '';
	const named = repeated
		.slice(0, REPEATS_NAMED)
		.map(([recipient, times]) => `…${recipient.slice(-3)} ${times} times`);
	if (repeated.length > named.length) named.push(`${repeated.length - named.length} more`);
	return ` ${counted(repeated.length, 'number')} would get more than one: ${named.join(', ')}.`;
}

function sentBeforeSummary(results: ItemResult[]): string | undefined {
	let messages = 0;
	for (const result of results) {
		if (!('draft' in result)) continue;
		for (const { outcome } of result.outcomes) if (outcome === 'sentBefore') messages++;
	}
	return messages === 0
		? undefined
		: `${counted(messages, 'SMS', 'SMS')} had been sent before under the same key (Send Once Per), and nothing was sent for ${messages === 1 ? 'it' : 'them'} now.`;
}

function testUrlWarning(results: ItemResult[]): string | undefined {
	const isUsed = results.some(
		(result) => 'draft' in result && isTestUrl(result.draft.options.call.webhookUrl),
	);
	return isUsed ? `${IS_TEST_URL} Once published, the workflow refuses it.` : undefined;
}

/** Calls that KPN has accepted: it gives each an ID of its own. */
function callsOf(results: ItemResult[]): number {
	const ids = new Set<string>();
	for (const result of results) {
		if (!('draft' in result)) continue;
		for (const one of result.outcomes) if (one.outcome === 'accepted') ids.add(one.documentId);
	}
	return ids.size;
}

/** The last answer tells the newest quota, whichever order the calls came back in: the highest use. */
function latestAccountState(results: ItemResult[]): AccountState {
	let latest: AccountState = {};
	for (const result of results) {
		if (!('draft' in result)) continue;
		for (const outcome of result.outcomes) {
			if (outcome.outcome !== 'accepted' || outcome.account === undefined) continue;
			if ((outcome.account.quota?.used ?? 0) >= (latest.quota?.used ?? 0)) latest = outcome.account;
		}
	}
	return latest;
}
