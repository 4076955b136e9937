import type { INodeProperties } from 'n8n-workflow';

import { forgetSent, forgetSentOperation } from './forgetSent';
import { send, sendFields, sendOperation } from './send';

export const messageProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['message'] } },
		options: [forgetSentOperation, sendOperation],
		default: 'send',
	},
	...sendFields,
];

/** Operations that run in place of the routing, wherever a workflow runs the node. */
export const messageOperations = { forgetSent, send };
