import { addCredential, addSandboxCredential } from '../../dev/n8n/credentials';
import { PackedN8n } from '../../dev/n8n/packedN8n';
import { postJson } from '../../dev/n8n/rest';
import { activate, type StoredWorkflow } from '../../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { startSandbox, type Sandbox } from '../../sandbox';
import { ScriptedModel, type ModelMessage } from '../support/editor/scriptedModel';

const MINUTES = 60_000;

let sandbox: Sandbox;
let n8n: PackedN8n;
let modelData: object;
const model = new ScriptedModel();

beforeAll(async () => {
	sandbox = await startSandbox();
	modelData = await model.listen();
	n8n = await PackedN8n.start();
}, 30 * MINUTES);

afterAll(async () => {
	await n8n?.remove();
	await sandbox?.close();
	model.close();
}, MINUTES);

beforeEach(() => {
	sandbox.reset();
	model.requests = [];
});

const callsTool = (args: object): ModelMessage => model.calls('Send_an_SMS', args);

test(
	'an AI Agent sends an SMS with the node as its tool, and reads what became of it',
	async () => {
		const ask = await prepareAgent('agent');
		model.script = [
			callsTool({ mobileNumber: '06 12345678', content: 'Your table is booked.' }),
			{ content: 'Done.' },
		];
		await ask('Tell the guest that the table is booked.');
		expect(sandbox.messages).toEqual([
			expect.objectContaining({ recipient: '+31612345678', content: 'Your table is booked.' }),
		]);
		const [tool] = model.requests[0]?.tools ?? [];
		expect(tool?.function).toMatchObject({
			name: 'Send_an_SMS',
			description: expect.stringContaining('SMS'),
		});
		const answer = model.requests[1]?.messages.at(-1);
		expect(answer).toMatchObject({ role: 'tool', content: expect.stringContaining('accepted') });

		// A number that is none, corrected by the model from the words it gets.
		sandbox.reset();
		model.requests = [];
		model.script = [
			callsTool({ mobileNumber: '020 1234567', content: 'Hello' }),
			callsTool({ mobileNumber: '0612345679', content: 'Hello' }),
			{ content: 'Done.' },
		];
		await ask('Greet the guest.');
		expect(model.requests[1]?.messages.at(-1)?.content).toMatch(/is not a mobile number/);
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
			model.script = [call, { content: 'Done.' }];
			await ask('booking 7');
		}
		expect(sandbox.messages).toHaveLength(1);
		expect(model.requests.at(-1)?.messages.at(-1)?.content).toContain('sentBefore');
	},
	3 * MINUTES,
);

/** Webhook → AI Agent, with the scripted model and KPN SMS as its tool. */
async function prepareAgent(
	path: string,
	options: object = {},
): Promise<(request: string) => Promise<void>> {
	const { rest, url } = n8n;
	const kpn = await addSandboxCredential(rest, sandbox, { smsApi: 'v1' });
	const openAi = await addCredential(rest, 'Scripted model', 'openAiApi', modelData);
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
				credentials: { openAiApi: openAi },
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
				credentials: { [CREDENTIAL_TYPE]: kpn },
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
		const response = await postJson(`${url}/webhook/${path}`, { request });
		const text = await response.text();
		if (!response.ok) {
			throw new Error(`The agent answered ${response.status}: ${text.slice(0, 500)}`);
		}
	};
}
