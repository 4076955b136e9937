import {
	outputOf,
	retryExecution,
	runWorkflow,
	startWorkflow,
	type WorkflowFile,
} from '../../dev/engine';
import { waitUntil } from '../support/waitUntil';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** Where a run ends before everything is sent: by an item, an expression, or the cancel button. */

let setting: EngineSetup;
afterEach(async () => await setting.sandbox.close());

const run = async (file: WorkflowFile, items: Array<Record<string, unknown>>) =>
	await runWorkflow(file, startAtBefore(items), setting.credentials);

test('one item that cannot be sent and nothing is sent, with words that name each such item', async () => {
	setting = await startEngineSetup();
	const items = [...messagesTo(2), { to: '0201234567', text: 'x' }, { to: '0612345670', text: '' }];
	const { error } = (
		await run(smsWorkflow({ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 }), items)
	).data.resultData;
	expect(setting.sandbox.calls).toHaveLength(0);
	expect(setting.sandbox.tokenCalls).toHaveLength(0);
	expect(error?.message).toBe('Nothing was sent: 2 of 4 items must be corrected first');
	expect(error?.description).toMatch(
		/\[item 2 \(the 3rd\)\] Mobile Number “…567”.*<br>\[item 3 \(the 4th\)\] Content is/,
	);
	expect(JSON.stringify(error)).not.toMatch(/0201234567/);
});

test('an expression that fails in a later item: nothing is sent, and a retry can send all', async () => {
	setting = await startEngineSetup();
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
		setting = await startEngineSetup();
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
	setting = await startEngineSetup();
	setting.sandbox.inject({
		match: { content: 'Message 1' },
		answer: { kind: 'http', status: 400, shape: 'errorResponse' },
	});
	const result = await run(smsWorkflow({ onError: 'continueErrorOutput' }), messagesTo(2));
	expect(outputOf(result, 'SMS', 1)).toEqual([
		{
			json: expect.objectContaining({
				to: '+31612345671',
				text: 'Message 1',
				outcome: 'refused',
				message: expect.stringMatching(/^Not sent: .*400 Bad request.*KPN says: “.*Mobile Number/),
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
	setting = await startEngineSetup({}, { delayMs: 50 });
	const { sandbox, credentials } = setting;
	const running = startWorkflow(smsWorkflow(), startAtBefore(messagesTo(1000)), credentials);
	await waitUntil(() => sandbox.messages.length >= 10);
	running.cancel();
	await running.finished.catch(() => undefined);
	await waitUntil(() => sandbox.calls.every(({ status }) => status !== undefined));
	await new Promise((resolve) => setTimeout(resolve, 300));
	const arrived = sandbox.messages.length;
	expect(arrived).toBeLessThan(700);
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(sandbox.messages).toHaveLength(arrived);
	expect(new Set(sandbox.messages.map(({ content }) => content)).size).toBe(arrived);
});

test.each([
	['atMostOnce', /It is sent again only with Delivery Guarantee At Least Once\./],
	['atLeastOnce', /and a retry sends it again, for Delivery Guarantee is At Least Once\./],
])(
	'%s: what was not tried is not said to arrive perhaps, as what is unknown is',
	async (deliveryGuarantee, next) => {
		setting = await startEngineSetup();
		setting.sandbox.inject({
			match: { content: 'Message 3' },
			accept: true,
			answer: { kind: 'http', status: 502 },
		});
		const options = { messagesPerCall: 1, deliveryGuarantee };
		const result = await run(smsWorkflow({ parameters: { options } }), messagesTo(40));
		const { message, description } = result.data.resultData.error ?? {};
		expect(message).toMatch(/^Not all items were sent: \d+ accepted, 1 unknown, \d+ not tried$/);
		expect(description).toMatch(/Not sent, because sending had ended: [^<]*A retry sends it\.</);
		expect(description).toMatch(/\[item 3 \(the 4th\)\] Unknown [^<]*may or may not arrive/);
		expect(description).toMatch(next);
		expect(description).not.toMatch(/set the option Delivery Guarantee/);
	},
);
