import type { IRunExecutionData } from 'n8n-workflow';

import {
	outputOf,
	retryExecution,
	runWorkflow,
	startRetry,
	startWorkflow,
	type WorkflowFile,
} from '../../dev/engine';
import type { Fault } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import {
	loopOver,
	messagesTo,
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

let setting: EngineSetup;
afterEach(async () => await setting.sandbox.close());

const run = async (file: WorkflowFile, items: Array<Record<string, unknown>>) =>
	await runWorkflow(file, startAtBefore(items), setting.credentials);

const taken = (text: string) =>
	setting.sandbox.messages.filter(({ content }) => content === text).length;

const tries = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const once = (content: string, answer: Fault['answer'], more: Partial<Fault> = {}): Fault => ({
	match: { content },
	times: 1,
	answer,
	...more,
});
const BAD_REQUEST = { kind: 'http', status: 400 } as const;
const SERVER_ERROR = { kind: 'http', status: 500 } as const;

describe.each(['v1', 'current'])('%s', (smsApi) => {
	beforeEach(async () => {
		setting = await startEngineSetup({ smsApi });
	});

	test('Retry On Fail sends only the rest, and then gives every item its result', async () => {
		const items = messagesTo(4);
		// On the current API the batch is refused first, then its halves with the message in them.
		setting.sandbox.inject({ ...once('Message 2', BAD_REQUEST), times: smsApi === 'v1' ? 1 : 3 });
		const result = await run(smsWorkflow(tries), items);
		expect(result.data.resultData.error).toBeUndefined();
		expect(outputOf(result, 'SMS').map(({ json }) => json.document_id)).toEqual(
			items.map(({ text }) => {
				const { documentId } = setting.sandbox.messages.find((m) => m.content === text) ?? {};
				return documentId;
			}),
		);
		expect(items.map(({ text }) => taken(text))).toEqual([1, 1, 1, 1]);
	});

	test.each(['the original workflow', 'the saved workflow'])(
		'Retry execution with %s sends only the rest',
		async (which) => {
			const items = messagesTo(4);
			const file = smsWorkflow();
			setting.sandbox.inject({ ...once('Message 1', BAD_REQUEST), times: smsApi === 'v1' ? 1 : 3 });
			const failed = await run(file, items);
			expect(failed.data.resultData.error?.message).toMatch(/3 accepted, 1 refused/);
			const saved = which === 'the saved workflow' ? smsWorkflow() : undefined;
			const retried = await retryExecution(failed, file, setting.credentials, saved);
			expect(retried.data.resultData.error).toBeUndefined();
			expect(items.map(({ text }) => taken(text))).toEqual([1, 1, 1, 1]);
			expect(outputOf(retried, 'SMS').map(({ json }) => json.recipient)).toEqual(
				items.map(({ to }) => to),
			);
		},
	);

	test('a text that changes with every try is still sent once', async () => {
		const content = '={{ $json.text + " " + Math.random() }}';
		setting.sandbox.inject({ ...once('Message 1', BAD_REQUEST), times: smsApi === 'v1' ? 1 : 2 });
		const node = { ...tries, parameters: { content } };
		const result = await run(smsWorkflow(node), messagesTo(2));
		expect(result.data.resultData.error).toBeUndefined();
		expect(setting.sandbox.messages).toHaveLength(2);
	});

	test('At Most Once does not send again what may be at KPN', async () => {
		setting.sandbox.inject(once('Message 0', SERVER_ERROR, { accept: true }));
		const file = smsWorkflow(tries);
		const failed = await run(file, messagesTo(1));
		expect(failed.data.resultData.error?.message).toMatch(/^Unknown whether KPN took the SMS/);
		const retried = await retryExecution(failed, file, setting.credentials);
		expect(retried.data.resultData.error?.message).toMatch(/an earlier try ended without/);
		expect(taken('Message 0')).toBe(1);
	});

	test('At Least Once sends it again, and only it', async () => {
		setting.sandbox.inject(once('Message 1', SERVER_ERROR, { accept: true }));
		const node = { ...tries, parameters: { options: { deliveryGuarantee: 'atLeastOnce' } } };
		const result = await run(smsWorkflow(node), messagesTo(2));
		expect(result.data.resultData.error).toBeUndefined();
		expect(taken('Message 1')).toBe(2);
		// On the current API both were in the call whose outcome was unknown.
		expect(taken('Message 0')).toBe(smsApi === 'v1' ? 1 : 2);
	});

	test('At Least Once: a refusal does not hide that an earlier try may have been taken', async () => {
		const { sandbox, credentials } = setting;
		sandbox.inject({ ...once('Message 0', SERVER_ERROR), accept: true });
		sandbox.inject({ skip: 1, times: null, answer: { kind: 'http', status: 403 } });
		const parameters = { options: { deliveryGuarantee: 'atLeastOnce' } };
		const file = smsWorkflow({ ...tries, parameters });
		const failed = await run(file, messagesTo(1));
		expect(failed.data.resultData.error?.message).toMatch(
			/^Unknown whether KPN took the SMS: an earlier try.*403 Forbidden/,
		);
		expect(failed.data.resultData.error?.description).toMatch(/check with the recipient/);
		const retried = await retryExecution(failed, file, credentials, smsWorkflow());
		expect(retried.data.resultData.error?.message).toMatch(/^Unknown whether KPN took the SMS/);
		expect(taken('Message 0')).toBe(1);
	});

	test('the same text to the same number in two items is two messages, also on a retry', async () => {
		const item = { to: '0612345670', text: 'Same' };
		setting.sandbox.inject({ ...once('Bad', BAD_REQUEST), times: smsApi === 'v1' ? 1 : 3 });
		const result = await run(smsWorkflow(tries), [item, item, { ...item, text: 'Bad' }]);
		expect(result.data.resultData.error).toBeUndefined();
		expect(taken('Same')).toBe(2);
		expect(taken('Bad')).toBe(1);
	});

	test('an item with several recipients: a retry sends to those that did not get it', async () => {
		const items = [{ to: '0612345670,0612345671,0612345672', text: 'Group' }];
		setting.sandbox.inject({
			match: { mobileNumber: '+31612345671' },
			times: smsApi === 'v1' ? 1 : 3,
			answer: BAD_REQUEST,
		});
		const result = await run(smsWorkflow(tries), items);
		expect(result.data.resultData.error).toBeUndefined();
		expect(setting.sandbox.messages.map(({ recipient }) => recipient).sort()).toEqual([
			'+31612345670',
			'+31612345671',
			'+31612345672',
		]);
	});

	test('runs in a loop do not take each other’s messages for their own', async () => {
		const items = messagesTo(3).map(({ to }) => ({ to, text: 'Same' }));
		setting.sandbox.inject({
			match: { mobileNumber: '+31612345671' },
			times: 1,
			answer: BAD_REQUEST,
		});
		const file = loopOver(smsNode());
		const failed = await run(file, items);
		expect(failed.data.resultData.error).toBeDefined();
		expect(setting.sandbox.messages).toHaveLength(1);
		const retried = await retryExecution(failed, file, setting.credentials);
		expect(retried.data.resultData.error).toBeUndefined();
		expect(retried.data.resultData.runData.SMS).toHaveLength(3);
		expect(setting.sandbox.messages.map(({ recipient }) => recipient)).toEqual(
			items.map(({ to }) => to),
		);
	});
});

test('after a success nothing is kept in the execution', async () => {
	setting = await startEngineSetup();
	const { data } = await run(smsWorkflow(), messagesTo(3));
	expect(data.executionData?.contextData['node:SMS']).toEqual({ kpnSmsLedger: {} });
});

test('a message is on record before its call, so that an execution cut off forgets none', async () => {
	setting = await startEngineSetup();
	const { sandbox, credentials } = setting;
	sandbox.inject({ answer: { kind: 'hang' }, times: null });
	const node = { parameters: { requestOptions: { timeout: 1000 } } };
	const running = startWorkflow(smsWorkflow(node), startAtBefore(messagesTo(1)), credentials);
	await waitUntil(() => sandbox.calls.length === 1);
	const [entry] = Object.values(ledgerOf(running.data)[0]?.[0] ?? {});
	expect(entry).toBe('?');
	running.cancel();
	await running.finished.catch(() => undefined);
});

test('while a message that KPN refused waits, it is on record as refused: a retry sends it', async () => {
	setting = await startEngineSetup();
	const { sandbox, credentials } = setting;
	const headers = { 'retry-after': '30' };
	sandbox.inject({ answer: { kind: 'http', status: 503, headers } });
	const file = smsWorkflow();
	const running = startWorkflow(file, startAtBefore(messagesTo(1)), credentials);
	await waitUntil(() => sandbox.calls[0]?.status === 503);
	await waitUntil(() => Object.values(ledgerOf(running.data)[0]?.[0] ?? {}).length === 0);
	running.cancel();
	await running.finished.catch(() => undefined);
	expect(sandbox.messages).toHaveLength(0);
});

test('while it waits for the second time, a message of an earlier try stays in doubt', async () => {
	setting = await startEngineSetup();
	const { sandbox, credentials } = setting;
	sandbox.inject(once('Message 0', SERVER_ERROR, { accept: true }));
	sandbox.inject(once('Message 1', BAD_REQUEST));
	const file = (messagesPerCall: number) =>
		smsWorkflow({ parameters: { options: { deliveryGuarantee: 'atLeastOnce', messagesPerCall } } });
	const failed = await run(file(1), messagesTo(2));
	expect(failed.data.resultData.error).toBeDefined();
	const { length } = sandbox.calls;
	const headers = { 'retry-after': '30' };
	sandbox.inject({ times: null, answer: { kind: 'http', status: 503, headers } });
	const together = file(2);
	const retried = startRetry(failed.data, file(1), credentials, together);
	const entriesOf = (item: number) => Object.values(ledgerOf(retried.data)[0]?.[item] ?? {});
	await waitUntil(() => sandbox.calls[length]?.status === 503);
	// Of the other one, nothing is in doubt.
	await waitUntil(() => entriesOf(1).length === 0);
	expect(entriesOf(0)).toEqual(['?']);
	retried.cancel();
	const { data } = await retried.finished;
	expect(data.resultData.error?.message).toMatch(/1 unknown|^Unknown whether/);
});

test('a loop: an item that was given another number does not hide a later message to the first', async () => {
	setting = await startEngineSetup();
	const items = messagesTo(2);
	setting.sandbox.inject({ match: { content: 'Message 0' }, times: 1, answer: SERVER_ERROR });
	const to = (number: string) => loopOver(smsNode({ parameters: { mobileNumber: number } }));
	// The first turn is tried again with a corrected number; the second turn is to the first number.
	const original = to('={{ $json.text === "Message 0" ? "0612345670" : $json.to }}');
	const failed = await run(original, items);
	expect(failed.data.resultData.error).toBeDefined();
	const corrected = to('={{ $json.text === "Message 0" ? "0612345679" : "0612345670" }}');
	const retried = await retryExecution(failed, original, setting.credentials, corrected);
	expect(retried.data.resultData.error).toBeUndefined();
	expect(setting.sandbox.messages.map(({ recipient, content }) => [recipient, content])).toEqual([
		['+31612345679', 'Message 0'],
		['+31612345670', 'Message 1'],
	]);
});

test('a loop with Continue and Batching: each turn sends its messages', async () => {
	setting = await startEngineSetup({}, { delayMs: 40 });
	const items = messagesTo(24).map(({ text }) => ({ to: '0612345670', text }));
	const requestOptions = { batching: { batch: { batchSize: 1, batchInterval: 1 } } };
	const sms = smsNode({ onError: 'continueRegularOutput', parameters: { requestOptions } });
	const result = await run(loopOver(sms, 12), items);
	expect(result.data.resultData.error).toBeUndefined();
	expect(items.map(({ text }) => taken(text))).toEqual(items.map(() => 1));
	expect(Math.max(...setting.sandbox.calls.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(
		64,
	);
});

test('what is kept for a retry holds no number and no text', async () => {
	setting = await startEngineSetup();
	setting.sandbox.inject(once('Message 1', SERVER_ERROR));
	const { data } = await run(smsWorkflow(), messagesTo(2));
	const kept = JSON.stringify(data.executionData?.contextData);
	expect(kept).toMatch(/kpnSmsLedger/);
	expect(kept).not.toMatch(/1234567|Message/);
});

test('KPN busy for a moment: the node asks again by itself', async () => {
	setting = await startEngineSetup();
	setting.sandbox.inject({ times: 1, answer: { kind: 'http', status: 503 } });
	const result = await run(smsWorkflow(), messagesTo(1));
	expect(result.data.resultData.error).toBeUndefined();
	expect(setting.sandbox.calls.map(({ status }) => status)).toEqual([503, 200]);
});

test('KPN busy for a moment, with a quota that starts anew next month: asked again all the same', async () => {
	setting = await startEngineSetup();
	const headers = {
		'quota-limit': '1000',
		'quota-used': '5',
		'quota-reset-utc': String(Date.now() + 864e5),
	};
	setting.sandbox.inject({ times: 1, answer: { kind: 'http', status: 503, headers } });
	const result = await run(smsWorkflow(), messagesTo(1));
	expect(result.data.resultData.error).toBeUndefined();
	expect(setting.sandbox.calls.map(({ status }) => status)).toEqual([503, 200]);
});

/** By run and item. */
const ledgerOf = ({ executionData }: IRunExecutionData) =>
	(executionData?.contextData['node:SMS']?.kpnSmsLedger ?? {}) as Record<
		string,
		Record<string, Record<string, string>>
	>;
