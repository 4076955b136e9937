import { parse } from 'flatted';
import type { INode, INodeExecutionData, IRunExecutionData } from 'n8n-workflow';

import type { CredentialReference } from '../../dev/n8n/credentials';
import { activate, type StoredWorkflow } from '../../dev/n8n/workflows';
import type { N8nRest } from '../../dev/n8n/rest';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import type { Sandbox } from '../../sandbox';
import { waitUntil } from './waitUntil';

/** The exits of Send and Wait, in their order; each leads to a node of that name. */
export const WAIT_OUTPUTS = ['Answered', 'Not Delivered', 'No Answer'] as const;

interface WaitingWorkflow {
	/** The webhook's path, and the workflow's name. */
	path: string;
	credential: CredentialReference;
	parameters: INode['parameters'];
	settings?: Partial<INode>;
	/** Whether the items come one by one, from a Loop Over Items. */
	loop?: boolean;
	/** Whether they come from two branches: what says “One” from the first, the rest from the second. */
	branches?: boolean;
}

const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];

const plain = (name: string, type: string, parameters: INode['parameters'] = {}): INode => ({
	id: name,
	name,
	type: `n8n-nodes-base.${type}`,
	typeVersion: { webhook: 2, splitInBatches: 3 }[type] ?? 1,
	position: [0, 0],
	parameters,
	...(type === 'webhook' && { webhookId: String(parameters.path) }),
});

/** Adds what was asked, from the item that the wait began with: that is how people find it again. */
const linked = (name: string): INode => ({
	...plain(name, 'set', {
		assignments: {
			assignments: [
				{ id: 'asked', name: 'asked', type: 'string', value: "={{ $('Items').item.json.text }}" },
			],
		},
		includeOtherFields: true,
		options: {},
	}),
	typeVersion: 3.4,
});

const BRANCHES: INode = {
	...plain('If', 'if', {
		conditions: {
			options: { version: 2, leftValue: '', caseSensitive: true, typeValidation: 'loose' },
			combinator: 'and',
			conditions: [
				{
					id: 'one',
					leftValue: '={{ $json.text }}',
					rightValue: 'One',
					operator: { type: 'string', operation: 'startsWith' },
				},
			],
		},
		options: {},
	}),
	typeVersion: 2.2,
};

/** Webhook → one item for each in the posted `items` → SMS, which waits → a node for each exit. */
export async function addWaitingWorkflow(
	rest: N8nRest,
	{ path, credential, parameters, settings, loop, branches }: WaitingWorkflow,
): Promise<StoredWorkflow> {
	const sms: INode = {
		id: '6b2f5c1e-7d5a-4f0c-9a57-3c0b7d1d2e11',
		name: 'Ask {{ by }} "SMS"',
		type: 'n8n-nodes-kpn-sms.kpnSms',
		typeVersion: 1,
		position: [448, 0],
		credentials: { [CREDENTIAL_TYPE]: { id: credential.id, name: credential.name } },
		...settings,
		parameters: {
			resource: 'message',
			operation: 'sendAndWait',
			sender: 'Demo App',
			mobileNumber: '={{ $json.to }}',
			message: '={{ $json.text }}',
			options: {},
			...parameters,
		},
	};
	const after = loop ? 'Loop' : undefined;
	const workflow = await rest.post<StoredWorkflow>('/workflows', {
		name: path,
		active: false,
		settings: { executionOrder: 'v1' },
		nodes: [
			plain('Webhook', 'webhook', { httpMethod: 'POST', path, options: {} }),
			plain('Items', 'splitOut', { fieldToSplitOut: 'body.items', options: {} }),
			...(loop ? [plain('Loop', 'splitInBatches', { batchSize: 1, options: {} })] : []),
			...(branches ? [BRANCHES] : []),
			sms,
			...WAIT_OUTPUTS.map((name) => linked(name)),
			plain('Error', 'noOp'),
		],
		connections: {
			Webhook: { main: [to('Items')] },
			Items: { main: [to(loop ? 'Loop' : branches ? 'If' : sms.name)] },
			...(branches && { If: { main: [to(sms.name), to(sms.name)] } }),
			...(loop && { Loop: { main: [[], to(sms.name)] } }),
			[sms.name]: { main: [...WAIT_OUTPUTS.map((name) => to(name)), to('Error')] },
			...(after && Object.fromEntries(WAIT_OUTPUTS.map((name) => [name, { main: [to(after)] }]))),
		},
	});
	await activate(rest, workflow);
	return workflow;
}

export interface Execution {
	id: string;
	status: string;
	/** What came out of an exit, in each run of it. */
	out(exit: (typeof WAIT_OUTPUTS)[number] | 'Error'): INodeExecutionData['json'][];
	error?: string;
}

export async function executionOf(rest: N8nRest, id: string): Promise<Execution> {
	const { status, data } = await rest.get<{ status: string; data: string }>(`/executions/${id}`);
	const { resultData } = parse(data) as IRunExecutionData;
	return {
		id,
		status,
		out: (exit) =>
			(resultData.runData[exit] ?? []).flatMap((run) =>
				(run.data?.main?.[0] ?? []).map(({ json }) => json),
			),
		error: resultData.error?.message,
	};
}

/** The newest execution of a workflow, once it has that status. */
export async function waitForStatus(
	rest: N8nRest,
	workflow: StoredWorkflow,
	status: string,
	withinMs?: number,
): Promise<Execution> {
	let id = '';
	await waitUntil(async () => {
		const [newest] = await rest.executionsOf(workflow.id);
		id = newest?.id ?? '';
		return newest?.status === status;
	}, withinMs);
	return await executionOf(rest, id);
}

/** The link at the end of an SMS. */
export const linkIn = (content: string): string => /https?:\S+$/.exec(content)?.[0] ?? '';

export const latestLink = (sandbox: Sandbox): string =>
	linkIn(sandbox.messages.at(-1)?.content ?? '');
