import type { INodeProperties } from 'n8n-workflow';

import { forgetSent, forgetSentNotice, forgetSentOperation } from './forgetSent';
import { requestOptionsField } from './requestOptionsField';
import { sendAndWait, sendAndWaitOperation } from './sendAndWait';
import { sendAndWaitFields } from './sendAndWaitFields';
import { send, sendFields, sendOperation } from './send';

export const messageProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['message'] } },
		options: [forgetSentOperation, sendOperation, sendAndWaitOperation],
		default: 'send',
	},
	forgetSentNotice,
	...sendFields,
	...sendAndWaitFields,
	requestOptionsField,
];

/** Operations that run in place of the routing, wherever a workflow runs the node. */
export const messageOperations = { forgetSent, send, sendAndWait };
