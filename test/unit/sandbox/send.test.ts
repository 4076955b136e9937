import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { ABROAD, ANNA, BRAM, refusalOf, sender, sms } from '../../support/sandbox/client';
import type { Send } from '../../support/sandbox/client';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

let sandbox: Sandbox;
let v1: Send;
let current: Send;
beforeAll(async () => {
	sandbox = await startSandbox({ quotaLimit: 1000 });
});
beforeEach(async () => {
	sandbox.reset();
	v1 = await sender(sandbox, 'v1');
	current = await sender(sandbox, 'current');
});
afterAll(async () => await sandbox.close());

describe('what is taken', () => {
	test('v1 takes one message to one number and says under which document id', async () => {
		const answer = await v1({ sender: 'Demo App', messages: [sms()] });
		expect(answer.status).toBe(200);
		const { document_id, status } = (await answer.json()) as Record<string, string>;
		expect(document_id).toMatch(UUID);
		expect(status).toBe('OK');
		expect(sandbox.messages).toEqual([
			{
				id: expect.any(String),
				documentId: document_id,
				api: 'v1',
				sender: 'Demo App',
				recipient: ANNA,
				content: 'Hello',
				parts: 1,
				encoding: 'GSM-7',
				receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
			},
		]);
	});

	test('current takes messages × recipients under one document id', async () => {
		const answer = await current(
			{
				messages: [sms(`${ANNA},${ABROAD}`, 'One'), sms(BRAM, '“Two”')],
				webhook_url: 'https://example.com/reports',
				expirein: '60',
			},
			{ headers: { SubAccount: 'Sales' } },
		);
		const { document_id } = (await answer.json()) as Record<string, string>;
		const shared = {
			documentId: document_id,
			api: 'current',
			sender: 'KPN',
			webhookUrl: 'https://example.com/reports',
			expireIn: '60',
			subAccount: 'Sales',
		};
		expect(sandbox.messages).toMatchObject([
			{ ...shared, recipient: ANNA, content: 'One', encoding: 'GSM-7' },
			{ ...shared, recipient: ABROAD, content: 'One' },
			{ ...shared, recipient: BRAM, content: '“Two”', encoding: 'UCS-2' },
		]);
		expect(sandbox.messages).toHaveLength(3);
	});

	test.each([
		['0612345670', ANNA],
		['0031612345670', ANNA],
		['+31612345670', ANNA],
		['0661234567', '+31661234567'],
		['097012345678', '+3197012345678'],
	])('%s is a mobile number for both APIs', async (written, e164) => {
		expect((await v1({ messages: [sms(written)] })).status).toBe(200);
		expect((await current({ messages: [sms(written)] })).status).toBe(200);
		expect(sandbox.messages.map(({ recipient }) => recipient)).toEqual([e164, e164]);
	});

	test('the same call twice is two messages', async () => {
		await v1();
		await v1();
		expect(new Set(sandbox.messages.map(({ documentId }) => documentId)).size).toBe(2);
	});

	test('a content of two parts is counted as two', async () => {
		await v1({ messages: [sms(ANNA, 'a'.repeat(161))] });
		expect(sandbox.messages).toMatchObject([{ parts: 2, encoding: 'GSM-7' }]);
	});
});

