import { ExecuteContext } from 'n8n-core';
import type { INode, IRun } from 'n8n-workflow';

import { outputOf, retryExecution, runWorkflow } from '../../dev/engine';
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

const sms = (parameters: INode['parameters'] = {}, changes: Partial<INode> = {}) =>
	smsWorkflow({ ...changes, parameters });

/** An expression that fails: most others that are wrong give no value. */
const FAILING = '$("Nowhere").first().json.it';

/** What n8n has to evaluate for each item. */
const COMPUTED = { mobileNumber: '={{ $json.to.trim() }}', content: '={{ $json.text + "" }}' };

const OWN_SENDER = { sender: '={{ $json.sender }}' };

const run = async (file: ReturnType<typeof sms>, items: Array<Record<string, unknown>>) =>
	await runWorkflow(file, startAtBefore(items), setting.credentials);

const callSizes = () =>
	setting.sandbox.calls.map(({ body }) => (body as { messages: unknown[] }).messages.length);

const hintsOf = ({ data }: IRun) =>
	(data.resultData.runData.SMS?.[0]?.hints ?? []).map(({ message }) => message);

describe.each([
	['dragged fields', {}],
	['computed expressions', COMPUTED],
])('%s', (_name, parameters) => {
	test.each([
		[199, [199]],
		[200, [200]],
		[201, [200, 1]],
	])('%i items make calls of %j messages', async (count, sizes) => {
		const result = await run(sms(parameters), messagesTo(count));
		expect(callSizes().sort((a, b) => b - a)).toEqual(sizes);
		expect(setting.sandbox.tokenCalls).toHaveLength(1);
		expect(
			outputOf(result, 'SMS').map(({ json, pairedItem }) => [json.recipient, pairedItem]),
		).toEqual(messagesTo(count).map(({ to }, item) => [to, { item }]));
	});

	test('10,000 items: 50 calls, one token, everybody once, every result at its item', async () => {
		const result = await run(sms(parameters), messagesTo(10_000));
		expect(result.data.resultData.error).toBeUndefined();
		expect(callSizes()).toEqual(Array(50).fill(200));
		expect(setting.sandbox.tokenCalls).toHaveLength(1);
		expect(new Set(setting.sandbox.messages.map(({ content }) => content)).size).toBe(10_000);
		const documents = new Map(
			setting.sandbox.messages.map(({ content, documentId }) => [content, documentId]),
		);
		outputOf(result, 'SMS').forEach(({ json, pairedItem }, item) => {
			expect(pairedItem).toEqual({ item });
			expect(json.document_id).toBe(documents.get(`Message ${item}`));
		});
	});
});

test('v1 gets one message a call', async () => {
	setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), smsApi: 'v1' });
	await run(sms(), messagesTo(12));
	expect(callSizes()).toEqual(Array(12).fill(1));
});

describe('an expression holds for each item', () => {
	const [first, second] = messagesTo(2);

	test('of Dry Run', async () => {
		const result = await run(sms({ options: { dryRun: '={{ $json.test }}' } }), [
			{ ...first, test: false },
			{ ...second, test: true },
		]);
		expect(outputOf(result, 'SMS').map(({ json }) => json.outcome)).toEqual(['accepted', 'dryRun']);
		expect(setting.sandbox.messages.map(({ content }) => content)).toEqual(['Message 0']);
	});

	test('of Default Country', async () => {
		await run(sms({ options: { defaultCountry: '={{ $json.country }}' } }), [
			{ to: '0612345678', text: 'x', country: 'NL' },
			{ to: '0687654321', text: 'y', country: 'FR' },
		]);
		expect(setting.sandbox.messages.map(({ recipient }) => recipient)).toEqual([
			'+31612345678',
			'+33687654321',
		]);
	});

	test('of Sender; one that fails costs only its own item', async () => {
		const sender = `={{ $json.brand ?? ${FAILING} }}`;
		const result = await run(sms({ sender }, { onError: 'continueRegularOutput' }), [
			{ ...first },
			{ ...second, brand: 'B' },
		]);
		expect(outputOf(result, 'SMS').map(({ json }) => json.outcome)).toEqual([
			'refused',
			'accepted',
		]);
		expect(setting.sandbox.messages.map(({ sender }) => sender)).toEqual(['B']);
	});
});

