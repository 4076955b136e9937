import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { ANNA, BRAM, sender, sms } from '../../support/sandbox/client';

let sandbox: Sandbox;
beforeAll(async () => {
	sandbox = await startSandbox();
});
afterEach(() => sandbox.reset());
afterAll(async () => await sandbox.close());

const get = async (path: string): Promise<unknown> =>
	await (await fetch(`${sandbox.url}${path}`)).json();
const post = async (path: string, body?: string) =>
	await fetch(`${sandbox.url}${path}`, { method: 'POST', ...(body && { body }) });

test('calls, tokens and messages can be read from outside as they are inside', async () => {
	const send = await sender(sandbox);
	await send();
	await send('no JSON');
	expect(await get('/sandbox/calls')).toEqual(JSON.parse(JSON.stringify(sandbox.calls)));
	expect(await get('/sandbox/calls')).toMatchObject([{ status: 200 }, { body: 'no JSON' }]);
	expect(await get('/sandbox/tokens')).toMatchObject([{ status: 200 }]);
	expect(await get('/sandbox/messages')).toEqual(sandbox.messages);
	expect(await get('/sandbox/messages')).toHaveLength(1);
});

test('a fault can be injected from outside', async () => {
	const send = await sender(sandbox);
	const fault = { answer: { kind: 'http', status: 412, shape: 'text' } };
	expect((await post('/sandbox/faults', JSON.stringify(fault))).status).toBe(204);
	expect((await send()).status).toBe(412);
});

test.each([
	['{', /JSON/],
	['{"answer":{"kind":"explode"}}', /answer\.kind/],
	['{"answer":{"kind":"http"}}', /answer\.status/],
	['{"tims":2}', /tims/],
	['{"times":0}', /times/],
	['{"on":"token","match":{"content":"x"}}', /token call holds no messages/],
])('%s is no fault: 400 in words, and nothing is hit', async (body, words) => {
	const answer = await post('/sandbox/faults', body);
	expect(answer.status).toBe(400);
	expect(((await answer.json()) as { error: string }).error).toMatch(words);
	const send = await sender(sandbox);
	expect((await send()).status).toBe(200);
});

test('a bad fault throws in words inside as well', () => {
	expect(() => sandbox.inject({ skip: -1 })).toThrow(/Not a fault: skip/);
});

test('tokens can be expired and everything reset from outside', async () => {
	const send = await sender(sandbox);
	await send();
	expect((await post('/sandbox/tokens/expire')).status).toBe(204);
	expect((await send()).status).toBe(401);
	expect((await post('/sandbox/reset')).status).toBe(204);
	expect([sandbox.calls, sandbox.messages, sandbox.tokenCalls]).toEqual([[], [], []]);
});

test('events tell everything so far, then what happens, as it happens', async () => {
	const send = await sender(sandbox);
	await send({ messages: [sms(ANNA, 'before\nit')] });
	const leaving = new AbortController();
	const stream = await fetch(`${sandbox.url}/sandbox/events`, { signal: leaving.signal });
	expect(stream.headers.get('content-type')).toBe('text/event-stream');
	await send({ messages: [sms(BRAM, 'after')] });
	await post('/sandbox/reset');

	let text = '';
	const decoder = new TextDecoder();
	for await (const bytes of stream.body ?? []) {
		text += decoder.decode(bytes as Uint8Array, { stream: true });
		if (text.includes('event: reset')) break;
	}
	leaving.abort();
	const events = text.trimEnd().split('\n\n');
	expect(events.map((event) => event.split('\n')[0])).toEqual([
		'event: message',
		'event: live',
		'event: message',
		'event: reset',
	]);
	const data = events.map((event): unknown => JSON.parse(event.split('\ndata: ')[1] ?? ''));
	expect(data).toMatchObject([
		{ recipient: ANNA, content: 'before\nit', parts: 1 },
		{},
		{ recipient: BRAM, content: 'after' },
		{},
	]);
});

test('the phone page and all it loads come from the sandbox itself', async () => {
	const page = await fetch(`${sandbox.url}/`);
	expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
	expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
	const loaded = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url);
	const files = loaded.filter((url) => !url?.startsWith('data:'));
	expect(files).toHaveLength(7);
	for (const file of files) expect((await fetch(`${sandbox.url}${file}`)).status).toBe(200);
});

test('Clear takes the messages off the phones and nothing else, and can be undone', async () => {
	const send = await sender(sandbox);
	await send({ messages: [sms(ANNA, 'first')] });
	await post('/sandbox/inbound', JSON.stringify({ sender: BRAM, content: 'Hi' }));
	await post('/sandbox/phones', JSON.stringify({ mobileNumber: BRAM, state: 'off' }));
	const fault = { answer: { kind: 'http', status: 412 }, skip: 1 };
	await post('/sandbox/faults', JSON.stringify(fault));

	expect((await post('/sandbox/clear')).status).toBe(204);
	expect(await get('/sandbox/messages')).toEqual([]);
	expect(await get('/sandbox/inbound')).toEqual([]);
	expect(await get('/sandbox/calls')).toHaveLength(1);
	expect(await get('/sandbox/phones')).toEqual({ [BRAM]: 'off' });
	// The token is good still, and so is the planned fault.
	expect((await send({ messages: [sms(ANNA, 'second')] })).status).toBe(200);
	expect((await send()).status).toBe(412);

	expect((await post('/sandbox/clear/undo')).status).toBe(204);
	const contents = ((await get('/sandbox/messages')) as Array<{ content: string }>).map(
		({ content }) => content,
	);
	expect(contents).toEqual(['first', 'second']);
	expect(await get('/sandbox/inbound')).toMatchObject([{ content: 'Hi' }]);
	// There is nothing more to bring back.
	await post('/sandbox/clear/undo');
	expect(await get('/sandbox/messages')).toHaveLength(2);
});

test('Clear on empty phones keeps what can be brought back; a reset forgets it', async () => {
	const send = await sender(sandbox);
	await send();
	await post('/sandbox/clear');
	await post('/sandbox/clear');
	await post('/sandbox/clear/undo');
	expect(sandbox.messages).toHaveLength(1);
	await post('/sandbox/clear');
	await post('/sandbox/reset');
	await post('/sandbox/clear/undo');
	expect(sandbox.messages).toEqual([]);
});

test('the page can tell how to fill in the credential', async () => {
	expect(await get('/sandbox/credential')).toEqual({
		baseUrl: sandbox.url,
		clientId: 'sandbox-key',
		clientSecret: 'sandbox-secret',
	});
});
