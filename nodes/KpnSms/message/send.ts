import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { SENDER_CHARACTERS, SMS_APIS } from '../../shared/kpn';
import { deliverTogether } from './deliverTogether';

const showOnlyForSend = { resource: ['message'], operation: ['send'] };

/**
 * The declared request is KPN's send call for one item. n8n does not make it: the pagination
 * function is given it and delivers the items of a run together.
 */
export const sendOperation: INodePropertyOptions = {
	name: 'Send',
	value: 'send',
	action: 'Send an SMS',
	description: 'Send an SMS to one or more mobile numbers',
	routing: {
		request: {
			method: 'POST',
			url: `={{ $credentials.smsApi === "current" ? "${SMS_APIS.current.sendPath}" : "${SMS_APIS.v1.sendPath}" }}`,
		},
		send: { paginate: true },
		operations: { pagination: deliverTogether },
	},
};

export const sendFields: INodeProperties[] = [
	{
		displayName: 'Sender',
		name: 'sender',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. MyCompany',
		description: `Who the SMS comes from: a name or a short code, at most ${SENDER_CHARACTERS} characters`,
		displayOptions: { show: showOnlyForSend },
		routing: { send: { type: 'body', property: 'sender' } },
	},
	{
		displayName: 'Mobile Number',
		name: 'mobileNumber',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 0612345678 or +31612345678',
		description:
			'Who gets the SMS. Several numbers are separated by commas, or given as an array; each gets the SMS once.',
		displayOptions: { show: showOnlyForSend },
		routing: { send: { type: 'body', property: 'messages[0].mobile_number' } },
	},
	{
		displayName: 'Content',
		name: 'content',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: 'e.g. Your order is ready. See you soon!',
		description:
			'The text of the SMS. A long one arrives as one text and is billed as several: parts in the output says how many.',
		displayOptions: { show: showOnlyForSend },
		routing: { send: { type: 'body', property: 'messages[0].content' } },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: { show: showOnlyForSend },
		options: [
			{
				displayName: 'Delivery Guarantee',
				name: 'deliveryGuarantee',
				type: 'options',
				options: [
					{
						name: 'At Most Once',
						value: 'atMostOnce',
						description:
							'If KPN gave no clear answer, a retry does not send the SMS again: it may be missing, but never comes twice',
					},
					{
						name: 'At Least Once',
						value: 'atLeastOnce',
						description:
							'If KPN gave no clear answer, a retry sends the SMS again: it may come twice, but is not missing',
					},
				],
				default: 'atMostOnce',
				description: 'What a retry does with an SMS that KPN may or may not have taken',
			},
		],
	},
];
