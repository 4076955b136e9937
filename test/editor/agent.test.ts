import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { n8nVersion } from '../../dev/n8n/cache';
import { installThisPackage } from '../../dev/n8n/communityPackage';
import { installN8n } from '../../dev/n8n/install';
import { freePort } from '../../dev/n8n/ports';
import { N8nRest } from '../../dev/n8n/rest';
import { startN8n, type RunningN8n } from '../../dev/n8n/run';
import { activate, type CredentialReference, type StoredWorkflow } from '../../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { startSandbox, type Sandbox } from '../../sandbox';

const MINUTES = 60_000;

let userFolder: string;
let sandbox: Sandbox;
let n8n: RunningN8n;
let rest: N8nRest;
let model: Server;

/** What the model answers, one after the other. */
let script: ModelMessage[] = [];
/** What n8n sent to the model. */
let requests: ModelRequest[] = [];

interface ModelMessage {
	content: string | null;
	tool_calls?: Array<{
		id: string;
		type: 'function';
		function: { name: string; arguments: string };
	}>;
}

interface ModelRequest {
	messages: Array<{ role: string; content: string }>;
	tools?: Array<{ function: { name: string; description: string; parameters: object } }>;
}

beforeAll(async () => {
	const installation = await installN8n({ version: n8nVersion() });
	userFolder = await mkdtemp(path.join(tmpdir(), 'kpn-sms-agent-'));
	await installThisPackage(userFolder);
	sandbox = await startSandbox();
	model = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => (body += chunk.toString()));
		request.on('end', () => {
			requests.push(JSON.parse(body) as ModelRequest);
			const message = { role: 'assistant', ...script.shift() };
			const finish_reason = message.tool_calls ? 'tool_calls' : 'stop';
			response.setHeader('content-type', 'application/json');
			response.end(
				JSON.stringify({
					id: 'scripted',
					object: 'chat.completion',
					created: 0,
					model: 'scripted',
					choices: [{ index: 0, message, finish_reason }],
					usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
				}),
			);
		});
	});
	await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
	n8n = await startN8n({ installation, userFolder, port: await freePort() });
	rest = new N8nRest(n8n.url);
	await rest.logIn();
}, 30 * MINUTES);

afterAll(async () => {
	await n8n?.stop();
	await sandbox?.close();
	model?.close();
	if (userFolder) await rm(userFolder, { recursive: true, force: true });
}, MINUTES);

beforeEach(() => {
	sandbox.reset();
	requests = [];
});

const callsTool = (args: object): ModelMessage => ({
	content: null,
	tool_calls: [
		{
			id: `call_${Math.random().toString(36).slice(2)}`,
			type: 'function',
			function: { name: 'Send_an_SMS', arguments: JSON.stringify(args) },
		},
	],
});

test(
	'an AI Agent sends an SMS with the node as its tool, and reads what became of it',
	async () => {
		const ask = await prepareAgent('agent');
		script = [
			callsTool({ mobileNumber: '06 12345678', content: 'Your table is booked.' }),
			{ content: 'Done.' },
		];
		await ask('Tell the guest that the table is booked.');
		expect(sandbox.messages).toEqual([
			expect.objectContaining({ recipient: '+31612345678', content: 'Your table is booked.' }),
		]);
		const [tool] = requests[0]?.tools ?? [];
		expect(tool?.function).toMatchObject({
			name: 'Send_an_SMS',
			description: expect.stringContaining('SMS'),
		});
		const answer = requests[1]?.messages.at(-1);
		expect(answer).toMatchObject({ role: 'tool', content: expect.stringContaining('accepted') });

		// A number that is none, corrected by the model from the words it gets.
		sandbox.reset();
		requests = [];
		script = [
			callsTool({ mobileNumber: '020 1234567', content: 'Hello' }),
			callsTool({ mobileNumber: '0612345679', content: 'Hello' }),
			{ content: 'Done.' },
		];
		await ask('Greet the guest.');
		expect(requests[1]?.messages.at(-1)?.content).toMatch(/is not a mobile number/);
		expect(sandbox.messages.map(({ recipient }) => recipient)).toEqual(['+31612345679']);
	},
	3 * MINUTES,
);

