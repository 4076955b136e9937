import { DirectoryLoader } from 'n8n-core';
import type { EngineResponse, IExecuteFunctions, INode, INodeType } from 'n8n-workflow';

import { ownNodeTypes, runWorkflow, type WorkflowFile } from '../../dev/engine';
import { KpnSms } from '../../nodes/KpnSms/KpnSms.node.ts';
import {
	loopOver,
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/**
 * The node as a tool, in the two ways in which n8n runs one: as a node of its own that the agent asks
 * for ("engine request"), or within the agent's turn, as older agents and MCP triggers do it.
 */

const X = '+31612345670';
const Y = '+31612345671';
const BAD_REQUEST = { kind: 'http', status: 400 } as const;
const SERVER_ERROR = { kind: 'http', status: 500 } as const;

/** What the agent of the test does in its turn. */
type Turn = (this: IExecuteFunctions, response?: EngineResponse) => Promise<unknown>;
let turn: Turn;

ownNodeTypes.kpnSmsTool = () => {
	const tool = new KpnSms();
	tool.description = { ...tool.description, name: 'kpnSmsTool', inputs: [], outputs: ['ai_tool'] };
	DirectoryLoader.applyDeclarativeNodeOptionParameters(tool);
	return tool;
};
ownNodeTypes.agent = () =>
	({
		description: {
			displayName: 'Agent',
			name: 'agent',
			group: [],
			version: 1,
			description: '',
			defaults: {},
			inputs: ['main', { type: 'ai_tool' }],
			outputs: ['main'],
			properties: [],
		},
		async execute(this: IExecuteFunctions, response?: EngineResponse) {
			return await turn.call(this, response);
		},
	}) as unknown as INodeType;

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup();
});
afterEach(async () => await setting.sandbox.close());

const sent = () =>
	setting.sandbox.messages.map(({ recipient, content }) => `${recipient} ${content}`).sort();

const runAgent = async (changes: Partial<INode> = {}, agent: Partial<INode> = {}) =>
	await runWorkflow(agentWorkflow(changes, agent), startAtBefore([{}]), setting.credentials);

describe('as a node of its own', () => {
	test('after a call that was partly accepted, another text to the same number is sent', async () => {
		setting.sandbox.inject({ match: { mobileNumber: Y }, times: null, answer: BAD_REQUEST });
		asks([call(`${X},${Y}`, 'Code 1')], [call(X, 'Code 2')]);
		await runAgent({ onError: 'continueRegularOutput' });
		expect(sent()).toEqual([`${X} Code 1`, `${X} Code 2`]);
	});

	test('Send Once Per: the same key is sent once in all turns, also by the next execution', async () => {
		const parameters = { options: { sendOncePer: 'order 1' } };
		for (let time = 0; time < 2; time++) {
			asks([call(X, 'Code 1')], [call(X, 'Code 2')]);
			await runWorkflow(
				{ id: 'with an agent', ...agentWorkflow({ parameters }) },
				startAtBefore([{}]),
				setting.credentials,
			);
		}
		expect(sent()).toEqual([`${X} Code 1`]);
	});

	test('two calls in one step: a retry of one does not take the other for its own', async () => {
		setting.sandbox.inject({ match: { mobileNumber: Y }, times: null, answer: BAD_REQUEST });
		asks([call(`${X},${Y}`, 'Group'), call(X, 'Single')]);
		await runAgent({ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		expect(sent()).toEqual([`${X} Group`, `${X} Single`]);
	});

	test('after a call whose outcome is unknown, another text to the same number is sent', async () => {
		setting.sandbox.inject({ match: { content: 'Code 1' }, times: 1, answer: SERVER_ERROR });
		asks([call(X, 'Code 1')], [call(X, 'Code 2')]);
		await runAgent({ onError: 'continueRegularOutput' });
		expect(sent()).toEqual([`${X} Code 2`]);
	});
});

describe('within the agent’s turn', () => {
	test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
		'%s: calls at the same moment are each sent once, and each has its answer',
		async (onError) => {
			const answers = await within(async (invoke) =>
				Promise.all([invoke(X, 'One'), invoke(Y, 'Two'), invoke(X, 'Three')]),
			)({ onError });
			expect(answers).toEqual(Array(3).fill(expect.stringContaining('accepted')));
			expect(sent()).toEqual([`${X} One`, `${X} Three`, `${Y} Two`]);
		},
	);

	test('Send Once Per: a call with a key is refused, for nothing can be remembered there', async () => {
		const answers = await within(async (invoke) => [await invoke(X, 'One')])({
			parameters: { options: { sendOncePer: 'order 1' } },
		});
		expect(answers).toEqual([
			expect.stringContaining('Send Once Per does not work where an AI Agent'),
		]);
		expect(sent()).toEqual([]);
	});

	test('a call whose outcome is unknown is not made again with the same text', async () => {
		setting.sandbox.inject({
			match: { content: 'Two' },
			times: 1,
			delayMs: 100,
			accept: true,
			answer: SERVER_ERROR,
		});
		const answers = await within(async (invoke) => [
			...(await Promise.all([invoke(X, 'One'), invoke(Y, 'Two')])),
			await invoke(Y, 'Two'),
			await invoke(Y, 'Three'),
		])({});
		expect(answers).toEqual([
			expect.stringContaining('accepted'),
			expect.stringContaining('Unknown whether'),
			expect.stringContaining('not sent again'),
			expect.stringContaining('accepted'),
		]);
		expect(sent()).toEqual([`${X} One`, `${Y} Three`, `${Y} Two`]);
	});

	test('the same text to two people: what is unknown of one stays so whatever comes of the other', async () => {
		setting.sandbox.inject({
			match: { mobileNumber: Y },
			times: 1,
			accept: true,
			answer: SERVER_ERROR,
		});
		const answers = await within(async (invoke) => [
			await invoke(Y, 'Dinner at seven'),
			await invoke(X, 'Dinner at seven'),
			await invoke(Y, 'Dinner at seven'),
		])({});
		expect(answers).toEqual([
			expect.stringContaining('Unknown whether'),
			expect.stringContaining('accepted'),
			expect.stringContaining('not sent again'),
		]);
		expect(sent()).toEqual([`${X} Dinner at seven`, `${Y} Dinner at seven`]);
	});

	describe.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
		'%s',
		(onError) => {
			test('an unknown outcome is not sent again with the same text', async () => {
				setting.sandbox.inject({ times: 1, accept: true, answer: SERVER_ERROR });
				const answers = await within(async (invoke) => [
					await invoke(X, 'One'),
					await invoke(X, 'One'),
				])({ onError });
				expect(answers[1]).toContain('not sent again');
				expect(sent()).toEqual([`${X} One`]);
			});

			test('Retry On Fail of the agent sends nothing again, and what is new', async () => {
				let tries = 0;
				const answers = await within(
					async (invoke) => {
						const first = await invoke(X, 'One');
						if (++tries === 1) throw new Error('The model is away');
						return [first, await invoke(Y, 'Two')];
					},
					{ retryOnFail: true, maxTries: 2, waitBetweenTries: 1 },
				)({ onError });
				expect(tries).toBe(2);
				expect(answers).toEqual(Array(2).fill(expect.stringContaining('accepted')));
				expect(sent()).toEqual([`${X} One`, `${Y} Two`]);
			});
		},
	);

	test('the next turn of a loop may send the same words again', async () => {
		turn = async function () {
			const [tool] = await toolsOf(this);
			return [[{ json: { answer: await tool?.invoke({ to: X, text: 'One' }) } }]];
		};
		const { nodes, connections } = agentWorkflow();
		const [, agent, sms] = nodes as [INode, INode, INode];
		const loop = loopOver(agent);
		const file = {
			nodes: [...loop.nodes, sms],
			connections: { ...connections, ...loop.connections },
		};
		await runWorkflow(file, startAtBefore([{}, {}]), setting.credentials);
		expect(sent()).toEqual([`${X} One`, `${X} One`]);
	});

	test('Retry On Fail sends only to those who have not got it', async () => {
		setting.sandbox.inject({ match: { mobileNumber: Y }, times: 1, answer: BAD_REQUEST });
		await within(async (invoke) => [await invoke(`${X},${Y}`, 'Group')])({
			retryOnFail: true,
			maxTries: 3,
			waitBetweenTries: 1,
		});
		expect(sent()).toEqual([`${X} Group`, `${Y} Group`]);
	});
});