test('one item with 200 recipients is one call, one with 201 is two', async () => {
	const recipients = (count: number) => messagesTo(count).map(({ to }) => to);
	await run(sms(), [{ to: recipients(200), text: 'All' }]);
	expect(callSizes()).toEqual([200]);
	const result = await run(sms(), [{ to: recipients(201), text: 'All' }]);
	expect(callSizes().slice(1).sort()).toEqual([1, 200]);
	const json = outputOf(result, 'SMS')[0]?.json;
	expect(String(json?.recipient).split(', ')).toHaveLength(201);
	expect(json?.messages).toHaveLength(201);
});

test('senders that alternate share a call each, and keep their order', async () => {
	const items = messagesTo(6).map((row, index) => ({ ...row, sender: index % 2 ? 'B' : 'A' }));
	await run(sms(OWN_SENDER), items);
	const calls = setting.sandbox.calls.map(({ body }) => {
		const { sender, messages } = body as { sender: string; messages: Array<{ content: string }> };
		return [sender, ...messages.map(({ content }) => content)];
	});
	expect(calls.sort()).toEqual([
		['A', 'Message 0', 'Message 2', 'Message 4'],
		['B', 'Message 1', 'Message 3', 'Message 5'],
	]);
});

describe('the options', () => {
	const options = {
		deliveryReportUrl: 'https://n8n.example.com/webhook/reports',
		expireAfter: 90,
		subAccount: 'Shop',
		messagesPerCall: 2,
	};

	test('reach KPN as it wants them', async () => {
		await run(sms({ options }), messagesTo(3));
		expect(callSizes().sort()).toEqual([1, 2]);
		for (const { body, headers } of setting.sandbox.calls) {
			expect(body).toMatchObject({
				sender: 'Demo App',
				webhook_url: 'https://n8n.example.com/webhook/reports',
				expirein: '90',
			});
			expect(headers).toMatchObject({ subaccount: 'Shop' });
		}
		expect(setting.sandbox.messages).toHaveLength(3);
	});

	test('nothing but sender and messages is sent where none is set', async () => {
		await run(sms(), messagesTo(1));
		const { body, headers } = setting.sandbox.calls[0] ?? {};
		expect(Object.keys(body as object)).toEqual(['sender', 'messages']);
		expect(headers).not.toHaveProperty('subaccount');
	});

	test('on v1 stop the run before anything is sent', async () => {
		setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), smsApi: 'v1' });
		const { error } = (await run(sms({ options }), messagesTo(2))).data.resultData;
		expect(error?.message).toMatch(/Delivery Report URL works with the current SMS API only/);
		expect(setting.sandbox.calls).toHaveLength(0);
	});

	test('items whose options differ never share a call', async () => {
		const subAccount = '={{ $json.text === "Message 1" ? "Two" : "One" }}';
		await run(sms({ options: { subAccount } }), messagesTo(3));
		expect(callSizes().sort()).toEqual([1, 2]);
	});

	test.each([
		['dryRun', 'Dry Run'],
		['maximumParts', 'Maximum Parts'],
	])('%s that an expression gives no value for is not taken for unset', async (name, label) => {
		const options = { [name]: '={{ $json.tset }}' };
		const { error } = (await run(sms({ options }), messagesTo(1))).data.resultData;
		expect(error?.message).toBe(
			`Nothing was sent: ${label} is empty: give it a value, or remove the option.`,
		);
		expect(setting.sandbox.calls).toHaveLength(0);
	});

	test.each([
		['subAccount', 'Sub-Account'],
		['deliveryReportUrl', 'Delivery Report URL'],
	])('%s that is an object does not reach KPN', async (name, label) => {
		const options = { [name]: '={{ $json }}' };
		const { error } = (await run(sms({ options }), messagesTo(1))).data.resultData;
		expect(error?.message).toBe(`Nothing was sent: ${label} is not text.`);
		expect(setting.sandbox.calls).toHaveLength(0);
	});

	test('Maximum Retries is how often a busy KPN is asked again', async () => {
		setting.sandbox.inject({ answer: { kind: 'http', status: 503 }, times: null });
		await run(sms({ options: { maximumRetries: 1 } }), messagesTo(1));
		expect(setting.sandbox.calls).toHaveLength(2);
	});

	test('Dry Run: the output is what it would be, and KPN hears nothing', async () => {
		const items = [...messagesTo(2), { to: '020 1234567', text: 'x' }];
		const result = await run(sms({ options: { dryRun: true } }), items);
		expect(result.data.resultData.error).toBeUndefined();
		expect(outputOf(result, 'SMS').map(({ json }) => json)).toEqual([
			{
				outcome: 'dryRun',
				message: 'Checked only.',
				sender: 'Demo App',
				recipient: '+31612345670',
				encoding: 'GSM-7',
				parts: 1,
				characters: 9,
			},
			expect.objectContaining({ outcome: 'dryRun', recipient: '+31612345671' }),
			expect.objectContaining({ outcome: 'refused', message: expect.stringContaining('“…567”') }),
		]);
		expect(setting.sandbox.calls).toHaveLength(0);
		expect(setting.sandbox.tokenCalls).toHaveLength(0);
	});

	test('Dry Run names what is wrong, and who would get more than one', async () => {
		const [one] = messagesTo(1);
		const result = await run(sms({ options: { dryRun: true, maximumPartsInAll: 2 } }), [
			{ ...one },
			{ ...one, text: 'Another' },
			{ to: '020 1234567', text: 'x' },
			{ to: '0612345671', text: 'x' },
		]);
		expect(hintsOf(result).join('')).toBe(
			'Dry run, nothing was sent: 3 messages to 3 recipients, 3 parts in all. 1 number would get more than one: …670 2 times. All items together take 3 parts, and Maximum Parts in All is 2. Look whether these are the people that you mean; if so, raise it.<br>1 item must be corrected first:<br>[item 2 (the 3rd)] Mobile Number “…567” is not a mobile number. A Dutch one is 06 and 8 digits, or starts with 097; one abroad starts with + and its country code.',
		);
	});

	describe('Maximum Parts in All', () => {
		const limited = (maximumPartsInAll: number | string, changes: Partial<INode> = {}) =>
			sms({ options: { maximumPartsInAll } }, changes);
		const three = [...messagesTo(2), { to: '0612345675', text: 'x'.repeat(161) }];

		test('a list that would cost more is refused before anything is sent', async () => {
			const result = await run(limited(3), three);
			expect(result.data.resultData.error?.message).toMatch(
				/^Nothing was sent: All items together take 4 parts, and Maximum Parts in All is 3\./,
			);
			expect(setting.sandbox.calls).toHaveLength(0);
		});

		test('in a Continue mode each of its items is refused', async () => {
			const items = outputOf(
				await run(limited(3, { onError: 'continueRegularOutput' }), three),
				'SMS',
			);
			expect(items.map(({ json }) => json.outcome)).toEqual(['refused', 'refused', 'refused']);
			expect(setting.sandbox.calls).toHaveLength(0);
		});

		test('a list that costs as much is sent', async () => {
			await run(limited(4), three);
			expect(setting.sandbox.messages).toHaveLength(3);
		});

		test('several recipients count each; no value is an error, not no limit', async () => {
			const two = [{ to: '0612345670, 0612345671', text: 'x' }];
			expect((await run(limited(1), two)).data.resultData.error?.message).toMatch(/take 2 parts/);
			const empty = await run(limited('={{ $json.nothing }}'), two);
			expect(empty.data.resultData.error?.message).toMatch(/Maximum Parts in All is empty/);
			expect(setting.sandbox.calls).toHaveLength(0);
		});

		test('a retry counts what is still to be sent', async () => {
			setting.sandbox.inject({
				match: { content: 'Message 1' },
				answer: { kind: 'http', status: 400 },
			});
			const failed = await run(limited(4), three);
			const stored = limited(4);
			const retried = await retryExecution(failed, stored, setting.credentials, limited(1));
			expect(retried.data.resultData.error).toBeUndefined();
			expect(setting.sandbox.messages).toHaveLength(3);
		});
	});

	test('Include Input Fields: what came in goes out again, after what the node says', async () => {
		const items = [
			{ ...messagesTo(1)[0], name: 'Anna', outcome: 'won' },
			{ to: '020 1234567', text: 'x', name: 'Bram' },
		];
		const file = sms(
			{ options: { includeInputFields: true } },
			{ onError: 'continueRegularOutput' },
		);
		const [anna, bram] = outputOf(await run(file, items), 'SMS').map(({ json }) => json);
		expect(anna).toMatchObject({ outcome: 'accepted', name: 'Anna', to: '+31612345670' });
		expect(Object.keys(anna ?? {})[0]).toBe('outcome');
		expect(bram).toMatchObject({ outcome: 'refused', name: 'Bram' });
	});

	test('the same field is missing in all items: it is said once, with the fields that there are', async () => {
		const items = [1, 2, 3].map((count) => ({ phone: `061234567${count}`, text: 'x' }));
		const { error } = (await run(sms(), items)).data.resultData;
		expect(error?.message).toBe(
			'Nothing was sent: Mobile Number is empty: its expression gives nothing for this item. Open the field, and look at its preview. The item has the fields “phone” and “text”.',
		);
		expect(error?.description).toBe('This concerns all 3 items.');
	});

	test('Replace Special Characters and the parts of a text are in the output', async () => {
		const items = [{ to: '0612345670', text: '“Hi” – you…' }];
		const plain = await run(sms(), items);
		expect(outputOf(plain, 'SMS')[0]?.json).toMatchObject({
			encoding: 'UCS-2',
			specialCharacters: ['“', '”', '–', '…'],
		});
		const options = { replaceSpecialCharacters: true };
		const replaced = await run(sms({ options }), items);
		expect(outputOf(replaced, 'SMS')[0]?.json).toMatchObject({ encoding: 'GSM-7', parts: 1 });
		expect(setting.sandbox.messages.at(-1)?.content).toBe('"Hi" - you...');
	});
});

