import { startSandbox } from '../../../sandbox';
import type { ErrorShape, Fault, Sandbox } from '../../../sandbox';
import {
	ANNA,
	BRAM,
	arrival,
	askToken,
	brokenBy,
	pause,
	sender,
	sms,
} from '../../support/sandbox/client';
import type { Send } from '../../support/sandbox/client';

let sandbox: Sandbox;
let send: Send;
beforeAll(async () => {
	sandbox = await startSandbox();
});
beforeEach(async () => {
	sandbox.reset();
	send = await sender(sandbox);
});
afterAll(async () => await sandbox.close());

const unavailable: Fault = { answer: { kind: 'http', status: 503 } };

async function statuses(count: number): Promise<number[]> {
	const seen: number[] = [];
	for (let i = 0; i < count; i++) seen.push((await send()).status);
	return seen;
}

describe('which calls are hit', () => {
	test('one, where nothing else is said', async () => {
		sandbox.inject(unavailable);
		expect(await statuses(2)).toEqual([503, 200]);
	});

	test('as many as said, after those that pass first', async () => {
		sandbox.inject({ ...unavailable, skip: 1, times: 2 });
		expect(await statuses(4)).toEqual([200, 503, 503, 200]);
	});

	test('every one with times: null, until reset', async () => {
		sandbox.inject({ ...unavailable, times: null });
		expect(await statuses(3)).toEqual([503, 503, 503]);
		sandbox.reset();
		send = await sender(sandbox);
		expect(await statuses(1)).toEqual([200]);
	});

	test('several faults come in the order they were injected, each counting every call', async () => {
		sandbox.inject(unavailable);
		sandbox.inject({ answer: { kind: 'http', status: 500 } });
		sandbox.inject({ skip: 3, answer: { kind: 'http', status: 502 } });
		expect(await statuses(5)).toEqual([503, 500, 200, 502, 200]);
	});

	test.each<[string, NonNullable<Fault['match']>]>([
		['content', { content: 'boom' }],
		['number, however it is written', { mobileNumber: '0612345671' }],
		['sender', { sender: 'Sales' }],
		['all of them', { content: 'boom', mobileNumber: BRAM, sender: 'Sales' }],
	])('only calls with such a message: %s', async (_what, match) => {
		sandbox.inject({ ...unavailable, match, times: null });
		const other = { sender: 'Demo', messages: [sms(ANNA, 'Hello')] };
		const meant = {
			sender: 'Sales',
			messages: [sms(), sms(`${ANNA},+31612345671`, 'It goes boom.')],
		};
		expect((await send(other)).status).toBe(200);
		expect((await send(meant)).status).toBe(503);
		expect((await send('no JSON')).status).toBe(400);
	});

	test('a message must fit as a whole, and a call without sender has KPN as sender', async () => {
		sandbox.inject({ ...unavailable, match: { content: 'boom', mobileNumber: BRAM } });
		sandbox.inject({ answer: { kind: 'http', status: 500 }, match: { sender: 'KPN' } });
		const messages = [sms(ANNA, 'boom'), sms(BRAM, 'Hello')];
		expect((await send({ messages })).status).toBe(500);
	});

	test('a token fault leaves sends alone and the other way round', async () => {
		sandbox.inject({ on: 'token', answer: { kind: 'http', status: 500, shape: 'apigee' } });
		expect((await send()).status).toBe(200);
		expect((await askToken(sandbox)).status).toBe(500);
		expect((await askToken(sandbox)).status).toBe(200);
		expect(sandbox.tokenCalls.map(({ status }) => status)).toEqual([200, 500, 200]);
	});
});

