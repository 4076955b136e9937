import type { NodeExecutionHint, NodeHint } from 'n8n-workflow';

import type { ItemResult } from '../delivery/item';
import { momentOf, quotaIsShort, startOf } from '../delivery/quotaWords';
import { counted } from '../delivery/words';
import type { AccountState } from '../../shared/accountState';

/** From this share of KPN's quota on, the user is told. */
const QUOTA_WARNING = 0.9;

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
	const messages = [dryRunSummary(results), sentBeforeSummary(results)];
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
	let refused = 0;
	let sentBefore: number | undefined;
	for (const result of results) {
		if ('problems' in result) {
			if (result.dryRun) refused++;
		} else if (result.draft.options.dryRun) {
			messages++;
			if (result.sentBefore !== undefined) sentBefore = (sentBefore ?? 0) + result.sentBefore;
			recipients += result.draft.recipients.length;
			parts += result.draft.size.parts * result.draft.recipients.length;
		}
	}
	if (messages + refused === 0) return undefined;
	const wrong = refused === 0 ? '' : ` ${counted(refused, 'item')} must be corrected first.`;
	const before =
		sentBefore === undefined
			? ''
			: ` ${counted(sentBefore, 'recipient')} would not get it again: Send Once Per has it on record.`;
	return `Dry run: ${counted(messages, 'message')} to ${counted(recipients, 'recipient')}, ${counted(parts, 'part')} in all.${before}${wrong} Nothing was sent.`;
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
