import { request } from 'node:http';
import { gzipSync } from 'node:zlib';

import type { TriggerHost } from '../support/engine/triggerHost';
import {
	post,
	PREVIOUS_SECRET,
	REPORT,
	signed,
	startTriggerSetup,
	type TriggerSetup,
} from '../support/engine/triggerSetup';

let setting: TriggerSetup;
let host: TriggerHost;
beforeEach(async () => {
	setting = await startTriggerSetup();
	host = await setting.host(manual());
	await host.publish();
});
afterEach(async () => await setting.close());

const body = JSON.stringify(REPORT);

let credentials = 0;

/** The process remembers secrets by credential. */
function manual(additionalOptions = {}) {
	const id = `own ${++credentials}`;
	setting.credentials.set(id, setting.credentials.raw(setting.typedId));
	return {
		parameters: { registration: 'manual', additionalOptions },
		credentials: { kpnSmsWebhookApi: { id, name: 'Typed' } },
	};
}

/** Refused: 401, no execution, and at most one line in the log, with nothing of the body in it. */
async function expectRefusal(answer: { status: number; json: unknown }): Promise<void> {
	expect(answer).toEqual({ status: 401, json: { message: 'Not signed by KPN' } });
	expect(host.executions).toEqual([]);
	expect(host.log).toHaveLength(1);
	expect(host.log.join()).not.toMatch(/31612345670|d1|6f7a9f0a/);
}

test('what KPN signed starts an execution', async () => {
	expect(await post(host.url, body, signed(body))).toEqual({
		status: 200,
		json: { message: 'Received' },
	});
	expect(host.executions).toHaveLength(1);
	expect(host.executions[0]).toEqual([
		{
			json: {
				event: 'deliveryReport',
				status: 'delivered',
				statusCode: 1,
				final: true,
				recipient: '+31612345670',
				documentId: REPORT.document_id,
				dlrId: 'd1',
				statusAt: '2024-04-30T14:37:42.000Z',
				attempt: 1,
				keyId: 'wk_typed',
				body: REPORT,
			},
		},
	]);
	expect(host.log).toEqual([]);
});

const without = (name: string) => {
	const headers = signed(body);
	delete headers[name];
	return headers;
};
const changed = (name: string, change: (value: string) => string) => {
	const headers = signed(body);
	return { ...headers, [name]: change(headers[name] ?? '') };
};
const SIGNATURE = 'x-kpn-webhook-signature';
const TIMESTAMP = 'x-kpn-webhook-timestamp';

test.each<[string, () => Record<string, string>]>([
	['without a signature', () => without(SIGNATURE)],
	['with an empty signature', () => changed(SIGNATURE, () => '')],
	['without a timestamp', () => without(TIMESTAMP)],
	['with a timestamp that is no number', () => changed(TIMESTAMP, () => 'now')],
	['signed with a wrong secret', () => signed(body, { secret: 'wrong' })],
	['signed with a blank secret', () => signed(body, { secret: ' ' })],
	['with one digit of the signature changed', () => changed(SIGNATURE, otherDigit)],
	['with an old timestamp', () => signed(body, { age: 310 })],
	['with a future timestamp', () => signed(body, { age: -310 })],
	['with a truncated signature', () => changed(SIGNATURE, (hex) => hex.slice(0, 62))],
	['with a signature that goes on', () => changed(SIGNATURE, (hex) => `${hex}00`)],
	['with a signature that is not hex', () => changed(SIGNATURE, (hex) => `${hex.slice(0, 63)}g`)],
	['with two key ids', () => changed('x-kpn-webhook-key-id', (id) => `${id}, wk_other`)],
])('a request %s is refused', async (_name, headers) => {
	await expectRefusal(await post(host.url, body, headers()));
});

const otherDigit = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;

test.each([
	['an altered byte', body.replace('31612345670', '31612345671')],
	['a byte more', `${body} `],
	['a byte order mark put before it', `\uFEFF${body}`],
	['no body', ''],
])('a body with %s is refused', async (_name, altered) => {
	await expectRefusal(await post(host.url, altered, signed(body)));
});

