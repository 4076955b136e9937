import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { updateDisplayOptions } from 'n8n-workflow';

import { mapUnhurried } from '../../shared/unhurried';
import { failedExpression, runPrepared, type RunItem } from '../delivery/run';
import { defaultSenderField, senderField } from './fields';
import { hintsOf } from './hints';
import { requestOf, type RequestOptions } from './sendRequest';

const showOnlyForSendBulk = { show: { resource: ['message'], operation: ['sendBulk'] } };
const showOnlyForDefineBelow = {
	show: { ...showOnlyForSendBulk.show, mappingMode: ['defineBelow'] },
};
const showOnlyForMapAutomatically = {
	show: { ...showOnlyForSendBulk.show, mappingMode: ['autoMapInputData'] },
};

/** The fields of an item's own that are read then, by the names they have on the screen. */
const COLUMNS = { 'Mobile Number': 'mobile_number', Content: 'content' };
const COLUMNS_WITH_SENDER = { ...COLUMNS, Sender: 'sender' };

export const sendBulkOperation: INodePropertyOptions = {
	name: 'Send Bulk',
	value: 'sendBulk',
	action: 'Send many SMS messages',
	description: 'Send thousands of SMS messages in few calls',
	// A model that sends thousands of messages by mistake is not what anybody wants.
	displayOptions: { hide: { '@tool': [true] } },
};

export const mappingModeField: INodeProperties = {
	displayName: 'Mapping Mode',
	name: 'mappingMode',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Map Automatically',
			value: 'autoMapInputData',
			description:
				'Read the fields mobile_number, content and, if it is there, sender of each item: the fastest way',
		},
		{
			name: 'Map Each Field Below',
			value: 'defineBelow',
			description: 'Fill in the fields here, with expressions',
		},
	],
	default: 'defineBelow',
	description: 'Where number and text of each SMS come from',
	displayOptions: showOnlyForSendBulk,
};

export const sendBulkFields: INodeProperties[] = [
	...updateDisplayOptions(showOnlyForDefineBelow, [senderField]),
	...updateDisplayOptions(showOnlyForMapAutomatically, [defaultSenderField]),
];

/** Sends the messages of all items. Runs in place of the routing, which takes its time per item. */
export async function sendBulk(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let requestOptions: RequestOptions = {};
	const itemIndexes = [...this.getInputData().keys()];
	const { items, results } = await runPrepared(this, itemIndexes, async () => {
		requestOptions = this.getNodeParameter('requestOptions', 0, {}) as RequestOptions;
		const request = await requestOf(this, requestOptions);
		return { items: await runItems(this), request };
	});
	if (results.length > 0) this.addExecutionHints?.(...hintsOf(results, requestOptions));
	return [items];
}

/** A value that is the same for all items is read once; one with an expression in it, for each. */
function reader(context: IExecuteFunctions, name: string, fallback: unknown) {
	const read = (itemIndex: number) => context.getNodeParameter(name, itemIndex, fallback);
	if (JSON.stringify(context.getNode().parameters[name] ?? '').includes('"=')) return read;
	const value = read(0);
	return () => value;
}

async function runItems(context: IExecuteFunctions): Promise<RunItem[]> {
	const senderOf = reader(context, 'sender', '');
	const optionsOf = reader(context, 'options', {});
	const mapped = context.getNodeParameter('mappingMode', 0) === 'autoMapInputData';
	return await mapUnhurried(
		[...context.getInputData().entries()],
		([itemIndex, { json }]): RunItem => {
			try {
				const fields = mapped
					? {
							sender: json.sender || senderOf(itemIndex),
							mobileNumber: json.mobile_number,
							content: json.content,
							columns: json.sender ? COLUMNS_WITH_SENDER : COLUMNS,
						}
					: {
							sender: senderOf(itemIndex),
							mobileNumber: context.getNodeParameter('mobileNumber', itemIndex),
							content: context.getNodeParameter('content', itemIndex),
						};
				return { itemIndex, fields, options: optionsOf(itemIndex) as object };
			} catch (error) {
				return failedExpression(itemIndex, error);
			}
		},
	);
}