test('after a dry run a hint sums up messages, recipients and parts', async () => {
	const items = [{ to: '0612345670,0612345671', text: 'a'.repeat(161) }, ...messagesTo(1)];
	const result = await run(sms({ options: { dryRun: true } }), items);
	expect(hintsOf(result)).toEqual([
		'Dry run, nothing was sent: 2 messages to 3 recipients, 5 parts in all. 1 number would get more than one: …670 2 times.',
	]);
});

test('a hint tells when the quota does not carry another such run', async () => {
	await setting.sandbox.close();
	setting = await startEngineSetup({ smsApi: 'current' }, { quotaLimit: 10 });
	for (let turn = 0; turn < 9; turn++) expect(hintsOf(await run(sms(), messagesTo(9)))).toEqual([]);
	expect(hintsOf(await run(sms(), messagesTo(1)))).toEqual([
		expect.stringMatching(
			/^KPN’s quota of 10 calls a month carries 0 more until 1 \w+ \d{4}, 00:00 UTC, fewer than this run took \(1\)\.$/,
		),
	]);
});

test.each([
	[60, 0],
	[50, 1],
	[20, 1],
])(
	'a quota of %i calls for 60: n8n’s log says once, before it runs dry, if it does not carry them',
	async (quotaLimit, times) => {
		await setting.sandbox.close();
		setting = await startEngineSetup({ smsApi: 'v1' }, { quotaLimit, delayMs: 20 });
		const warnings: string[] = [];
		let takenThen = 0;
		const { logger } = ExecuteContext.prototype;
		const logging = jest.spyOn(logger, 'warn').mockImplementation((words) => {
			warnings.push(words);
			takenThen = setting.sandbox.messages.length;
		});
		const result = await run(sms(), messagesTo(60)).finally(() => logging.mockRestore());
		expect(warnings).toHaveLength(times);
		expect(setting.sandbox.messages).toHaveLength(quotaLimit);
		if (times === 0) return;
		expect(warnings[0]).toMatch(
			/^Workflow “[^”]+”, node “SMS”: KPN’s quota of \d+ calls a month carries \d+ more until .* UTC, and this run has \d+ left to make\./,
		);
		expect(takenThen).toBeLessThan(quotaLimit);
		expect(result.data.resultData.error?.description).toMatch(/is used up\. Send the rest after/);
	},
);

