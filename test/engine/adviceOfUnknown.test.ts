import { randomUUID } from 'node:crypto';

import type { INodeParameters } from 'n8n-workflow';

import { outputOf, runWorkflow } from '../../dev/engine';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** What a person does who follows the words to the letter: nobody else may get an SMS by it. */

let setting: EngineSetup;
const id = randomUUID();
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'v1' });
});
afterEach(async () => await setting.sandbox.close());

const run = async (options: INodeParameters) =>
	outputOf(
		await runWorkflow(
			{
				id,
				...smsWorkflow({ onError: 'continueRegularOutput', parameters: { options } }),
			},
			startAtBefore(messagesTo(3)),
			setting.credentials,
		),
		'SMS',
	).map(({ json }) => json);

const copies = (text: string) =>
	setting.sandbox.messages.filter(({ content }) => content === text).length;

test('what an unknown SMS advises sends that one again, and not those that were accepted', async () => {
	const key = '={{ $json.text }}-reminder';
	setting.sandbox.inject({ match: { content: 'Message 1' }, answer: { kind: 'reset' } });
	await run({ sendOncePer: key });
	const [, unknown] = await run({ sendOncePer: key });
	expect(unknown?.outcome).toBe('unknown');
	// The first way that the words name is “a new key”, and the only place for it is the expression.
	const advised = /new key under Send Once Per/.test(String(unknown?.message))
		? { sendOncePer: `${key}2` }
		: { sendOncePer: key, deliveryGuarantee: 'atLeastOnce' };
	await run(advised);
	expect(copies('Message 1')).toBe(1);
	expect([copies('Message 0'), copies('Message 2')]).toEqual([1, 1]);
});
