import type { INodeProperties } from 'n8n-workflow';

import { sendFields, sendOperation } from './send';
import { sendBulk, sendBulkFields, sendBulkOperation } from './sendBulk';

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
	...sendFields,
	...sendBulkFields,
];

/** Operations that run in place of the routing. */
export const messageOperations = { sendBulk };