test.each(['signature', 'timestamp', 'key-id'])('a second header %s is refused', async (name) => {
	const headers = Object.entries(signed(body));
	const double = headers.find(([header]) => header === `x-kpn-webhook-${name}`);
	expect(double).toBeDefined();
	await expectRefusal(await post(host.url, body, [...headers, ...(double ? [double] : [])]));
});

test('a compressed body is refused, whichever of its bytes were signed', async () => {
	const zipped = gzipSync(body);
	for (const bytes of [body, zipped]) {
		host.log.length = 0;
		const headers = { ...signed(bytes), 'content-encoding': 'gzip' };
		await expectRefusal(await post(host.url, zipped, headers));
	}
});

test('within the tolerance a timestamp may be off to both sides, and the tolerance can be set', async () => {
	for (const age of [290, -290]) {
		const other = JSON.stringify({ ...REPORT, DLRID: `d${age}` });
		expect((await post(host.url, other, signed(other, { age }))).status).toBe(200);
	}
	const strict = await setting.host(manual({ timestampTolerance: 10 }));
	await strict.publish();
	expect((await post(strict.url, body, signed(body, { age: 20 }))).status).toBe(401);
	expect((await post(strict.url, body, signed(body, { age: 5 }))).status).toBe(200);
});

test('a later attempt is taken even if it still has the time of the first', async () => {
	const headers = signed(body, { age: 700, attempt: 4 });
	expect((await post(host.url, body, headers)).status).toBe(200);
	expect((await post(host.url, body, signed(body, { age: 730, attempt: 4 }))).status).toBe(401);
});

test('upper-case hex is as good', async () => {
	const headers = changed(SIGNATURE, (hex) => hex.toUpperCase());
	expect((await post(host.url, body, headers)).status).toBe(200);
});

test('both secrets of a rotation verify', async () => {
	const headers = signed(body, { secret: PREVIOUS_SECRET });
	expect((await post(host.url, body, headers)).status).toBe(200);
	expect(host.executions).toHaveLength(1);
});

test.each([
	['blank', { secret: '  ', previousSecret: '' }],
	['missing', {}],
])('a %s secret lets nothing pass, and is said on publishing', async (_name, credential) => {
	setting.credentials.set(setting.typedId, credential);
	host = await setting.host(manual());
	host.published = true;
	const statuses: number[] = [];
	for (const secret of ['', '  ', 'undefined', 'null']) {
		statuses.push((await post(host.url, body, signed(body, { secret }))).status);
	}
	expect(statuses).toEqual([401, 503, 503, 503]);
	expect(host.executions).toEqual([]);
	await expect(host.publish()).rejects.toThrow(/secret .* is missing/);
});

test('without a credential nothing passes', async () => {
	const bare = await setting.host({ parameters: { registration: 'manual' }, credentials: {} });
	bare.published = true;
	expect((await post(bare.url, body, signed(body, { secret: '' }))).status).toBe(503);
	expect(bare.executions).toEqual([]);
});

test.each([
	['no JSON', 'delivered'],
	['nothing', ''],
	['a text', '"delivered"'],
	['an empty list', '[]'],
	['a list of texts', '["delivered"]'],
])('signed, but %s: 400', async (_name, text) => {
	expect(await post(host.url, text, signed(text))).toEqual({
		status: 400,
		json: { message: 'Not readable' },
	});
	expect(host.executions).toEqual([]);
	expect(host.log).toHaveLength(1);
	if (text !== '') expect(host.log.join()).not.toContain(text);
});

test('a byte order mark that KPN signed is no part of the JSON', async () => {
	const marked = `\uFEFF${body}`;
	expect((await post(host.url, marked, signed(marked))).status).toBe(200);
	expect(host.executions).toHaveLength(1);
});

test('a body of 1 MB is 413, however well signed, with its length told or not', async () => {
	const large = JSON.stringify({ ...REPORT, Message: 'x'.repeat(1024 * 1024) });
	const answer = { status: 413, json: { message: 'Too large' } };
	expect(await post(host.url, large, signed(large))).toEqual(answer);
	expect(await postInChunks(host.url, large, signed(large))).toBe(413);
	expect(host.executions).toEqual([]);
	const small = JSON.stringify({ ...REPORT, Message: 'x'.repeat(60 * 1024) });
	expect((await post(host.url, small, signed(small))).status).toBe(200);
});

