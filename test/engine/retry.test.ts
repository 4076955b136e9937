import type { INode, IRunExecutionData } from 'n8n-workflow';

import {
	outputOf,
	retryExecution,
	runWorkflow,
	startWorkflow,
	type WorkflowFile,
} from '../../dev/engine';
import type { Fault } from '../../sandbox';
import { claimsOf } from './claims';
import {
	messagesTo,
	smsNode,
	smsWorkflow,
	startBefore,
	startSetting,
	type Setting,
} from './setting';

let setting: Setting;
afterEach(async () => await setting.sandbox.close());

const run = async (file: WorkflowFile, items: Array<Record<string, unknown>>) =>
	await runWorkflow(file, startBefore(items), setting.credentials);

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
		setting = await startSetting({ smsApi });
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
			expect(outputOf(retried, 'SMS').map(({ json }) => json.recipients)).toEqual(
				items.map(({ to }) => [to]),
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
	setting = await startSetting();
	const { data } = await run(smsWorkflow(), messagesTo(3));
	expect(data.executionData?.contextData['node:SMS']).toEqual({ kpnSmsLedger: { 0: {} } });
});

test('a message is on record before its call, so that an execution cut off forgets none', async () => {
	setting = await startSetting();
	const { sandbox, credentials } = setting;
	sandbox.inject({ answer: { kind: 'hang' }, times: null });
	const node = { parameters: { requestOptions: { timeout: 1000 } } };
	const running = startWorkflow(smsWorkflow(node), startBefore(messagesTo(1)), credentials);
	await until(() => sandbox.calls.length === 1);
	const [entry] = Object.values(ledgerOf(running.data)[0]?.[0] ?? {});
	expect(entry).toBe('?');
	running.cancel();
	await running.finished.catch(() => undefined);
});

test('a loop: an item that was given another number does not hide a later message to the first', async () => {
	setting = await startSetting();
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
	setting = await startSetting({}, { delayMs: 40 });
	const items = messagesTo(24).map(({ text }) => ({ to: '0612345670', text }));
	const requestOptions = { batching: { batch: { batchSize: 1, batchInterval: 1 } } };
	const sms = smsNode({ onError: 'continueRegularOutput', parameters: { requestOptions } });
	const result = await run(loopOver(sms, 12), items);
	expect(result.data.resultData.error).toBeUndefined();
	expect(items.map(({ text }) => taken(text))).toEqual(items.map(() => 1));
	expect(Math.max(...setting.sandbox.calls.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(5);
});

test('what is kept for a retry holds no number and no text', async () => {
	setting = await startSetting();
	setting.sandbox.inject(once('Message 1', SERVER_ERROR));
	const { data } = await run(smsWorkflow(), messagesTo(2));
	const kept = JSON.stringify(data.executionData?.contextData);
	expect(kept).toMatch(/kpnSmsLedger/);
	expect(kept).not.toMatch(/1234567|Message/);
});

test('one item that cannot be sent and nothing is sent, with words that name each such item', async () => {
	setting = await startSetting();
	const items = [...messagesTo(2), { to: '0201234567', text: 'x' }, { to: '0612345670', text: '' }];
	const { error } = (await run(smsWorkflow(tries), items)).data.resultData;
	expect(setting.sandbox.calls).toHaveLength(0);
	expect(setting.sandbox.tokenCalls).toHaveLength(0);
	expect(error?.message).toBe('Nothing was sent: 2 of 4 items must be corrected first');
	expect(error?.description).toMatch(/\[item 2\] Mobile Number “…567”.*<br>\[item 3\] Content is/);
	expect(JSON.stringify(error)).not.toMatch(/0201234567/);
});

test('an expression that fails in a later item: nothing is sent, and a retry can send all', async () => {
	setting = await startSetting();
	const content = '={{ $json.text.length > 3 ? $json.text : nowhere() }}';
	const file = smsWorkflow({ parameters: { content } });
	const failed = await run(file, [...messagesTo(3), { to: '0612345675', text: 'no' }]);
	expect(failed.data.resultData.error).toBeDefined();
	expect(setting.sandbox.calls).toHaveLength(0);
	const retried = await retryExecution(failed, file, setting.credentials, smsWorkflow());
	expect(retried.data.resultData.error).toBeUndefined();
	expect(setting.sandbox.messages).toHaveLength(4);
});

test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
	'%s: an expression that fails costs only its own item',
	async (onError) => {
		setting = await startSetting();
		const content = '={{ $json.text.length > 3 ? $json.text : nowhere() }}';
		const items = [...messagesTo(1), { to: '0612345675', text: 'no' }, ...messagesTo(3).slice(2)];
		const result = await run(smsWorkflow({ onError, parameters: { content } }), items);
		const output = [...outputOf(result, 'SMS'), ...outputOf(result, 'SMS', 1)];
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			(onError === 'continueErrorOutput' ? [0, 2, 1] : [0, 1, 2]).map((item) =>
				expect.objectContaining({ item }),
			),
		);
		expect(setting.sandbox.messages).toHaveLength(2);
	},
);

