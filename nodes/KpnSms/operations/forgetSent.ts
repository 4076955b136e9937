import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { KeyStore } from '../deduplication/keyStore';

/** Has no routing: within an AI Agent's turn, where n8n would run that, the operation is hidden. */
export const forgetSentOperation: INodePropertyOptions = {
	name: 'Forget Sent',
	value: 'forgetSent',
	action: 'Forget what was sent',
	description:
		'Forget what this node has sent under Send Once Per, so that the next execution sends it again. Sends nothing itself.',
	displayOptions: { hide: { '@tool': [true] } },
};

export const forgetSentNotice: INodeProperties = {
	displayName:
		'Nothing is sent: the node forgets what it has sent under Send Once Per. The fields below are those of Send, and stay as they are: choose Send again afterwards.',
	name: 'forgetSentNotice',
	type: 'notice',
	default: '',
	displayOptions: { show: { resource: ['message'], operation: ['forgetSent'] } },
};

/** Once, however many items come in. */
export async function forgetSent(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const store = KeyStore.of(this);
	if (!store) throw new NodeOperationError(this.getNode(), 'n8n gives this node nothing to forget');
	await store.clear();
	const pairedItem = [...this.getInputData().keys()].map((item) => ({ item }));
	return [[{ json: { forgotten: true }, pairedItem }]];
}