describe('what is answered', () => {
	test.each<[ErrorShape, string, string]>([
		['errorResponse', 'application/json', '{"errorResponse":{"code":"502","message"'],
		['apigee', 'application/json', '{"fault":{"faultstring":'],
		['product', 'application/json', '{"transactionId":'],
		['html', 'text/html', '<html>'],
		['text', 'text/plain', 'Bad Gateway'],
		['empty', '', ''],
	])('a failure in the shape "%s"', async (shape, type, start) => {
		sandbox.inject({ answer: { kind: 'http', status: 502, shape } });
		const answer = await send();
		expect(answer.status).toBe(502);
		expect(answer.headers.get('content-type') ?? '').toContain(type);
		expect((await answer.text()).slice(0, start.length || 1)).toBe(start);
		expect(sandbox.messages).toEqual([]);
	});

	test('the 401 and 429 of the gateway in its own words', async () => {
		for (const [status, code] of [
			[401, 'oauth.v2.InvalidAccessToken'],
			[429, 'policies.ratelimit.QuotaViolation'],
		] as const) {
			sandbox.inject({ answer: { kind: 'http', status, shape: 'apigee' } });
			expect(await (await send()).text()).toContain(code);
		}
	});

	test('a body wins over a shape, and headers go along', async () => {
		const body = { status: 'OK' };
		const headers = { 'retry-after': '2' };
		sandbox.inject({ answer: { kind: 'http', status: 200, shape: 'html', body, headers } });
		const answer = await send();
		expect(answer.headers.get('retry-after')).toBe('2');
		expect(await answer.json()).toEqual(body);
		expect(sandbox.calls).toMatchObject([{ status: 200, accepted: false }]);
	});

	test('a redirect is a redirect', async () => {
		const headers = { location: '/elsewhere' };
		sandbox.inject({ answer: { kind: 'http', status: 302, headers } });
		const answer = await send(undefined, { redirect: 'manual' });
		expect([answer.status, answer.headers.get('location')]).toEqual([302, '/elsewhere']);
	});

	test('with accept the messages are taken whatever is answered', async () => {
		sandbox.inject({ accept: true, answer: { kind: 'http', status: 500 } });
		sandbox.inject({ accept: true, answer: { kind: 'http', status: 202 } });
		expect((await send()).status).toBe(500);
		const { document_id } = (await (await send()).json()) as { document_id: string };
		expect(sandbox.messages).toMatchObject([{}, { documentId: document_id }]);
		expect(sandbox.calls).toMatchObject([
			{ status: 500, accepted: true, documentId: sandbox.messages[0]?.documentId },
			{ status: 202, accepted: true, documentId: document_id },
		]);
	});

	test('accept takes nothing of a call that KPN would refuse', async () => {
		sandbox.inject({ accept: true, answer: { kind: 'http', status: 500 } });
		expect((await send({ messages: [sms('0201234567')] })).status).toBe(500);
		expect(sandbox.messages).toEqual([]);
		expect(sandbox.calls).toMatchObject([{ accepted: false }]);
	});

	test('a delay comes before everything else', async () => {
		sandbox.inject({ delayMs: 40 });
		const started = performance.now();
		const answer = send();
		await arrival(sandbox);
		expect(sandbox.messages).toEqual([]);
		expect((await answer).status).toBe(200);
		expect(performance.now() - started).toBeGreaterThanOrEqual(39);
		expect(sandbox.messages).toHaveLength(1);
	});
});

describe('how a connection breaks', () => {
	test('reset: the connection is reset without an answer', async () => {
		sandbox.inject({ accept: true, answer: { kind: 'reset' } });
		expect(await brokenBy(send())).toBe('ECONNRESET');
		expect(sandbox.calls).toMatchObject([{ status: null, accepted: true }]);
	});

	test('truncate: less comes than was promised', async () => {
		sandbox.inject({ answer: { kind: 'truncate' } });
		const answer = await send();
		expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '68']);
		expect(await brokenBy(answer.text())).toBe('UND_ERR_SOCKET');
	});

	test('hang: no answer comes, and the call stays in flight until the client leaves', async () => {
		sandbox.inject({ answer: { kind: 'hang' } });
		const leaving = new AbortController();
		const hanging = brokenBy(send(undefined, { signal: leaving.signal }));
		await arrival(sandbox);
		await send();
		leaving.abort();
		expect(await hanging).toBe('AbortError');
		await pause(50);
		await send();
		expect(sandbox.calls.map(({ inFlight }) => inFlight)).toEqual([1, 2, 1]);
		expect(sandbox.calls[0]).toMatchObject({ status: null, accepted: false });
	});

	test('drip: bytes keep coming, without end', async () => {
		sandbox.inject({ answer: { kind: 'drip', everyMs: 2 } });
		const leaving = new AbortController();
		const answer = await send(undefined, { signal: leaving.signal });
		expect(answer.status).toBe(200);
		let text = '';
		const decoder = new TextDecoder();
		for await (const bytes of answer.body ?? []) {
			text += decoder.decode(bytes as Uint8Array);
			if (text.length > 70) break;
		}
		leaving.abort();
		expect(JSON.parse(text)).toMatchObject({ status: 'OK' });
	});

	test.each<[string, Fault['answer']]>([
		['ECONNRESET', { kind: 'reset' }],
		['UND_ERR_SOCKET', { kind: 'truncate' }],
		['TimeoutError', { kind: 'hang' }],
	])('the token call breaks the same way: %s', async (by, answer) => {
		sandbox.inject({ on: 'token', answer });
		const signal = AbortSignal.timeout(by === 'TimeoutError' ? 50 : 5000);
		const call = async () => await (await askToken(sandbox, { init: { signal } })).text();
		expect(await brokenBy(call())).toBe(by);
	});
});
