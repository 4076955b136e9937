import type { INodeProperties } from 'n8n-workflow';

import { sendFields, sendOperation } from './send';

export const messageProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['message'] } },
		options: [sendOperation],
		default: 'send',
	},
	...sendFields,
];
