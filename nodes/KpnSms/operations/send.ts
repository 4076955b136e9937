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
import set from 'lodash/set';
import toPath from 'lodash/toPath';

import { mapWithYield } from '../../shared/eventLoop';
import { invalidExpression, prepareAndSend, type RunItem } from '../send/sendItems';
import { draggedFields } from './draggedFields';
import { contentField, mobileNumberField, optionsField, senderField, toolNotice } from './fields';
import { hintsOf } from '../output/hints';
import { readRequestSettings, type RequestOptions } from './sendRequest';

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

const bodyFields = [senderField, mobileNumberField, contentField];

/** With Forget Sent they stay, for n8n drops what an operation does not have. */
export const sendFields: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['message'], operation: ['send', 'forgetSent'] } },
	[toolNotice, ...bodyFields, optionsField],
);

/** Sends the messages of all items in few calls, and says of each item what became of it. */
export async function send(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const itemIndexes = [...this.getInputData().keys()];
	const { items, results } = await prepareAndSend(this, itemIndexes, async () => {
		const requestOptions = this.getNodeParameter('requestOptions', 0, {}) as RequestOptions;
		const request = await readRequestSettings(this, requestOptions);
		return { items: await readItems(this), request };
	});
	if (results.length > 0) this.addExecutionHints?.(...hintsOf(results));
	return [items];
}

async function sendFromRouting(
	this: IExecutePaginationFunctions,
	{ options }: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const itemIndex = this.getItemIndex();
	const { items } = await prepareAndSend(this, [itemIndex], async () => {
		const request = await readRequestSettings(
			this,
			this.getNodeParameter('requestOptions', {}) as RequestOptions,
		);
		const body = options.body as IDataObject;
		return {
			items: [
				{
					itemIndex,
					body,
					options: this.getNodeParameter('options', {}) as object,
					input: this.getInputData().json,
				},
			],
			request,
		};
	});
	return items;
}

async function readItems(context: IExecuteFunctions): Promise<RunItem[]> {
	const fields = bodyFields.map(({ name, routing }) => ({
		place: toPath(routing?.send?.property),
		valueOf: parameterReader(context, name),
	}));
	const optionsOf = collectionReader(context, optionsField.name);
	return await mapWithYield(
		[...context.getInputData().entries()],
		([itemIndex, { json }]): RunItem => {
			try {
				const body: IDataObject = {};
				for (const { place, valueOf } of fields) set(body, place, valueOf(itemIndex, json));
				return { itemIndex, body, options: optionsOf(itemIndex, json), input: json };
			} catch (error) {
				return invalidExpression(itemIndex, error);
			}
		},
	);
}

/** As `parameterReader`, for each field of a collection: a key that differs from item to item is one of them. */
function collectionReader(
	context: IExecuteFunctions,
	name: string,
): (itemIndex: number, json: IDataObject) => object {
	const stored = context.getNodeParameter(name, 0, {}, { rawExpressions: true });
	if (typeof stored !== 'object' || stored === null) {
		const read = parameterReader(context, name);
		return (itemIndex, json) => read(itemIndex, json) as object;
	}
	const constant: IDataObject = {};
	const perItem: Array<[string, ReturnType<typeof parameterReader>]> = [];
	for (const [field, value] of Object.entries(stored)) {
		if (isExpression(value)) perItem.push([field, parameterReader(context, `${name}.${field}`)]);
		else constant[field] = value as IDataObject[string];
	}
	if (perItem.length === 0) return () => constant;
	return (itemIndex, json) => ({
		...constant,
		...Object.fromEntries(perItem.map(([field, read]) => [field, read(itemIndex, json)])),
	});
}

const isExpression = (stored: unknown): boolean => (JSON.stringify(stored) ?? '').includes('"=');

/**
 * How to get a parameter of each item at the least cost: what is the same for all is read once, what
 * was dragged in is read from the item, and n8n evaluates the rest.
 */
function parameterReader(
	context: IExecuteFunctions,
	name: string,
): (itemIndex: number, json: IDataObject) => unknown {
	const stored = context.getNodeParameter(name, 0, '', { rawExpressions: true });
	if (!isExpression(stored)) {
		const value = context.getNodeParameter(name, 0);
		return () => value;
	}
	const dragged = draggedFields(stored);
	return (itemIndex, json) =>
		dragged?.(json) ??
		context.getNodeParameter(name, itemIndex, undefined, { skipValidation: true });
}