test('a body that is too large by its own words is 413 before any of it has come', async () => {
	const status = await new Promise((resolve, reject) => {
		const headers = { ...signed(body), 'content-length': 1024 ** 3 };
		const sending = request(host.url, { method: 'POST', headers }, (answer) => {
			resolve(answer.statusCode);
			sending.destroy();
		});
		sending.on('error', reject);
		sending.flushHeaders();
	});
	expect(status).toBe(413);
});

test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('%s is 405', async (method) => {
	const answer = await fetch(host.url, { method, headers: signed('') });
	expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
	expect(host.executions).toEqual([]);
});

test('a thousand forged requests start no execution, and each is answered', async () => {
	const statuses = new Set<number>();
	for (let batch = 0; batch < 20; batch++) {
		const forged = Array.from({ length: 50 }, async (_, index) => {
			const text = JSON.stringify({ ...REPORT, DLRID: `forged-${batch}-${index}` });
			return await post(host.url, text, signed(text, { secret: `guess ${batch * 50 + index}` }));
		});
		for (const { status } of await Promise.all(forged)) statuses.add(status);
	}
	expect([...statuses].sort()).toEqual([401, 503]);
	expect(host.executions).toEqual([]);
	expect(host.log).toHaveLength(1000);
	expect(host.log[0]).toMatch(/Workflow “Reports”, node “KPN SMS Trigger”: refused a request: its/);
});

test('forged requests make n8n read the credential at most twice a minute', async () => {
	const read = jest.spyOn(setting.credentials, 'getDecrypted');
	for (let index = 0; index < 20; index++) {
		await post(host.url, body, signed(body, { secret: `guess ${index}` }));
	}
	expect(read.mock.calls.length).toBeLessThanOrEqual(1);
	read.mockRestore();
});

test('a secret that was changed in the credential holds half a minute later', async () => {
	const [id] = [host.node.credentials?.kpnSmsWebhookApi?.id ?? ''];
	expect((await post(host.url, body, signed(body))).status).toBe(200);
	setting.credentials.set(id, { secret: 'a new one' });
	const { now } = Date;
	jest.spyOn(Date, 'now').mockImplementation(() => now() + 31_000);
	const other = JSON.stringify({ ...REPORT, DLRID: 'changed' });
	expect((await post(host.url, other, signed(other, { secret: 'a new one' }))).status).toBe(200);
	jest.restoreAllMocks();
});

test('an unsigned request is answered before its body has come', async () => {
	const status = await new Promise((resolve, reject) => {
		const headers = { 'content-type': 'application/json', 'content-length': 100 };
		const sending = request(host.url, { method: 'POST', headers }, (answer) => {
			resolve(answer.statusCode);
			sending.destroy();
		});
		sending.on('error', reject);
		sending.write('{');
	});
	expect(status).toBe(401);
});

test('a body that does not come in time is 503', async () => {
	const started = performance.now();
	const status = await new Promise((resolve, reject) => {
		const headers = { ...signed(body), 'content-length': body.length + 10 };
		const sending = request(host.url, { method: 'POST', headers }, (answer) => {
			resolve(answer.statusCode);
			sending.destroy();
		});
		sending.on('error', reject);
		sending.write(body);
	});
	expect(status).toBe(503);
	expect(performance.now() - started).toBeLessThan(10_000);
});

test('a request that breaks off ends, and nothing is started', async () => {
	await new Promise<void>((resolve) => {
		const broken = request(host.url, {
			method: 'POST',
			headers: { ...signed(body), 'content-length': body.length + 10 },
		});
		broken.on('error', () => resolve());
		broken.write(body);
		setTimeout(() => broken.destroy(), 30);
	});
	expect((await post(host.url, body, signed(body))).status).toBe(200);
	expect(host.executions).toHaveLength(1);
});

async function postInChunks(url: string, text: string, headers: Record<string, string>) {
	return await new Promise<number | undefined>((resolve, reject) => {
		const sending = request(url, { method: 'POST', headers }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		});
		sending.on('error', reject);
		sending.write(text.slice(0, 1000));
		sending.end(text.slice(1000));
	});
}
