import { randomUUID } from 'node:crypto';

import type { INodeParameters } from 'n8n-workflow';

import { outputOf, retryExecution, runWorkflow } from '../../dev/engine';
import {
	loopOver,
	messagesTo,
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/**
 * What the node advises, followed to the letter: nobody gets an SMS twice by it. An error speaks of the
 * items of its turn, and what it advises is done to the whole workflow.
 */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();

test('what an unknown SMS advises sends that one again, and not those that were accepted', async () => {
	const id = randomUUID();
	const run = async (options: INodeParameters) => {
		const file = smsWorkflow({ onError: 'continueRegularOutput', parameters: { options } });
		const start = startAtBefore(messagesTo(3));
		const result = await runWorkflow({ id, ...file }, start, setting.credentials);
		return outputOf(result, 'SMS').map(({ json }) => json);
	};
	const copies = (text: string) => contents().filter((content) => content === text).length;
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

test('all of a later turn refused: what the error advises sends nothing of the turns before again', async () => {
	const loop = loopOver(smsNode(), 2);
	const start = startAtBefore(messagesTo(4));
	setting.sandbox.inject({
		match: { content: 'Message 2' },
		answer: { kind: 'http', status: 402 },
	});
	const result = await runWorkflow(loop, start, setting.credentials);
	expect(contents()).toEqual(['Message 0', 'Message 1']);
	const advice = result.data.resultData.error?.description ?? '';
	// Followed to the letter.
	if (/execute again\./.test(advice)) await runWorkflow(loop, start, setting.credentials);
	else await retryExecution(result, loop, setting.credentials);
	expect(contents()).toEqual(['Message 0', 'Message 1', 'Message 2', 'Message 3']);
});

test('a wrong number in a later turn: the error does not say that nothing was sent', async () => {
	const [first, second, third, fourth] = messagesTo(4);
	const items = [{ ...first }, { ...second }, { ...third, to: '020 1234567' }, { ...fourth }];
	const result = await runWorkflow(
		loopOver(smsNode(), 2),
		startAtBefore(items),
		setting.credentials,
	);
	expect(contents()).toEqual(['Message 0', 'Message 1']);
	expect(result.data.resultData.error?.message).not.toMatch(/^Nothing was sent/);
});

/**
 * A retry that fails in part stands in the list beside the execution that it retries: both have failed,
 * and n8n offers Retry at both. At the older one it sends again what the retry has sent.
 */
test('after a retry that failed in part, “the one that failed” leads to the newest try alone', async () => {
	const file = smsWorkflow({ parameters: { options: { messagesPerCall: 1 } } });
	const answer = { kind: 'http', status: 402 } as const;
	setting.sandbox.inject({ match: { content: 'Message 1' }, answer });
	setting.sandbox.inject({ match: { content: 'Message 2' }, times: 2, answer });
	const original = await runWorkflow(file, startAtBefore(messagesTo(3)), setting.credentials);
	const retried = await retryExecution(original, file, setting.credentials);
	const { error } = retried.data.resultData;
	expect(contents()).toEqual(['Message 0', 'Message 1']);
	expect(error?.description).toContain('Executions → the newest one that failed → Retry');

	// Both are “the one that failed”.
	await retryExecution(original, file, setting.credentials);
	expect(contents().filter((text) => text === 'Message 1')).toHaveLength(2);
	expect(error?.description).toMatch(/newest|latest/);
});
