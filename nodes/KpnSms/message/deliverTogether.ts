import type {
	DeclarativeRestApiSettings,
	IExecuteData,
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
} from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import { outputItem } from '../delivery/item';
import { run, type RunItem } from '../delivery/run';
import { deadlineOf, type RequestOptions } from './requestOptions';

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
}

/** n8n makes one such object for a run of a node and hands it to all its items. */
const gatherings = new WeakMap<IExecuteData, Gathering>();

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
	// An item that is there already belongs to another try, of a run that n8n has given up.
	if (!gathering || gathering.waiting.has(item.itemIndex)) {
		gathering = { quorum: quorumOf(this), waiting: new Map() };
		gatherings.set(key, gathering);
	}
	const own = gathering;
	const output = new Promise<INodeExecutionData[]>((resolve, reject) => {
		own.waiting.set(item.itemIndex, { item, resolve, reject });
	});

	// Now all items that can report in this go do so.
	await Promise.resolve();
	if (own.waiting.size >= own.quorum && gatherings.get(key) === own) {
		gatherings.delete(key);
		await deliverGathering(this, request, [...own.waiting.values()]);
	}
	return await output;
}

async function deliverGathering(
	context: IExecutePaginationFunctions,
	{ options }: DeclarativeRestApiSettings.ResultOptions,
	waiting: Waiting[],
): Promise<void> {
	try {
		const node = context.getNode();
		const requestOptions = context.getNodeParameter('requestOptions', {}) as RequestOptions;
		const results = await run(
			context,
			waiting.map(({ item }) => item),
			// The operation declares a URL, so it is there.
			{ options: options as IHttpRequestOptions, deadline: deadlineOf(requestOptions) },
		);
		const toErrorOutput = node.onError === 'continueErrorOutput';
		waiting.forEach(({ resolve }, index) => {
			const result = results[index];
			resolve(result ? [outputItem(result, node, toErrorOutput)] : []);
		});
	} catch (error) {
		// n8n shows the first error it finds and says that it happened in that item: so it must find
		// the error at the item that it is about.
		const about = failedItemIndex(error);
		for (const { item, resolve, reject } of waiting) {
			if (about === undefined || about === item.itemIndex) reject(error);
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
	const body = options.body as { sender?: unknown; messages?: Array<Record<string, unknown>> };
	const message = body.messages?.[0];
	return {
		itemIndex: context.getItemIndex(),
		fields: {
			sender: body.sender,
			mobileNumber: message?.mobile_number,
			content: message?.content,
		},
		options: context.getNodeParameter('options', {}) as object,
	};
}

/** In "Stop Workflow" all items that n8n runs this node for; in the "Continue" modes any. */
function quorumOf(context: IExecutePaginationFunctions): number {
	if (context.continueOnFail()) return 1;
	const node = context.getNode();
	const executed = context.getExecuteData();
	// As a tool of an AI Agent the node runs within the agent's turn, for one call at a time.
	if (node.executeOnce || executed.node.name !== node.name) return 1;
	return (executed.data.main ?? executed.data.ai_tool)?.[0]?.length ?? 1;
}
