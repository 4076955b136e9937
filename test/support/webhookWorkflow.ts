import type { INode } from 'n8n-workflow';

import type { CredentialReference } from '../../dev/n8n/credentials';
import { activate, type StoredWorkflow } from '../../dev/n8n/workflows';
import { postJson, type N8nRest } from '../../dev/n8n/rest';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';

interface WebhookWorkflow {
	/** The webhook's path, and the workflow's name. */
	path: string;
	credential: CredentialReference;
	/** The parameters of the node that sends. */
	parameters: INode['parameters'];
	/** What it has beyond those, such as a name or `onError`. */
	settings?: Partial<INode>;
	/** Which output of it the webhook answers with; 1 is the error branch. Without it, at once. */
	answersWith?: 0 | 1;
}

const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];

/** Webhook → one item for each in the posted `items`; it answers at once, or with what came out last. */
export const itemsFromWebhook = (path: string, answers = false): INode[] => [
	{
		id: 'webhook',
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		position: [0, 0],
		webhookId: path,
		parameters: {
			httpMethod: 'POST',
			path,
			...(answers && { responseMode: 'lastNode', responseData: 'allEntries' }),
			options: {},
		},
	},
	{
		id: 'items',
		name: 'Items',
		type: 'n8n-nodes-base.splitOut',
		typeVersion: 1,
		position: [224, 0],
		parameters: { fieldToSplitOut: 'body.items', options: {} },
	},
];

/** Webhook → one item for each in the posted `items` → SMS. Activates it. */
export async function addWebhookWorkflow(
	rest: N8nRest,
	{ path, credential, parameters, settings, answersWith }: WebhookWorkflow,
): Promise<StoredWorkflow> {
	const sms: INode = {
		id: 'sms',
		name: 'SMS',
		type: 'n8n-nodes-kpn-sms.kpnSms',
		typeVersion: 1,
		position: [448, 0],
		credentials: { [CREDENTIAL_TYPE]: { id: credential.id, name: credential.name } },
		...settings,
		parameters,
	};
	const workflow = await rest.post<StoredWorkflow>('/workflows', {
		name: path,
		active: false,
		settings: { executionOrder: 'v1' },
		nodes: [
			...itemsFromWebhook(path, answersWith !== undefined),
			sms,
			{
				id: 'end',
				name: 'End',
				type: 'n8n-nodes-base.noOp',
				typeVersion: 1,
				position: [672, 0],
				parameters: {},
			},
		],
		connections: {
			Webhook: { main: [to('Items')] },
			Items: { main: [to(sms.name)] },
			[sms.name]: { main: answersWith === 1 ? [[], to('End')] : [to('End')] },
		},
	});
	await activate(rest, workflow);
	return workflow;
}

/** Posts the items to such a workflow's webhook. */
export const postItems = async (url: string, items: object[]): Promise<Response> =>
	await postJson(url, { items });