describe('what is refused', () => {
	const messages = [sms()];
	test.each<[string, unknown, RegExp]>([
		['no JSON', 'messages=1', /JSON/],
		['a list', [], /JSON object/],
		['no messages', {}, /messages must be a list/],
		['an empty list of messages', { messages: [] }, /messages is empty/],
		['a message that is none', { messages: ['Hello'] }, /messages\[0\] must be/],
		['a message without content', { messages: [{ mobile_number: ANNA }] }, /content is missing/],
		['an empty content', { messages: [sms(ANNA, '')] }, /content is empty/],
		['a message without number', { messages: [{ content: 'Hello' }] }, /mobile_number is missing/],
		['an empty number', { messages: [sms('')] }, /mobile_number is empty/],
		['an unknown field in a message', { messages: [{ ...sms(), to: ANNA }] }, /unknown field: to/],
		['a sender of 12 characters', { sender: 'a'.repeat(12), messages }, /sender has 12/],
		['an empty sender', { sender: '', messages }, /sender is empty/],
		['a sender that is a number', { sender: 4711, messages }, /sender must be a string/],
		['an unknown field', { messages, expire_in: '60' }, /unknown field: expire_in/],
	])('%s is a 400 of both APIs that names it', async (_what, body, words) => {
		for (const send of [v1, current]) {
			const { status, code, message, info } = await refusalOf(await send(body));
			expect({ status, code }).toEqual({ status: 400, code: '400' });
			expect(message).toMatch(words);
			expect(info).toContain('developer.kpn.com');
		}
		expect(sandbox.messages).toEqual([]);
		expect(sandbox.calls).toMatchObject([
			{ api: 'v1', body, status: 400, accepted: false },
			{ api: 'current', body, status: 400, accepted: false },
		]);
	});

	test.each([
		'0601234567',
		'0671234567',
		'0691234567',
		'+31691234567',
		'061234567',
		'06123456701',
		'0201234567',
		'+31201234567',
		'06 12345670',
		'31612345670',
		'+31(0)612345670',
		'abc',
	])('%s is no mobile number', async (written) => {
		for (const send of [v1, current]) {
			const { status, message } = await refusalOf(await send({ messages: [sms(written)] }));
			expect(status).toBe(400);
			expect(message).toContain(`messages[0].mobile_number "${written}"`);
		}
	});

	test.each<[string, object, RegExp]>([
		['two messages', { messages: [sms(), sms()] }, /one a call/],
		['two numbers', { messages: [sms(`${ANNA},${BRAM}`)] }, /several numbers/],
		['a number abroad', { messages: [sms(ABROAD)] }, /not a Dutch/],
		['webhook_url', { messages, webhook_url: 'https://example.com' }, /field: webhook_url/],
		['expirein', { messages, expirein: '60' }, /field: expirein/],
	])('v1 does not know %s', async (_what, body, words) => {
		const { status, message } = await refusalOf(await v1(body));
		expect(status).toBe(400);
		expect(message).toMatch(words);
	});

	test.each<[string, object, RegExp]>([
		['an expirein that is a number', { messages, expirein: 60 }, /expirein must be a string/],
		['an expirein in words', { messages, expirein: '1m' }, /whole number of seconds/],
		['20 s for abroad', { messages: [sms(ABROAD)], expirein: '20' }, /at least 21/],
		['a webhook without TLS', { messages, webhook_url: 'http://example.com' }, /https/],
		['a webhook that is no URL', { messages, webhook_url: 'example' }, /https/],
		['an empty number in a list', { messages: [sms(`${ANNA},`)] }, /""/],
	])('current refuses %s', async (_what, body, words) => {
		const { status, message } = await refusalOf(await current(body));
		expect(status).toBe(400);
		expect(message).toMatch(words);
	});

	test('one bad message refuses the whole call', async () => {
		const body = { messages: [sms(), sms('0201234567'), sms(BRAM)] };
		const { message } = await refusalOf(await current(body));
		expect(message).toContain('messages[1]');
		expect(sandbox.messages).toEqual([]);
	});

	test('another content type than JSON is a 400', async () => {
		const answer = await v1(undefined, { headers: { 'content-type': 'text/plain' } });
		expect((await refusalOf(answer)).message).toContain('application/json');
	});

	test('any method but POST is a 405, any other path a 404', async () => {
		for (const send of [v1, current]) {
			expect((await send(undefined, { method: 'PUT' })).status).toBe(405);
		}
		const answer = await fetch(`${sandbox.url}/messaging/sms-kpn/v2/send`, { method: 'POST' });
		expect((await refusalOf(answer)).code).toBe('404');
	});

	test('a body of more than 5 MB is a 413, on record as well', async () => {
		const answer = await v1({ messages: [sms(ANNA, 'a'.repeat(5 * 1024 * 1024))] });
		expect(answer.status).toBe(413);
		expect(sandbox.calls).toMatchObject([{ api: 'v1', status: 413, accepted: false }]);
	});
});

describe('limits, at their edge', () => {
	const fits = async (body: object, send = current) => (await send(body)).status === 200;
	const content = (length: number) => ({ messages: [sms(ANNA, 'a'.repeat(length))] });
	const numbers = (count: number) => Array.from({ length: count }, () => ANNA).join(',');

	test('200 messages a call, not 201', async () => {
		const list = (length: number) => ({ messages: Array.from({ length }, () => sms()) });
		expect(await fits(list(200))).toBe(true);
		expect(await fits(list(201))).toBe(false);
		expect(sandbox.messages).toHaveLength(200);
	});

	test('200 messages × recipients a call, not 201', async () => {
		const call = (count: number) => ({ messages: [sms(numbers(100)), sms(numbers(count))] });
		expect(await fits(call(100))).toBe(true);
		expect(await fits(call(101))).toBe(false);
	});

	test('1000 characters of content on current, not 1001; more on v1', async () => {
		expect(await fits(content(1000))).toBe(true);
		expect(await fits(content(1001))).toBe(false);
		expect(await fits(content(1001), v1)).toBe(true);
	});

	test('11 characters of sender', async () => {
		expect(await fits({ sender: 'a'.repeat(11), messages: [sms()] })).toBe(true);
	});

	test('21 s to expire for abroad, less at home', async () => {
		expect(await fits({ messages: [sms(ABROAD)], expirein: '21' })).toBe(true);
		expect(await fits({ messages: [sms()], expirein: '5' })).toBe(true);
	});
});