test(
	'Send Once Per in a tool: asked twice, the guest gets it once, and the agent is told so',
	async () => {
		const ask = await prepareAgent('once', { sendOncePer: '={{ $json.body.request }}' });
		const call = callsTool({ mobileNumber: '0612345678', content: 'Your table is booked.' });
		for (let execution = 0; execution < 2; execution++) {
			script = [call, { content: 'Done.' }];
			await ask('booking 7');
		}
		expect(sandbox.messages).toHaveLength(1);
		expect(requests.at(-1)?.messages.at(-1)?.content).toContain('sentBefore');
	},
	3 * MINUTES,
);

/** Webhook → AI Agent, with the scripted model and KPN SMS as its tool. */
async function prepareAgent(
	path: string,
	options: object = {},
): Promise<(request: string) => Promise<void>> {
	const kpn = await rest.post<CredentialReference>('/credentials', {
		name: 'KPN SMS',
		type: CREDENTIAL_TYPE,
		data: {
			clientId: sandbox.clientId,
			clientSecret: sandbox.clientSecret,
			environment: 'custom',
			baseUrl: sandbox.url,
		},
	});
	const url = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
	const openAi = await rest.post<CredentialReference>('/credentials', {
		name: 'Scripted model',
		type: 'openAiApi',
		data: { apiKey: 'none', url },
	});
	const workflow = await rest.post<StoredWorkflow>('/workflows', {
		name: path,
		settings: { executionOrder: 'v1' },
		nodes: [
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
					responseMode: 'lastNode',
					options: {},
				},
			},
			{
				id: 'agent',
				name: 'AI Agent',
				type: '@n8n/n8n-nodes-langchain.agent',
				typeVersion: 3,
				position: [200, 0],
				parameters: { promptType: 'define', text: '={{ $json.body.request }}', options: {} },
			},
			{
				id: 'model',
				name: 'Model',
				type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
				typeVersion: 1.2,
				position: [200, 200],
				parameters: { model: { __rl: true, mode: 'id', value: 'scripted' }, options: {} },
				credentials: { openAiApi: { id: openAi.id, name: openAi.name } },
			},
			{
				id: 'sms',
				name: 'Send an SMS',
				type: 'n8n-nodes-kpn-sms.kpnSmsTool',
				typeVersion: 1,
				position: [400, 200],
				parameters: {
					resource: 'message',
					operation: 'send',
					sender: 'Agent',
					mobileNumber: "={{ $fromAI('mobileNumber', 'who gets the SMS', 'string') }}",
					content: "={{ $fromAI('content', 'the text', 'string') }}",
					options,
				},
				credentials: { [CREDENTIAL_TYPE]: { id: kpn.id, name: kpn.name } },
			},
		],
		connections: {
			Webhook: { main: [[{ node: 'AI Agent', type: 'main', index: 0 }]] },
			Model: { ai_languageModel: [[{ node: 'AI Agent', type: 'ai_languageModel', index: 0 }]] },
			'Send an SMS': { ai_tool: [[{ node: 'AI Agent', type: 'ai_tool', index: 0 }]] },
		},
	});
	await activate(rest, workflow);
	return async (request) => {
		for (let attempt = 1; ; attempt++) {
			const response = await fetch(`${n8n.url}/webhook/${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ request }),
			});
			const text = await response.text();
			if (response.ok) return;
			// A webhook answers a moment after its workflow was activated.
			if (response.status !== 404 || attempt === 60) {
				throw new Error(`The agent answered ${response.status}: ${text.slice(0, 500)}`);
			}
			await new Promise((resolve) => setTimeout(resolve, 500));
		}
	};
}
