import { randomUUID } from 'node:crypto';

import type { FilterConditionValue, INode } from 'n8n-workflow';

import { outputOf, runWorkflow, type WorkflowFile } from '../../dev/engine';
import {
	messagesTo,
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';
import { ANNA, BRAM } from '../support/sandbox/client';

/** As the README advises for the Continue modes: what is `retryable` is sent again. */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();
const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];

const FEW_TURNS: FilterConditionValue = {
	id: 'turns',
	leftValue: '={{ $runIndex }}',
	rightValue: 3,
	operator: { type: 'number', operation: 'lt' },
};

const ifRetryable = (...more: FilterConditionValue[]): INode => ({
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
					id: 'retryable',
					leftValue: '={{ $json.retryable }}',
					rightValue: '',
					operator: { type: 'boolean', operation: 'true', singleValue: true },
				},
				...more,
			],
		},
		looseTypeValidation: true,
		options: {},
	},
});

test('an item of which one recipient has it: what is retryable is sent again, and nobody gets it twice', async () => {
	const file = smsWorkflow({
		onError: 'continueErrorOutput',
		parameters: { options: { messagesPerCall: 1, maximumRetries: 0 } },
	});
	const again = smsNode({ id: 'again', name: 'Again' });
	setting.sandbox.inject({
		match: { mobileNumber: BRAM },
		answer: { kind: 'http', status: 503 },
	});
	const result = await runWorkflow(
		{
			nodes: [...file.nodes, ifRetryable(), again],
			connections: {
				...file.connections,
				SMS: { main: [[], to('Retryable')] },
				Retryable: { main: [to('Again'), []] },
			},
		},
		startAtBefore([{ to: `${ANNA}, ${BRAM}`, text: 'The meeting is off' }]),
		setting.credentials,
	);
	const [item] = outputOf(result, 'SMS', 1);
	expect(item?.json.messages).toMatchObject([{ outcome: 'accepted' }, { outcome: 'refused' }]);
	const recipients = setting.sandbox.messages.map(({ recipient }) => recipient);
	expect(recipients.filter((recipient) => recipient === ANNA)).toHaveLength(1);
});

test('Send Once Per, and what is retryable goes back to the node: the next execution sends it to nobody', async () => {
	const options = { sendOncePer: '={{ $json.key }}', maximumRetries: 0 };
	const file = smsWorkflow({ onError: 'continueErrorOutput', parameters: { options } });
	const workflow = {
		id: randomUUID(),
		nodes: [...file.nodes, ifRetryable()],
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

test('what is retryable goes back to the node, with Continue and Include Input Fields: nobody gets it twice', async () => {
	const file = smsWorkflow({
		onError: 'continueRegularOutput',
		parameters: { options: { includeInputFields: true, maximumRetries: 0 } },
	});
	const loop: WorkflowFile = {
		// What goes wrong here would go on without end.
		nodes: [...file.nodes, ifRetryable(FEW_TURNS)],
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
