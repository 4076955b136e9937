import type { INode } from 'n8n-workflow';

import type { CredentialReference } from '../../dev/n8n/credentials';
import type { N8nRest } from '../../dev/n8n/rest';
import { activate, type StoredWorkflow } from '../../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { itemsFromWebhook } from './webhookWorkflow';

interface SubWorkflow {
	/** Of the webhook of the workflow that calls. */
	path: string;
	credential: CredentialReference;
	/** The parameters of the node that sends. */
	parameters: INode['parameters'];
	/** Settings of the node that calls. */
	call?: Partial<INode>;
}

const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });

const node = (changes: Partial<INode> & Pick<INode, 'name' | 'type'>): INode => ({
	id: changes.name,
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
	...changes,
});

/** Webhook → one item for each in the posted `items` → a workflow with SMS alone. Activates both. */
export async function addSubWorkflow(
	rest: N8nRest,
	{ path, credential, parameters, call }: SubWorkflow,
): Promise<{ sub: StoredWorkflow; parent: StoredWorkflow }> {
	const add = async (name: string, nodes: INode[], connections: object) =>
		await rest.post<StoredWorkflow>('/workflows', {
			name,
			active: false,
			settings: { executionOrder: 'v1' },
			nodes,
			connections,
		});
	const called = node({
		name: 'Called',
		type: 'n8n-nodes-base.executeWorkflowTrigger',
		typeVersion: 1.1,
		parameters: { inputSource: 'passthrough' },
	});
	const sms = node({
		name: 'SMS',
		type: 'n8n-nodes-kpn-sms.kpnSms',
		parameters,
		credentials: { [CREDENTIAL_TYPE]: { id: credential.id, name: credential.name } },
	});
	const sub = await add('Sub', [called, sms], { Called: to('SMS') });
	// n8n 2.x calls published workflows only.
	await activate(rest, sub).catch(() => {});
	const calling = node({
		name: 'Call',
		type: 'n8n-nodes-base.executeWorkflow',
		typeVersion: 1.2,
		parameters: {
			source: 'database',
			workflowId: { __rl: true, mode: 'id', value: sub.id },
			workflowInputs: { mappingMode: 'defineBelow', value: {}, schema: [] },
			options: {},
		},
		...call,
	});
	const parent = await add('Parent', [...itemsFromWebhook(path, true), calling], {
		Webhook: to('Items'),
		Items: to('Call'),
	});
	await activate(rest, parent);
	return { sub, parent };
}
