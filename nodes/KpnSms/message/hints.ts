import type { NodeExecutionHint, NodeHint } from 'n8n-workflow';

import type { ItemResult } from '../delivery/item';
import type { AccountState } from '../../shared/accountState';
import type { RequestOptions } from './requestOptions';

/** From this share of KPN's quota on, the user is told. */
const QUOTA_WARNING = 0.9;

/** What the editor shows above the output, whatever came out. */
export const staticHints: NodeHint[] = [
	{
		message: 'For more than 100 items, the operation <b>Send Bulk</b> is faster.',
		displayCondition: '={{ $parameter["operation"] === "send" && $input.all().length > 100 }}',
		whenToDisplay: 'always',
		location: 'outputPane',
	},
	{
		message: '<b>Dry Run</b> is on: nothing is sent.',
		displayCondition: '={{ $parameter["options"]?.["dryRun"] === true }}',
		whenToDisplay: 'always',
		location: 'outputPane',
	},
];

/** What the editor shows above the output of one run. */
export function hintsOf(results: ItemResult[], { batching }: RequestOptions): NodeExecutionHint[] {
	const messages = [dryRunSummary(results)];
	const { quota, sunset } = latestAccountState(results);
	const { limit, used, resetUtc } = quota ?? {};
	if (limit !== undefined && used !== undefined && used > limit * QUOTA_WARNING) {
		const reset =
			resetUtc === undefined ? '' : ` KPN says that it starts anew at ${resetUtc} (UTC).`;
		messages.push(
			`${Math.floor((used / limit) * 100)} % of KPN’s quota is used: ${used} of ${limit}.${reset}`,
		);
	}
	if (sunset !== undefined) {
		messages.push(`KPN says that this API is gone from ${sunset} on. Ask KPN what replaces it.`);
	}
	if (batching !== undefined) {
		messages.push('Batching has no effect on Send Bulk. Use the option Messages per Call.');
	}
	return messages
		.filter((message) => message !== undefined)
		.map((message) => ({ message, location: 'outputPane' }));
}

function dryRunSummary(results: ItemResult[]): string | undefined {
	const drafts = results.flatMap((result) =>
		'draft' in result && result.draft.options.dryRun ? [result.draft] : [],
	);
	const refused = results.filter((result) => 'dryRun' in result && result.dryRun).length;
	if (drafts.length + refused === 0) return undefined;
	const recipients = drafts.reduce((sum, draft) => sum + draft.recipients.length, 0);
	const parts = drafts.reduce((sum, draft) => sum + draft.size.parts * draft.recipients.length, 0);
	const wrong = refused === 0 ? '' : ` ${refused} items must be corrected first.`;
	return `Dry run: ${drafts.length} messages to ${recipients} recipients, ${parts} parts in all.${wrong} Nothing was sent.`;
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