test('the error output has the words, the code and the item’s own data', async () => {
	setting = await startSetting();
	setting.sandbox.inject(once('Message 1', { ...BAD_REQUEST, shape: 'errorResponse' }));
	const result = await run(smsWorkflow({ onError: 'continueErrorOutput' }), messagesTo(2));
	expect(outputOf(result, 'SMS', 1)).toEqual([
		{
			json: expect.objectContaining({
				to: '+31612345671',
				text: 'Message 1',
				outcome: 'refused',
				message: expect.stringMatching(/^Not sent: .*400 Bad request.*KPN says: “/),
				advice: expect.stringContaining('Mobile Number'),
				kpnMessage: expect.any(String),
				kpnCode: '400',
				statusCode: 400,
				retryable: false,
			}),
			pairedItem: { item: 1 },
		},
	]);
});

test('cancel: what is on its way arrives and is kept, the rest is not sent', async () => {
	setting = await startSetting({}, { delayMs: 50 });
	const { sandbox, credentials } = setting;
	const running = startWorkflow(smsWorkflow(), startBefore(messagesTo(40)), credentials);
	await until(() => sandbox.messages.length >= 10);
	running.cancel();
	await running.finished.catch(() => undefined);
	await until(() => sandbox.calls.every(({ status }) => status !== undefined));
	await new Promise((resolve) => setTimeout(resolve, 300));
	const arrived = sandbox.messages.length;
	expect(arrived).toBeLessThan(30);
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(sandbox.messages).toHaveLength(arrived);
	expect(new Set(sandbox.messages.map(({ content }) => content)).size).toBe(arrived);
});

test('KPN busy for a moment: the node asks again by itself', async () => {
	setting = await startSetting();
	setting.sandbox.inject({ times: 1, answer: { kind: 'http', status: 503 } });
	const result = await run(smsWorkflow(), messagesTo(1));
	expect(result.data.resultData.error).toBeUndefined();
	expect(setting.sandbox.calls.map(({ status }) => status)).toEqual([503, 200]);
});

test('n8n writes the message of an error into its log: KPN’s words, which may hold a number, are not in it', async () => {
	setting = await startSetting();
	const answer = {
		...BAD_REQUEST,
		body: { errorResponse: { message: 'Bad number +31612345670' } },
	};
	setting.sandbox.inject({ times: null, answer });
	const { error } = (await run(smsWorkflow(), messagesTo(1))).data.resultData;
	expect(error?.description).toContain('Bad number +31612345670');
	expect(error?.message).not.toMatch(/1234567/);
});

test('the token stays in its header, whatever type KPN says that it has', async () => {
	setting = await startSetting();
	const body = { access_token: 'a'.repeat(28), token_type: 'BearerToken', expires_in: '3599' };
	setting.sandbox.inject({ on: 'token', times: null, answer: { kind: 'http', status: 200, body } });
	await run(smsWorkflow(), messagesTo(1));
	expect(setting.sandbox.calls[0]?.headers.authorization).toBe(`Bearer ${'a'.repeat(28)}`);
});