test('a hint tells from when on KPN switches the API off', async () => {
	setting.sandbox.inject({
		accept: true,
		answer: { kind: 'http', status: 200, headers: { sunset: '2027-01-31' } },
	});
	const result = await run(sms(), messagesTo(1));
	expect(hintsOf(result)).toEqual([expect.stringContaining('gone from 2027-01-31 on')]);
});

test('Send stops before the first call, and a retry sends only the rest', async () => {
	const bad = await run(sms(), [...messagesTo(2), { to: 'x', text: 'y' }]);
	expect(bad.data.resultData.error?.message).toMatch(/^Nothing was sent: 1 of 3/);
	expect(setting.sandbox.calls).toHaveLength(0);

	const file = sms();
	setting.sandbox.inject({
		match: { content: 'Message 1' },
		times: 3,
		answer: { kind: 'http', status: 400 },
	});
	const failed = await run(file, messagesTo(4));
	expect(failed.data.resultData.error?.message).toMatch(/3 accepted, 1 refused/);
	const retried = await retryExecution(failed, file, setting.credentials);
	expect(retried.data.resultData.error).toBeUndefined();
	expect(setting.sandbox.messages).toHaveLength(4);
});

test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
	'%s: one output item for each input item, also where an expression fails',
	async (onError) => {
		const content = '={{ $json.text ?? nowhere() }}';
		const items = [...messagesTo(1), { to: '0612345671' }, { to: 'x', text: 'y' }];
		const result = await run(sms({ content }, { onError }), items);
		const output = [...outputOf(result, 'SMS'), ...outputOf(result, 'SMS', 1)];
		expect(output.map(({ json, pairedItem }) => [json.outcome, pairedItem])).toEqual([
			['accepted', { item: 0 }],
			['refused', { item: 1 }],
			['refused', { item: 2 }],
		]);
	},
);

