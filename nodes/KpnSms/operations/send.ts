import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecuteFunctions,
	IExecutePaginationFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { updateDisplayOptions } from 'n8n-workflow';

import { mapWithYield } from '../../shared/eventLoop';
import type { RunItem } from '../check/checkItems';
import { hintsOf } from '../output/hints';
import { invalidRun } from '../output/invalidRun';
import { sendItems } from '../send/sendItems';
import { bodyFields, optionsField, toolNotice } from './fields';
import { includedFields, readItems } from './readItems';
import { readRequestSettings, type RequestOptions, type RequestSettings } from './requestSettings';

/**
 * What is declared is the body of KPN's send call for one item: its fields say where they go. In a
 * workflow, `send` takes all items of the run at once. Where an AI Agent runs the node within its own
 * turn, n8n's routing puts the body of one item together, and `sendFromRouting` is given it.
 */
export const sendOperation: INodePropertyOptions = {
	name: 'Send',
	value: 'send',
	action: 'Send an SMS',
	description: 'Send an SMS for each item, to one or more mobile numbers',
	routing: {
		request: { method: 'POST' },
		send: { paginate: true },
		operations: { pagination: sendFromRouting },
	},
};

/** With Forget Sent they stay, for n8n drops what an operation does not have. */
export const sendFields: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['message'], operation: ['send', 'forgetSent'] } },
	[toolNotice, ...bodyFields, optionsField],
);

/** Sends the messages of all items in few calls, and says of each item what became of it. */
export async function send(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let request: RequestSettings;
	let runItems: RunItem[];
	try {
		const requestOptions = this.getNodeParameter('requestOptions', 0, {}) as RequestOptions;
		request = await readRequestSettings(this, requestOptions);
		runItems = await readItems(this);
	} catch (error) {
		const items = await mapWithYield(this.getInputData(), ({ json }, itemIndex) => ({
			itemIndex,
			inputFields: includedFields(this, itemIndex, json),
		}));
		return [await invalidRun(this, items, error)];
	}
	const { items, results } = await sendItems(this, runItems, request);
	if (results.length > 0) this.addExecutionHints?.(...hintsOf(results));
	return [items];
}

async function sendFromRouting(
	this: IExecutePaginationFunctions,
	{ options: routed }: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const itemIndex = this.getItemIndex();
	let request: RequestSettings;
	let item: RunItem;
	try {
		const requestOptions = this.getNodeParameter('requestOptions', {}) as RequestOptions;
		request = await readRequestSettings(this, requestOptions);
		const body = routed.body as IDataObject;
		const options = this.getNodeParameter('options', {}) as object;
		item = { itemIndex, body, options, input: this.getInputData().json };
	} catch (error) {
		return await invalidRun(this, [{ itemIndex }], error);
	}
	const { items } = await sendItems(this, [item], request);
	return items;
}
