import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { INode } from 'n8n-workflow';

import { addCredential, type CredentialReference } from '../../dev/n8n/credentials';
import { postJson } from '../../dev/n8n/rest';
import { activate, type StoredWorkflow } from '../../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import type { Sandbox } from '../../sandbox';
import { latestLink, waitForStatus } from '../support/waitingWorkflow';
import { ScriptedModel } from '../support/editor/scriptedModel';
import { TriggerN8n } from '../support/editor/triggerN8n';

/** KPN SMS as the human review between an AI Agent and its tool, which n8n makes of it by itself. */

const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

const PHONE = '+31612345670';

let n8n: TriggerN8n;
let sandbox: Sandbox;
const model = new ScriptedModel();
let toolServer: Server;
let openAi: CredentialReference;
let toolCalls = 0;

beforeAll(async () => {
	toolServer = createServer((_request, response) => {
		toolCalls++;
		response.end('ordered');
	});
	await new Promise<void>((resolve) => toolServer.listen(0, '127.0.0.1', resolve));
	n8n = await TriggerN8n.start();
	({ sandbox } = n8n);
	openAi = await addCredential(n8n.rest, 'Model', 'openAiApi', await model.listen());
}, SETUP_TIMEOUT_MS);

afterAll(async () => {
	await n8n?.stop();
	model.close();
	toolServer?.close();
}, STEP_TIMEOUT_MS);

beforeEach(() => {
	sandbox.reset();
	model.requests = [];
	toolCalls = 0;
});

let workflows = 0;

const node = (changes: Partial<INode> & { name: string; type: string }): INode => ({
	id: changes.name,
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
	...changes,
});

/** Webhook → AI Agent, whose tool has a human review; asks the agent to order. */
async function askAgent(
	parameters: INode['parameters'] = {},
	review: Partial<INode> = {},
): Promise<StoredWorkflow> {
	const path = `review-${++workflows}`;
	const tool = `http://127.0.0.1:${(toolServer.address() as AddressInfo).port}/order`;
	const workflow = await n8n.rest.post<StoredWorkflow>('/workflows', {
		name: path,
		settings: { executionOrder: 'v1' },
		nodes: [
			node({
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				webhookId: path,
				parameters: { httpMethod: 'POST', path, options: {} },
			}),
			node({
				name: 'AI Agent',
				type: '@n8n/n8n-nodes-langchain.agent',
				typeVersion: 3,
				parameters: { promptType: 'define', text: 'Order it', options: {} },
			}),
			node({
				name: 'Model',
				type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
				typeVersion: 1.2,
				parameters: { model: { __rl: true, mode: 'id', value: 'scripted' }, options: {} },
				credentials: { openAiApi: openAi },
			}),
			node({
				name: 'Review by SMS',
				type: 'n8n-nodes-kpn-sms.kpnSmsHitlTool',
				parameters: {
					sender: 'Agent',
					mobileNumber: PHONE,
					approvalOptions: { values: { approvalType: 'double' } },
					options: {},
					...parameters,
				},
				credentials: { [CREDENTIAL_TYPE]: n8n.credential },
				...review,
			}),
			node({
				name: 'Place order',
				type: 'n8n-nodes-base.httpRequestTool',
				typeVersion: 4.3,
				parameters: {
					toolDescription: 'Places an order',
					url: tool,
					sendQuery: true,
					queryParameters: {
						parameters: [{ name: 'card', value: "={{ $fromAI('card', 'the card', 'string') }}" }],
					},
					options: {},
				},
			}),
		],
		connections: {
			Webhook: { main: [[{ node: 'AI Agent', type: 'main', index: 0 }]] },
			Model: { ai_languageModel: [[{ node: 'AI Agent', type: 'ai_languageModel', index: 0 }]] },
			'Review by SMS': { ai_tool: [[{ node: 'AI Agent', type: 'ai_tool', index: 0 }]] },
			'Place order': { ai_tool: [[{ node: 'Review by SMS', type: 'ai_tool', index: 0 }]] },
		},
	});
	await activate(n8n.rest, workflow);
	model.script = [
		model.calls('Place_order', { toolParameters: { card: 'secret 4111' }, hitlParameters: {} }),
		{ content: 'Done.' },
	];
	const { ok } = await postJson(`${n8n.rest.url}/webhook/${path}`, {});
	expect(ok).toBe(true);
	return workflow;
}

const answer = async (approved: boolean) =>
	await fetch(latestLink(sandbox), {
		method: 'POST',
		body: new URLSearchParams({ approved: String(approved) }),
	});

const toolWords = () =>
	model.requests.at(-1)?.messages.findLast(({ role }) => role === 'tool')?.content;

it(
	'approved: the tool runs; the SMS is short and keeps what is private for the page',
	async () => {
		const workflow = await askAgent();
		await waitForStatus(n8n.rest, workflow, 'waiting');
		const [{ content = '', parts = 0 } = {}] = sandbox.messages;
		expect(content).toMatch(/^An AI agent asks for your approval: .+\nhttp\S+$/);
		expect(content).not.toContain('4111');
		expect(parts).toBeLessThanOrEqual(2);
		expect(await (await fetch(latestLink(sandbox))).text()).toContain('4111');
		expect(toolCalls).toBe(0);
		await answer(true);
		await waitForStatus(n8n.rest, workflow, 'success');
		expect(toolCalls).toBe(1);
		expect(sandbox.messages).toHaveLength(1);
	},
	STEP_TIMEOUT_MS,
);

it(
	'declined: the tool does not run, and the agent is told so',
	async () => {
		const workflow = await askAgent({ message: 'May I?' });
		await waitForStatus(n8n.rest, workflow, 'waiting');
		expect(sandbox.messages[0]?.content).toMatch(/^May I\?\nhttp/);
		await answer(false);
		await waitForStatus(n8n.rest, workflow, 'success');
		expect(toolCalls).toBe(0);
		expect(toolWords()).toMatch(/rejected/);
	},
	STEP_TIMEOUT_MS,
);

it(
	'not delivered: the tool does not run, and the agent is told that nobody was asked',
	async () => {
		sandbox.planReports({ reports: [{ status: 4, errorCode: '008', afterMs: 1500 }] });
		const workflow = await askAgent({ message: 'May I?' });
		await waitForStatus(n8n.rest, workflow, 'success');
		expect(toolCalls).toBe(0);
		expect(toolWords()).toMatch(/Nobody was asked/);
	},
	STEP_TIMEOUT_MS,
);

const refused = async (review: Partial<INode>): Promise<StoredWorkflow> => {
	sandbox.inject({ answer: { kind: 'http', status: 403 } });
	return await askAgent({ message: 'May I?' }, review);
};

it.each<Partial<INode>>([{}, { onError: 'continueRegularOutput' }])(
	'refused by KPN: the agent is told that nobody was asked, and why: %j',
	async (review) => {
		const workflow = await refused(review);
		await waitForStatus(n8n.rest, workflow, 'success');
		expect(toolCalls).toBe(0);
		expect(sandbox.messages).toHaveLength(0);
		expect(toolWords()).toMatch(/Nobody was asked: .+ could not be sent\. .+403/);
	},
	STEP_TIMEOUT_MS,
);

it(
	'refused by KPN, with Stop Workflow: the execution fails',
	async () => {
		const workflow = await refused({ onError: 'stopWorkflow' });
		await waitForStatus(n8n.rest, workflow, 'error');
		expect(toolCalls).toBe(0);
		expect(toolWords()).toBeUndefined();
	},
	STEP_TIMEOUT_MS,
);
