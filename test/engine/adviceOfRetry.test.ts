import { retryExecution, runWorkflow } from '../../dev/engine';
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
	const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();
	expect(contents()).toEqual(['Message 0', 'Message 1']);
	expect(error?.description).toContain('Executions → the newest one that failed → Retry');

	// Both are “the one that failed”.
	await retryExecution(original, file, setting.credentials);
	expect(contents().filter((text) => text === 'Message 1')).toHaveLength(2);
	expect(error?.description).toMatch(/newest|latest/);
});
