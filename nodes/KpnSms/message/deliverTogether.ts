import type {
	DeclarativeRestApiSettings,
	IExecuteData,
	IExecutePaginationFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import { isWithinAgentsTurn } from '../delivery/kpnCalls';
import { failedExpression, runPrepared, type RunItem } from '../delivery/run';
import { requestOf, type RequestOptions } from './sendRequest';

/** An item that has reported, and the way to give it its result. */
interface Waiting {
	item: RunItem;
	resolve: (output: INodeExecutionData[]) => void;
	reject: (error: unknown) => void;
}

interface Gathering {
	/** How many items must have reported before any is sent. */
	quorum: number;
	/** By item index. */
	waiting: Map<number, Waiting>;
	delivered: boolean;
}

/** n8n makes one such object for a run of a node and hands it to all its items. */
const gatherings = new WeakMap<IExecuteData, Gathering>();

/** The last delivery of each run: those that a user's Batching makes take turns. */
const turns = new WeakMap<IExecuteData, Promise<void>>();

/**
 * Delivers all items of a run in few calls, and gives each item its own result.
 *
 * n8n's declarative engine calls this once for every item, and for all of them before any goes on
 * after an `await`. So the first item starts a gathering and the others join it.
 *
 * In "Stop Workflow" nothing is sent before every item has reported: where the expression of a
 * later item fails, n8n has given up the run by then, and the items before it must not be sent. In
 * the "Continue" modes n8n leaves such an item out, and a user's Batching makes several gatherings.
 */
export async function deliverTogether(
	this: IExecutePaginationFunctions,
	request: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const item = runItem(this, request);
	const key = this.getExecuteData();
	let gathering = gatherings.get(key);
	// An item that is there already belongs to another try, of a run that n8n has given up, or to
	// another call that an AI Agent makes of the node in the same turn.
	if (!gathering || gathering.delivered || gathering.waiting.has(item.itemIndex)) {
		gathering = { quorum: quorumOf(this), waiting: new Map(), delivered: false };
		gatherings.set(key, gathering);
	}
	const own = gathering;
	const output = new Promise<INodeExecutionData[]>((resolve, reject) => {
		own.waiting.set(item.itemIndex, { item, resolve, reject });
	});

	// Now all items that can report in this go do so.
	await Promise.resolve();
	if (!own.delivered && own.waiting.size >= own.quorum) {
		own.delivered = true;
		const before = turns.get(key) ?? Promise.resolve();
		const turn = before.then(async () => await deliverGathering(this, [...own.waiting.values()]));
		turns.set(key, turn);
	}
	return await output;
}

/** Never throws: whatever happens is told to the items. */
async function deliverGathering(
	context: IExecutePaginationFunctions,
	waiting: Waiting[],
): Promise<void> {
	try {
		const itemIndexes = waiting.map(({ item }) => item.itemIndex);
		const { items } = await runPrepared(context, itemIndexes, async () => {
			const requestOptions = context.getNodeParameter('requestOptions', {}) as RequestOptions;
			const request = await requestOf(context, requestOptions);
			return { items: waiting.map(({ item }) => item), request };
		});
		waiting.forEach(({ resolve, reject }, index) => {
			const item = items[index];
			if (item) resolve([item]);
			else reject(new Error('Nothing is known of this item'));
		});
	} catch (error) {
		// n8n shows the first error it finds and says that it happened in that item: so it must find
		// the error at the item that it is about.
		const about = failedItemIndex(error);
		const known = waiting.some(({ item }) => item.itemIndex === about);
		for (const { item, resolve, reject } of waiting) {
			if (!known || about === item.itemIndex) reject(error);
			else resolve([]);
		}
	}
}

function failedItemIndex(error: unknown): number | undefined {
	if (!(error instanceof NodeApiError)) return undefined;
	return typeof error.context.itemIndex === 'number' ? error.context.itemIndex : undefined;
}

/** The fields of an item, out of the request that n8n has put together from the declaration. */
function runItem(
	context: IExecutePaginationFunctions,
	{ options }: DeclarativeRestApiSettings.ResultOptions,
): RunItem {
	const itemIndex = context.getItemIndex();
	const body = options.body as { sender?: unknown; messages?: Array<Record<string, unknown>> };
	const message = body.messages?.[0];
	try {
		return {
			itemIndex,
			fields: {
				sender: body.sender,
				mobileNumber: message?.mobile_number,
				content: message?.content,
			},
			options: context.getNodeParameter('options', {}) as object,
		};
	} catch (error) {
		// It must report all the same: the others wait for it.
		return failedExpression(itemIndex, error);
	}
}

/** In "Stop Workflow" all items that n8n runs this node for; in the "Continue" modes any. */
function quorumOf(context: IExecutePaginationFunctions): number {
	if (context.continueOnFail() || context.getNode().executeOnce) return 1;
	if (isWithinAgentsTurn(context)) return 1;
	const { data } = context.getExecuteData();
	return (data.main ?? data.ai_tool)?.[0]?.length ?? 1;
}