test('an answer with a token that cannot be read is quoted nowhere', async () => {
	setting = await startSetting();
	const body = '{"access_token":"secretsecretsecretsecretsecr","expires_in":';
	setting.sandbox.inject({ on: 'token', times: null, answer: { kind: 'http', status: 200, body } });
	const result = await run(smsWorkflow({ onError: 'continueRegularOutput' }), messagesTo(1));
	expect(outputOf(result, 'SMS')[0]?.json.message).toMatch(/^Not sent: KPN gave no token/);
	expect(JSON.stringify(result.data.resultData.runData)).not.toContain('secretsecret');
});

test('a token that does not come is waited for no longer than an answer', async () => {
	setting = await startSetting();
	setting.sandbox.inject({ on: 'token', times: null, answer: { kind: 'hang' } });
	const requestOptions = { timeout: 200 };
	const { error } = (await run(smsWorkflow({ parameters: { requestOptions } }), messagesTo(8))).data
		.resultData;
	expect(error?.message).toMatch(/8 refused|not tried/);
	expect(error?.description).toMatch(/KPN gave no token in time/);
	expect(setting.sandbox.tokenCalls).toHaveLength(1);
});

test.each([1.5, 1e12, '300'])('a Timeout of %p is understood', async (timeout) => {
	setting = await startSetting();
	const parameters = { requestOptions: { timeout } };
	const result = await run(smsWorkflow({ parameters }), messagesTo(1));
	expect(result.data.resultData.error?.message ?? '').toMatch(/^$|in time/);
});

test('a wrong secret: nothing is sent, and the words name key and secret', async () => {
	setting = await startSetting({ clientSecret: 'wrong' });
	const result = await run(smsWorkflow({ onError: 'continueRegularOutput' }), messagesTo(3));
	expect([...claimsOf(result, 3).values()]).toEqual(['refused', 'refused', 'refused']);
	expect(outputOf(result, 'SMS')[0]?.json).toMatchObject({
		message: expect.stringMatching(/Consumer Key.*Consumer Secret.*ClientId is Invalid/),
		statusCode: 401,
		retryable: false,
	});
	expect(setting.sandbox.calls).toHaveLength(0);
	expect(setting.sandbox.tokenCalls).toHaveLength(1);
});

test('no secret, token, number or text is in the error of a stopped run', async () => {
	setting = await startSetting();
	setting.sandbox.inject(once('Message', SERVER_ERROR, { times: null }));
	const { error } = (await run(smsWorkflow(), messagesTo(3))).data.resultData;
	expect(error?.description).toMatch(/KPN says: “/);
	const stored = JSON.stringify({ ...error, message: error?.message, stack: error?.stack });
	const { access_token: token } = setting.credentials.raw('kpn').oauthTokenData as {
		access_token: string;
	};
	expect(token).toMatch(/\w{20}/);
	for (const secret of [setting.sandbox.clientSecret, token, '31612345', 'Message 0']) {
		expect(stored).not.toContain(secret);
	}
});

/** By run and item. */
const ledgerOf = ({ executionData }: IRunExecutionData) =>
	(executionData?.contextData['node:SMS']?.kpnSmsLedger ?? {}) as Record<
		string,
		Record<string, Record<string, string>>
	>;

/** Before → Loop → SMS → Loop, one item a turn unless said otherwise. */
const loopOver = (sms: INode, batchSize = 1): WorkflowFile => ({
	nodes: [
		...smsWorkflow().nodes.filter(({ name }) => name === 'Before'),
		{
			id: 'loop',
			name: 'Loop',
			type: 'n8n-nodes-base.splitInBatches',
			typeVersion: 3,
			position: [100, 0],
			parameters: { batchSize, options: {} },
		},
		sms,
	],
	connections: {
		Before: { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
		Loop: { main: [[], [{ node: 'SMS', type: 'main', index: 0 }]] },
		SMS: { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
	},
});

async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
