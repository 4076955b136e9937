import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { freePort } from '../../../dev/n8n/ports';
import { startSandbox } from '../../../sandbox';
import type { Sandbox, SandboxOptions } from '../../../sandbox';
import { ANNA, BRAM, pause, sender, sms } from '../../support/sandbox/client';

interface Received {
	headers: IncomingHttpHeaders;
	body: string;
	json: Record<string, unknown>;
	at: number;
}

let sandbox: Sandbox;
let server: Server;
let webhook: string;
let received: Received[];
/** What the webhook answers, one after the other; then 200. */
let statuses: number[];

beforeEach(async () => {
	received = [];
	statuses = [];
	server = createServer((request, response) => {
		void text(request).then((body) => {
			const json = JSON.parse(body) as Record<string, unknown>;
			received.push({ headers: request.headers, body, json, at: performance.now() });
			response.statusCode = statuses.shift() ?? 200;
			response.end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kpn`;
});
afterEach(async () => {
	await sandbox.close();
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

async function start(options: SandboxOptions = {}) {
	sandbox = await startSandbox({ reportAfterMs: 0, attemptsAfterMs: [0, 30, 60, 90], ...options });
	sandbox.settings.application = { webhook_url: webhook };
	sandbox.settings.addKey({ secret: 'secret', key_id: 'wk_1' });
	return await sender(sandbox);
}

async function until(count: number): Promise<void> {
	for (let waited = 0; received.length < count && waited < 3000; waited += 5) await pause(5);
	expect(received).toHaveLength(count);
}

test('a delivery report is signed over the bytes that are sent', async () => {
	const send = await start();
	await send({ messages: [sms(ANNA, 'Grüße 😀')] });
	await until(1);
	const [{ headers, body, json }] = received as [Received];
	expect(json).toEqual({
		DLRID: expect.any(String),
		CustomerId: 'sandbox',
		MessageType: 'sms_dlr',
		RecipientPhonenumber: ANNA.slice(1),
		Message: 'Grüße 😀',
		StatusDateTime: expect.any(Number),
		document_id: sandbox.messages[0]?.documentId,
		Status: 1,
	});
	expect(headers).toMatchObject({
		'x-kpn-webhook-signature': createHmac('sha256', 'secret').update(body).digest('hex'),
		'x-kpn-webhook-key-id': 'wk_1',
		'x-kpn-webhook-attempt': '1',
	});
	expect(Number(headers['x-kpn-webhook-timestamp'])).toBeCloseTo(Date.now() / 1000, -1);
	await pause(20);
	expect(sandbox.deliveries).toMatchObject([{ event: 'deliveryReport', status: 200, body }]);
});

test('with the first delivery KPN makes a key for the organization, where there is none', async () => {
	const send = await start();
	sandbox.settings.keys.length = 0;
	await send();
	await until(1);
	const { organization } = sandbox.settings.levels;
	const [{ headers, body }] = received as [Received];
	expect(organization.keys).toMatchObject([{ status: 'active' }]);
	expect(organization.config).toEqual({});
	expect(headers).toMatchObject({
		'x-kpn-webhook-signature': createHmac('sha256', organization.keys[0]?.secret ?? '')
			.update(body)
			.digest('hex'),
		'x-kpn-webhook-key-id': organization.keys[0]?.key_id,
	});
});

test('what the application has not set comes from the team: URL, key, excluded fields', async () => {
	const send = await start();
	sandbox.settings.clear();
	const privacy_config = { excluded_fields: { sms_dlr: ['Message'] } };
	sandbox.settings.levels.team.config = { webhook_url: webhook, privacy_config };
	const { key_id } = sandbox.settings.addKey({ secret: 'of the team' }, 'team');
	sandbox.settings.addKey({ secret: 'of the organization' }, 'organization');
	await send();
	await until(1);
	expect(received[0]?.json).not.toHaveProperty('Message');
	expect(received[0]?.headers).toMatchObject({ 'x-kpn-webhook-key-id': key_id });
	// A configuration without a word on fields excludes none, whatever the team had excluded.
	sandbox.settings.application = { webhook_url: webhook };
	await send();
	await until(2);
	expect(received[1]?.json).toHaveProperty('Message');
});

test('the URL of a call wins over the application’s, and each recipient has a report', async () => {
	const send = await start();
	sandbox.settings.application = { webhook_url: 'https://elsewhere.example.com' };
	await send({ messages: [sms(`${ANNA},${BRAM}`)], webhook_url: webhook });
	await until(2);
	expect(received.map(({ json }) => json.RecipientPhonenumber).sort()).toEqual([
		ANNA.slice(1),
		BRAM.slice(1),
	]);
});

test('reports come as planned, one after the other, for the messages they are planned for', async () => {
	const send = await start();
	sandbox.planReports({
		match: { mobileNumber: ANNA },
		reports: [{ status: 2 }, { status: 4, errorCode: '002', afterMs: 60 }],
	});
	await send({ messages: [sms(ANNA), sms(BRAM)] });
	await until(3);
	const reports = received.map(({ json }) => [
		json.RecipientPhonenumber,
		json.Status,
		json.ErrorCode,
	]);
	expect(reports).toContainEqual([BRAM.slice(1), 1, undefined]);
	expect(reports).toContainEqual([ANNA.slice(1), 2, undefined]);
	expect(reports.at(-1)).toEqual([ANNA.slice(1), 4, '002']);
});

test('fields that the account excludes are left out', async () => {
	const send = await start();
	sandbox.settings.application = {
		webhook_url: webhook,
		privacy_config: { excluded_fields: { sms_dlr: ['Message', 'DLRID'] } },
	};
	await send();
	await until(1);
	expect(Object.keys(received[0]?.json ?? {})).not.toEqual(expect.arrayContaining(['Message']));
	expect(received[0]?.json).not.toHaveProperty('DLRID');
});

test('what is not taken is tried four times, with the same bytes, then given up', async () => {
	const send = await start();
	statuses = [500, 404, 302, 401];
	await send();
	await until(4);
	await pause(80);
	expect(received.map(({ headers }) => headers['x-kpn-webhook-attempt'])).toEqual([
		'1',
		'2',
		'3',
		'4',
	]);
	expect(new Set(received.map(({ body }) => body)).size).toBe(1);
	const [first, , , last] = received as [Received, Received, Received, Received];
	expect(last.at - first.at).toBeGreaterThan(80);
	expect(sandbox.deliveries.map(({ status }) => status)).toEqual([500, 404, 302, 401]);
});

test('an attempt that is taken is the last', async () => {
	const send = await start();
	statuses = [503];
	await send();
	await until(2);
	await pause(120);
	expect(received).toHaveLength(2);
});

test('an SMS that a phone sends is delivered as KPN words it', async () => {
	await start();
	const inbound = sandbox.receiveSms({ sender: '0612345670', content: 'STOP' });
	await until(1);
	expect(received[0]?.json).toEqual({
		sender: ANNA.slice(1),
		recipient: '3197000000000',
		message_id: inbound.messageId,
		content: 'STOP',
		timestamp_utc: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
		type: 'text/unicode/*',
	});
	expect(sandbox.inbound).toEqual([inbound]);
});

test('v1 has no reports, and nothing goes to a machine that is not this one', async () => {
	const current = await start();
	const v1 = await sender(sandbox, 'v1');
	await v1({ messages: [sms()] });
	await current({ messages: [sms()], webhook_url: 'https://example.com/reports' });
	for (let waited = 0; sandbox.deliveries.length < 1 && waited < 1000; waited += 5) await pause(5);
	await pause(120);
	expect(received).toEqual([]);
	expect(sandbox.deliveries).toMatchObject([
		{
			url: 'https://example.com/reports',
			status: null,
			problem: expect.stringMatching(/Not sent/),
		},
	]);
});

describe('what became of it is known on the phone', () => {
	/** Waits for what came of the only message, or of the only one that a phone sent. */
	async function posted(words: RegExp, of: 'messages' | 'inbound' = 'messages') {
		for (let waited = 0; waited < 3000; waited += 5) {
			if (words.test(sandbox[of][0]?.posted?.words ?? '')) break;
			await pause(5);
		}
		expect(sandbox[of][0]?.posted?.words).toMatch(words);
		return sandbox[of][0]?.posted?.taken;
	}
	const sends = async (webhook_url: string) => {
		const send = await start();
		await send({ messages: [sms()], webhook_url });
	};

	test('a report that found nobody, while it is tried and when it is given up', async () => {
		statuses = [404, 404, 404, 404];
		await sends(webhook);
		const found = `Its delivery report found nobody: ${webhook} answered 404\\. Publish`;
		expect(await posted(new RegExp(`^${found}.*It is tried again\\.$`))).toBe(false);
		expect(await posted(new RegExp(`^${found}.*Given up after 4 attempts\\.$`))).toBe(false);
		expect(sandbox.messages).toMatchObject([{ fate: { state: 'delivered', words: 'Delivered' } }]);
	});

	test('a report that is taken at the second attempt', async () => {
		statuses = [404];
		await sends(webhook);
		expect(await posted(/^Its delivery report found nobody/)).toBe(false);
		expect(await posted(/^Report taken$/)).toBe(true);
	});

	test.each([
		['a test URL', [404], '/webhook-test/x', /found nobody: .* This is a test URL.*Production URL/],
		['another secret', [401], '/webhook/x', /was refused: .* answered 401\. .*signing secret/],
		['an error of n8n', [500], '/webhook/x', /was not taken: .* answered 500\. See the executions/],
	])('%s', async (_name, answers, path, words) => {
		statuses = answers;
		await sends(new URL(path, webhook).href);
		expect(await posted(words)).toBe(false);
	});

	test('nobody is at the address, or it is on another machine', async () => {
		const port = await freePort();
		await sends(`http://127.0.0.1:${port}/webhook/x`);
		expect(await posted(/found nobody: nothing answers at http.* Is n8n running/)).toBe(false);
		await sandbox.close();
		await sends('https://n8n.example.com/webhook/x');
		expect(await posted(/was not sent: the sandbox posts to this machine only/)).toBe(false);
	});

	test.each([
		['off', /^Expired: validity expired \(024\)$/],
		['outOfReach', /^Failed: out of coverage \(007\)$/],
		['barred', /^Rejected: recipient barred \(003\)$/],
	] as const)('a phone that is %s, also where nobody is told', async (state, words) => {
		await start();
		sandbox.settings.clear();
		sandbox.switchPhone({ mobileNumber: ANNA, state });
		const v1 = await sender(sandbox, 'v1');
		await v1({ messages: [sms()] });
		for (
			let waited = 0;
			waited < 3000 && sandbox.messages[0]?.fate?.state !== 'failed';
			waited += 5
		)
			await pause(5);
		expect(sandbox.messages[0]?.fate).toEqual({
			state: 'failed',
			words: expect.stringMatching(words),
		});
		expect(sandbox.deliveries).toEqual([]);
	});

	test('what a phone sends is taken, finds nobody, or nobody listens', async () => {
		await start();
		sandbox.receiveSms({ sender: ANNA, content: 'Hi' });
		expect(await posted(/^Taken$/, 'inbound')).toBe(true);
		sandbox.reset();
		statuses = [404];
		sandbox.receiveSms({ sender: ANNA, content: 'Hi' });
		expect(await posted(/^It found nobody: .* answered 404/, 'inbound')).toBe(false);
		sandbox.reset();
		sandbox.settings.clear();
		const { posted: result } = sandbox.receiveSms({ sender: ANNA, content: 'Hi' });
		expect(result).toEqual({ taken: false, words: expect.stringMatching(/^Nobody listens/) });
	});

	test('also of a message that was cleared in between, once it is brought back', async () => {
		const send = await start({ reportAfterMs: 40 });
		await send();
		sandbox.clear();
		await until(1);
		sandbox.undoClear();
		expect(await posted(/^Report taken$/)).toBe(true);
	});
});

test('reset and close give up what is still to come', async () => {
	const send = await start({ reportAfterMs: 40 });
	await send();
	sandbox.reset();
	await pause(80);
	expect([received, sandbox.deliveries]).toEqual([[], []]);
	await (
		await sender(sandbox)
	)();
	await sandbox.close();
	await pause(80);
	expect(received).toEqual([]);
});

describe('from outside', () => {
	const post = async (path: string, body: unknown) =>
		await fetch(`${sandbox.url}${path}`, { method: 'POST', body: JSON.stringify(body) });

	test('a phone can send an SMS, and the page is told', async () => {
		await start();
		const leaving = new AbortController();
		const stream = await fetch(`${sandbox.url}/sandbox/events`, { signal: leaving.signal });
		const sent = await post('/sandbox/inbound', { sender: ANNA, content: 'Hi' });
		expect(await sent.json()).toMatchObject({ sender: ANNA, content: 'Hi', webhookUrl: webhook });
		let events = '';
		const decoder = new TextDecoder();
		for await (const bytes of stream.body ?? []) {
			events += decoder.decode(bytes as Uint8Array, { stream: true });
			if (events.includes('event: inbound')) break;
		}
		leaving.abort();
		expect(events).toContain('"content":"Hi"');
		const list = (await (await fetch(`${sandbox.url}/sandbox/inbound`)).json()) as object[];
		expect(list).toHaveLength(1);
	});

	test('reports can be planned, and attempts be read', async () => {
		const send = await start();
		expect((await post('/sandbox/reports', { reports: [{ status: 6 }] })).status).toBe(204);
		await send();
		await until(1);
		expect(received[0]?.json.Status).toBe(6);
		const list = (await (await fetch(`${sandbox.url}/sandbox/deliveries`)).json()) as object[];
		expect(list).toHaveLength(1);
	});

	test.each([
		['/sandbox/inbound', {}, /Not an inbound SMS: sender/],
		['/sandbox/inbound', { sender: 'Anna', content: 'Hi' }, /Not a mobile number/],
		['/sandbox/inbound', { sender: ANNA, content: '' }, /content/],
		['/sandbox/reports', { reports: [{ status: 7 }] }, /Not a plan of reports: reports\.0\.status/],
		['/sandbox/reports', { report: [] }, /Not a plan/],
		['/sandbox/phones', { mobileNumber: 'Anna', state: 'off' }, /Not a mobile number: Anna/],
		['/sandbox/phones', { mobileNumber: ANNA, state: 'lost' }, /Not a state of a phone: state/],
		['/sandbox/phones', { state: 'off' }, /Not a state of a phone: mobileNumber/],
	])('%s of %j is refused in words', async (path, body, words) => {
		await start();
		const answer = await post(path, body);
		expect(answer.status).toBe(400);
		expect(((await answer.json()) as { error: string }).error).toMatch(words);
	});
});
