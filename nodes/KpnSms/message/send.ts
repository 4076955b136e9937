import {
	updateDisplayOptions,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { deliverTogether } from './deliverTogether';
import { senderField } from './fields';

const showOnlyForSend = { show: { resource: ['message'], operation: ['send'] } };

/**
 * What is declared is the body of KPN's send call for one item. n8n does not make that call: the
 * pagination function is given it and delivers the items of a run together.
 */
export const sendOperation: INodePropertyOptions = {
	name: 'Send',
	value: 'send',
	action: 'Send an SMS',
	description: 'Send an SMS to one or more mobile numbers',
	routing: {
		request: { method: 'POST' },
		send: { paginate: true },
		operations: { pagination: deliverTogether },
	},
};

export const sendFields: INodeProperties[] = updateDisplayOptions(showOnlyForSend, [senderField]);
