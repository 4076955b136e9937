import type { INode } from 'n8n-workflow';

import { outputOf, runWorkflow, type WorkflowFile } from '../../dev/engine';
import {
	messagesTo,
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/**
 * Include Input Fields where what comes in has passed a KPN SMS node before: of what this node says
 * only where it holds (`retryable`, `document_id`, …), the input's must not take the place.
 */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();
const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];
const options = { includeInputFields: true, maximumRetries: 0 };

test('what is retryable goes back to the node, with Continue: nobody gets it twice', async () => {
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
					// What goes wrong here would go on without end.
					{
						id: 'b',
						leftValue: '={{ $runIndex }}',
						rightValue: 3,
						operator: { type: 'number', operation: 'lt' },
					},
				],
			},
			looseTypeValidation: true,
			options: {},
		},
	};
	const file = smsWorkflow({ onError: 'continueRegularOutput', parameters: { options } });
	const loop: WorkflowFile = {
		nodes: [...file.nodes, retryable],
		connections: {
			...file.connections,
			SMS: { main: [to('Retryable')] },
			Retryable: { main: [to('SMS'), []] },
		},
	};
	setting.sandbox.inject({ answer: { kind: 'http', status: 503 } });
	await runWorkflow(loop, startAtBefore(messagesTo(2)), setting.credentials);
	expect(contents()).toEqual(['Message 0', 'Message 1']);
});

test('a second SMS that KPN refused has no document ID of the first', async () => {
	const first = smsWorkflow({ onError: 'continueRegularOutput', parameters: { options } });
	const second = smsNode({
		id: 'second',
		name: 'Second',
		onError: 'continueRegularOutput',
		parameters: { content: 'Second', options },
	});
	setting.sandbox.inject({ match: { content: 'Second' }, answer: { kind: 'http', status: 403 } });
	const result = await runWorkflow(
		{
			nodes: [...first.nodes, second],
			connections: { ...first.connections, SMS: { main: [to('Second')] } },
		},
		startAtBefore(messagesTo(1)),
		setting.credentials,
	);
	const [item] = outputOf(result, 'Second');
	expect(item?.json.outcome).toBe('refused');
	expect(item?.json).not.toHaveProperty('document_id');
	expect(item?.json).not.toHaveProperty('status');
});

test('nor has it in the error branch, where n8n adds what came in', async () => {
	const first = smsWorkflow({ onError: 'continueRegularOutput', parameters: { options } });
	const second = smsNode({
		id: 'second',
		name: 'Second',
		onError: 'continueErrorOutput',
		parameters: { content: 'Second', mobileNumber: '={{ $json.recipient }}' },
	});
	setting.sandbox.inject({ match: { content: 'Second' }, answer: { kind: 'http', status: 403 } });
	const result = await runWorkflow(
		{
			nodes: [...first.nodes, second],
			connections: { ...first.connections, SMS: { main: [to('Second')] } },
		},
		startAtBefore(messagesTo(1)),
		setting.credentials,
	);
	const [item] = outputOf(result, 'Second', 1);
	expect(item?.json.outcome).toBe('refused');
	expect(item?.json.document_id).toBeUndefined();
});
