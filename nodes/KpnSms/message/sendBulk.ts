import type {
	IExecuteFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { NodeOperationError, updateDisplayOptions } from 'n8n-workflow';

import { baseUrlOf, CREDENTIAL_TYPE, REQUEST_HEADERS, SMS_APIS } from '../../shared/kpn';
import { failedExpression, run, type RunItem, type RunRequest } from '../delivery/run';
import { mapUnhurried } from '../delivery/unhurried';
import { contentField, mobileNumberField } from './fields';
import { hintsOf } from './hints';
import { deadlineOf, proxyOf, type RequestOptions } from './requestOptions';

const showOnlyForSendBulk = { show: { resource: ['message'], operation: ['sendBulk'] } };
const showOnlyForDefineBelow = {
	show: { ...showOnlyForSendBulk.show, mappingMode: ['defineBelow'] },
};

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

export const sendBulkFields: INodeProperties[] = updateDisplayOptions(showOnlyForDefineBelow, [
	mobileNumberField,
	contentField,
]);

/** Sends the messages of all items. Runs in place of the routing, which takes its time per item. */
export async function sendBulk(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const requestOptions = this.getNodeParameter('requestOptions', 0, {}) as RequestOptions;
	const { items, results } = await run(this, ...(await prepare(this, requestOptions)));
	this.addExecutionHints?.(...hintsOf(results, requestOptions));
	return [items];
}

/**
 * What there is to do before anything is sent. Should that fail, n8n's "Continue" modes would hand
 * the items on as if they were sent: there each of them is refused instead.
 */
async function prepare(
	context: IExecuteFunctions,
	requestOptions: RequestOptions,
): Promise<[RunItem[], RunRequest]> {
	const deadline = deadlineOf(requestOptions);
	try {
		const options = await sendRequest(context, requestOptions);
		return [await runItems(context), { options, deadline }];
	} catch (error) {
		const { message } = error as Error;
		if (!context.continueOnFail()) throw new NodeOperationError(context.getNode(), message);
		const refusals = context
			.getInputData()
			.map((_, itemIndex) => ({ itemIndex, problems: [message] }));
		return [refusals, { options: { url: '' }, deadline }];
	}
}

async function runItems(context: IExecuteFunctions): Promise<RunItem[]> {
	const inputs = context.getInputData();
	const { options: rawOptions } = context.getNode().parameters;
	// Without an expression in them the options are the same for all items.
	const sameOptions = JSON.stringify(rawOptions ?? {}).includes('"=')
		? undefined
		: (context.getNodeParameter('options', 0, {}) as object);
	const optionsAt = (itemIndex: number) =>
		sameOptions ?? (context.getNodeParameter('options', itemIndex, {}) as object);

	if (context.getNodeParameter('mappingMode', 0) === 'autoMapInputData') {
		const sender = context.getNodeParameter('sender', 0, '');
		const options = optionsAt(0);
		return await mapUnhurried([...inputs.entries()], ([itemIndex, { json }]) => ({
			itemIndex,
			fields: {
				sender: json.sender || sender,
				mobileNumber: json.mobile_number,
				content: json.content,
			},
			options,
		}));
	}
	return await mapUnhurried([...inputs.keys()], (itemIndex): RunItem => {
		try {
			return {
				itemIndex,
				fields: {
					sender: context.getNodeParameter('sender', itemIndex),
					mobileNumber: context.getNodeParameter('mobileNumber', itemIndex),
					content: context.getNodeParameter('content', itemIndex),
				},
				options: optionsAt(itemIndex),
			};
		} catch (error) {
			return failedExpression(itemIndex, error);
		}
	});
}

/** The same request that Send declares; n8n's settings for it hold here too. */
async function sendRequest(
	context: IExecuteFunctions,
	{ proxy, allowUnauthorizedCerts }: RequestOptions,
): Promise<IHttpRequestOptions> {
	const credential = await context.getCredentials(CREDENTIAL_TYPE);
	const baseURL = baseUrlOf(credential);
	return {
		method: 'POST',
		baseURL,
		url: SMS_APIS[credential.smsApi === 'current' ? 'current' : 'v1'].sendPath,
		headers: REQUEST_HEADERS,
		// n8n gives a routed request the domains that the credential may be used for, but not this one.
		allowedDomains: new URL(baseURL).hostname,
		skipSslCertificateValidation: allowUnauthorizedCerts === true,
		proxy: proxy ? proxyOf(proxy) : undefined,
	};
}
