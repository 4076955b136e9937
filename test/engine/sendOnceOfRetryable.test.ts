import { randomUUID } from 'node:crypto';

import type { INode } from 'n8n-workflow';

import { runWorkflow } from '../../dev/engine';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();
const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];

/** As the README advises for the Continue modes: what is `retryable` goes back to the node. */
const retryable: INode = {
	id: 'if',
	name: 'Retryable',
	type: 'n8n-nodes-base.if',
	typeVersion: 2.2,
	position: [400, 0],
	parameters: {
		conditions: {
			options: { caseSensitive: true, leftValue: '', typeValidation: 'loose', version: 2 },
			combinator: 'and',
			conditions: [
				{
					id: 'a',
					leftValue: '={{ $json.retryable }}',
					rightValue: '',
					operator: { type: 'boolean', operation: 'true', singleValue: true },
				},
			],
		},
		looseTypeValidation: true,
		options: {},
	},
};

test('Send Once Per, and what is retryable goes back to the node: the next execution sends it to nobody', async () => {
	const options = { sendOncePer: '={{ $json.key }}', maximumRetries: 0 };
	const file = smsWorkflow({ onError: 'continueErrorOutput', parameters: { options } });
	const workflow = {
		id: randomUUID(),
		nodes: [...file.nodes, retryable],
		connections: {
			...file.connections,
			SMS: { main: [[], to('Retryable')] },
			Retryable: { main: [to('SMS'), []] },
		},
	};
	const start = startAtBefore(
		messagesTo(2).map((item) => ({ ...item, key: `${item.to}-reminder` })),
	);
	setting.sandbox.inject({ answer: { kind: 'http', status: 503 } });
	await runWorkflow(workflow, start, setting.credentials);
	expect(contents()).toEqual(['Message 0', 'Message 1']);
	await runWorkflow(workflow, start, setting.credentials);
	expect(contents()).toEqual(['Message 0', 'Message 1']);
});