const call = (to: string, text: string) => ({
	actionType: 'ExecutionNodeAction',
	nodeName: 'SMS',
	input: { to, text },
	type: 'ai_tool',
	id: `${to} ${text}`,
	metadata: {},
});

/** Lets the agent ask n8n for calls, one step after the other. */
function asks(...steps: Array<Array<ReturnType<typeof call>>>): void {
	const left = [...steps];
	turn = async () => {
		const actions = left.shift();
		return actions ? { actions, metadata: {} } : [[{ json: { done: true } }]];
	};
}

type Invoke = (to: string, text: string) => Promise<string>;

/** Lets the agent call the tool itself; an error is what the agent would read of it. */
const within =
	(calls: (invoke: Invoke) => Promise<string[]>, agent: Partial<INode> = {}) =>
	async (changes: Partial<INode>): Promise<string[]> => {
		let answers: string[] = [];
		turn = async function () {
			const [tool] = await toolsOf(this);
			answers = await calls(async (to, text) => {
				try {
					return (await tool?.invoke({ to, text })) ?? '';
				} catch (error) {
					return (error as Error).message;
				}
			});
			return [[{ json: {} }]];
		};
		await runAgent(changes, agent);
		return answers;
	};

const toolsOf = async (agent: IExecuteFunctions) =>
	[await agent.getInputConnectionData('ai_tool', 0)].flat(2) as Array<{
		invoke: (args: object) => Promise<string>;
	}>;

const agentWorkflow = (changes: Partial<INode> = {}, agent: Partial<INode> = {}): WorkflowFile => ({
	nodes: [
		...smsWorkflow().nodes.filter(({ name }) => name === 'Before'),
		{
			id: 'agent',
			name: 'Agent',
			type: 'agent',
			typeVersion: 1,
			position: [100, 0],
			parameters: {},
			...agent,
		},
		smsNode({
			type: 'kpnSmsTool',
			...changes,
			parameters: {
				mobileNumber: "={{ $fromAI('to', '', 'string') }}",
				content: "={{ $fromAI('text', '', 'string') }}",
				...changes.parameters,
			},
		}),
	],
	connections: {
		Before: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
		SMS: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
	},
});
