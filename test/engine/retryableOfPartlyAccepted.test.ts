import type { INode } from 'n8n-workflow';

import { outputOf, runWorkflow } from '../../dev/engine';
import {
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';
import { ANNA, BRAM } from '../support/sandbox/client';

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];

/** As the README advises for the Continue modes: what is `retryable` goes to a node that sends it again. */
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
			nodes: [...file.nodes, retryable, again],
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
