import type { INodeExecutionData } from 'n8n-workflow';

import { mapWithYield } from '../../shared/eventLoop';
import { checkItems, type RunItem } from '../check/checkItems';
import type { ItemResult } from '../output/itemResult';
import { outputItem } from '../output/outputItem';
import { stopIfFailed, stopIfInvalid } from '../output/stopErrors';
import type { KpnContext } from './kpnContext';
import type { RequestSettings } from '../operations/requestSettings';
import { createMessages, findUnsent, itemsToSend, resultsOf } from './messages';
import { sendMessages } from './sendMessages';

interface RunOptions {
	/** Whether a message is waited for once it may have arrived, and must never be sent again. */
	waits?: boolean;
	/** Whether an earlier try, if there was one, was another execution: what comes back goes there. */
	isRetry?: boolean;
}

interface RunOutput {
	/** What the workflow gets: one item for each that went in, in order. */
	items: INodeExecutionData[];
	/** What became of each. */
	results: ItemResult[];
}

/**
 * Sends the messages of a run's items, and says of each item what became of it.
 *
 * @throws NodeApiError in "Stop Workflow", when an item cannot be sent: then nothing was sent; or
 * when KPN did not accept every message
 */
export async function sendItems(
	context: KpnContext,
	items: RunItem[],
	request: RequestSettings,
	{ waits = false, isRetry = false }: RunOptions = {},
): Promise<RunOutput> {
	const node = context.getNode();
	const stops = !context.continueOnFail();
	const checked = await checkItems(items, request.api, context.getMode() === 'manual');
	const run = await createMessages(context, request, checked);
	const { acceptedCount, isLaterRun } = run.ledger;
	if (stops) stopIfInvalid(node, run.items, isLaterRun || acceptedCount > 0);
	const unsent = await findUnsent(run, isRetry);
	await sendMessages(context, request, run, unsent);
	const results = await resultsOf(run);
	if (stops) stopIfFailed(node, results, { waits, isLaterRun });
	const output = await mapWithYield(results, (result) => outputItem(result, node));
	if (!waits) await run.ledger.forget(itemsToSend(run));
	return { items: output, results };
}
