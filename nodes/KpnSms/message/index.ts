import type { INodeProperties } from 'n8n-workflow';

import { contentField, mobileNumberField, optionsField } from './fields';
import { sendFields, sendOperation } from './send';
import { mappingModeField, sendBulk, sendBulkFields, sendBulkOperation } from './sendBulk';

export const messageProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['message'] } },
		options: [sendOperation, sendBulkOperation],
		default: 'send',
	},
	mappingModeField,
	...sendFields,
	...sendBulkFields,
	mobileNumberField,
	contentField,
	optionsField,
];

/** Operations that run in place of the routing. */
export const messageOperations = { sendBulk };
