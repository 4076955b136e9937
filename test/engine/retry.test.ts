import type { INode } from 'n8n-workflow';

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
	expect(data.executionData?.contextData['node:SMS']).toEqual({ kpnSmsLedger: {} });
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
	expect(error?.description).toMatch(/\[item 2\] Mobile Number “…567”.*\n\[item 3\] Content is/);
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

/** Before → Loop → SMS → Loop, one item a turn. */
const loopOver = (sms: INode): WorkflowFile => ({
	nodes: [
		...smsWorkflow().nodes.filter(({ name }) => name === 'Before'),
		{
			id: 'loop',
			name: 'Loop',
			type: 'n8n-nodes-base.splitInBatches',
			typeVersion: 3,
			position: [100, 0],
			parameters: { batchSize: 1, options: {} },
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