test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
	'%s: where n8n’s own settings cannot be read, every item is refused',
	async (onError) => {
		const requestOptions = { proxy: `={{ ${FAILING} }}` };
		const result = await run(sms({ requestOptions }, { onError }), messagesTo(2));
		const output = outputOf(result, 'SMS', onError === 'continueErrorOutput' ? 1 : 0);
		expect(output.map(({ json, pairedItem }) => [json.outcome, json.message, pairedItem])).toEqual(
			[0, 1].map((item) => ['refused', expect.stringMatching(/^Not sent: .*node/), { item }]),
		);
		expect(setting.sandbox.calls).toHaveLength(0);
	},
);

test.each(['stopWorkflow', 'continueRegularOutput'] as const)(
	'%s: where KPN refuses all messages of a sender, 1,000 of them cost few calls',
	async (onError) => {
		setting.sandbox.inject({
			match: { sender: 'Demo App' },
			times: null,
			answer: { kind: 'http', status: 400, shape: 'errorResponse' },
		});
		const refused = messagesTo(1000).map((row) => ({ ...row, sender: 'Demo App' }));
		const others = messagesTo(100).map((row) => ({ ...row, sender: 'Other' }));
		const result = await run(sms(OWN_SENDER, { onError }), [...refused, ...others]);
		const calls = setting.sandbox.calls.filter(({ status }) => status === 400);
		expect(calls.length).toBeLessThanOrEqual(70);
		expect(setting.sandbox.messages.map(({ sender }) => sender)).toEqual(Array(100).fill('Other'));
		const { error } = result.data.resultData;
		if (onError === 'stopWorkflow') {
			expect(error?.message).toMatch(/100 accepted, 5\d refused, 94\d not tried/);
			return;
		}
		const output = outputOf(result, 'SMS').map(({ json }) => json);
		expect(output).toHaveLength(1100);
		const notTried = output.filter(({ message }) =>
			/^Not sent, .*refused all 5\d messages that were tried.*KPN says/.test(String(message)),
		);
		expect(notTried.length).toBeGreaterThan(940);
		expect(notTried[0]).toMatchObject({ outcome: 'refused', retryable: true });
	},
);

test('n8n’s Timeout holds, and a proxy is used', async () => {
	setting.sandbox.inject({ answer: { kind: 'hang' } });
	const slow = await run(sms({ requestOptions: { timeout: 200 } }), messagesTo(1));
	expect(slow.data.resultData.error?.message).toMatch(/did not answer in time/);
	const proxied = await run(sms({ requestOptions: { proxy: 'http://127.0.0.1:9' } }), [
		{ to: '0612345679', text: 'Through a proxy that is not there' },
	]);
	const { message, description } = proxied.data.resultData.error ?? {};
	expect(message).toMatch(/to the proxy was refused\.$/);
	// In the message, n8n puts words of its own in place of such a code.
	expect(description).toMatch(/\(ECONNREFUSED\)/);
	expect(setting.sandbox.messages).toHaveLength(0);
});
