import type { ICredentialDataDecryptedObject, INode, INodeExecutionData } from 'n8n-workflow';

import { CredentialStore } from '../../../dev/credentialStore';
import { KPN_SMS, type WorkflowFile } from '../../../dev/engine';
import { sandboxCredential } from '../../../dev/n8n/credentials';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';

/** A KPN of one's own, and a credential for it. */
export interface EngineSetup {
	sandbox: Sandbox;
	credentials: CredentialStore;
}

export async function startEngineSetup(
	credential: ICredentialDataDecryptedObject = {},
	options: SandboxOptions = {},
): Promise<EngineSetup> {
	const sandbox = await startSandbox(options);
	const credentials = new CredentialStore();
	credentials.set('kpn', {
		...sandboxCredential(sandbox, 'v1'),
		...credential,
	});
	return { sandbox, credentials };
}

/** A node called SMS that takes number and text from its item. */
export function smsNode(changes: Partial<INode> = {}): INode {
	return {
		id: 'sms',
		name: 'SMS',
		type: KPN_SMS,
		typeVersion: 1,
		position: [200, 0],
		credentials: { kpnSmsOAuth2Api: { id: 'kpn', name: 'KPN' } },
		...changes,
		parameters: {
			resource: 'message',
			operation: 'send',
			sender: 'Demo App',
			mobileNumber: '={{ $json.to }}',
			content: '={{ $json.text }}',
			options: {},
			...changes.parameters,
		},
	};
}

/** A node that hands its input on: as in any real workflow, the SMS node then has a node before it. */
const before: INode = {
	id: 'before',
	name: 'Before',
	type: 'n8n-nodes-base.noOp',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** Before → SMS. */
export const smsWorkflow = (changes: Partial<INode> = {}): WorkflowFile => ({
	nodes: [before, smsNode(changes)],
	connections: { Before: { main: [[{ node: 'SMS', type: 'main', index: 0 }]] } },
});

/** Before → Loop → node → Loop, one item a turn unless said otherwise. */
export const loopOver = (node: INode, batchSize = 1): WorkflowFile => ({
	nodes: [
		before,
		{
			id: 'loop',
			name: 'Loop',
			type: 'n8n-nodes-base.splitInBatches',
			typeVersion: 3,
			position: [100, 0],
			parameters: { batchSize, options: {} },
		},
		node,
	],
	connections: {
		Before: { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
		Loop: { main: [[], [{ node: node.name, type: 'main', index: 0 }]] },
		[node.name]: { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
	},
});

export const startAtBefore = (items: Array<Record<string, unknown>>) => ({
	node: 'Before',
	items: items.map((json) => ({ json })) as INodeExecutionData[],
});

/** Items for as many phones as asked, each with a text of its own. */
export const messagesTo = (count: number): Array<{ to: string; text: string }> =>
	Array.from({ length: count }, (_, index) => ({
		to: `+316${String(12345670 + index)}`,
		text: `Message ${index}`,
	}));
