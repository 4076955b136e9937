import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { ASSUMPTION_IDS } from '../../dev/checkKpn/assumptions';
import { startSandbox, type Sandbox } from '../../sandbox';
import { ANSWERS, NUMBER, runCheck, type Answers, type Checked } from '../support/unit/checkKpn';

const SIGNING_SECRET = 'a-signing-secret-of-the-sandbox';

let folder: string;
let sandbox: Sandbox;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kpn-sms-check-'));
	sandbox = await startSandbox({ reportAfterMs: 50 });
	await addSigningKey();
});
afterEach(async () => {
	await sandbox.close();
	await rm(folder, { recursive: true, force: true });
});

const check = async (baseUrl: string, args: string[] = [], answers?: Answers) =>
	await runCheck({ baseUrl, report: join(folder, 'report.md'), args, answers });

const contradicted = ({ found }: Checked) =>
	[...found].filter(([, { verdict }]) => verdict === 'contradicted').map(([id]) => id);

/** By KPN's own calls, as the sandbox has them. */
async function addSigningKey(): Promise<void> {
	const path = '/oauth/client_credential/accesstoken?grant_type=client_credentials';
	const body = new URLSearchParams({ client_id: 'sandbox-key', client_secret: 'sandbox-secret' });
	const answer = await fetch(`${sandbox.url}${path}`, { method: 'POST', body });
	const { access_token: token } = (await answer.json()) as { access_token: string };
	const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
	const settings = `${sandbox.url}/webhookconfigs-kpn/applications`;
	const post = async (url: string, json: object) =>
		expect((await fetch(url, { method: 'POST', headers, body: JSON.stringify(json) })).status).toBe(
			201,
		);
	await post(`${settings}/keys`, { secret: SIGNING_SECRET });
	await post(settings, { webhook_url: 'https://hooks.example.com/secret-path' });
}

/** What no report may hold, in whatever spelling. */
function expectNothingPrivate({ report, words }: Checked): void {
	const secrets = ['sandbox-key', 'sandbox-secret', SIGNING_SECRET, 'secret-path', '612345670'];
	for (const secret of [...secrets, 'developer@example.com', 'may be ignored']) {
		expect(report).not.toContain(secret);
	}
	for (const { documentId } of sandbox.messages) expect(report).not.toContain(documentId);
	for (const { headers } of sandbox.calls) {
		const token = headers.authorization?.replace('Bearer ', '') ?? 'none';
		expect(report).not.toContain(token);
	}
	expect(words).not.toMatch(/sandbox-secret|a-signing-secret/);
}

test('against the sandbox, all that it can show is confirmed, and the report holds nothing private', async () => {
	const checked = await check(sandbox.url);
	expect(checked.code).toBe(0);
	expect([...checked.found.keys()]).toEqual(ASSUMPTION_IDS);
	// The sandbox delivers a hundred times faster than KPN, and may count its quota in its own way.
	expect(contradicted(checked).filter((id) => id !== 'quota-counts')).toEqual(['report-again']);
	const unseen = [...checked.found].filter(([, { verdict }]) => verdict === 'not seen');
	expect(unseen.map(([id]) => id)).toEqual([
		'product-lacks',
		'settings-product',
		'busy',
		'redirect',
		'lost',
		'no-id',
		'inbound-body',
		'expiry',
	]);
	// One SMS, and two in one call.
	expect(sandbox.messages).toHaveLength(3);
	expect(
		sandbox.settingsCalls.filter(({ method }) => method !== 'GET').map((c) => c.method),
	).toEqual(
		// Those of this test.
		['POST', 'POST'],
	);
	expectNothingPrivate(checked);
}, 60_000);

test('against a KPN that differs, the report says where', async () => {
	const other = await startDifferent(sandbox);
	try {
		const checked = await check(other.url);
		expect(checked.code).toBe(0);
		const verdicts = Object.fromEntries(
			[...checked.found].map(([id, { verdict }]) => [id, verdict]),
		);
		expect(verdicts).toMatchObject({
			'token-text': 'contradicted',
			'token-lifetime': 'contradicted',
			'product-has': 'confirmed',
			'product-lacks': 'confirmed',
			'refusal-shape': 'contradicted',
			'quota-headers': 'contradicted',
			'quota-reset': 'not seen',
			'version-headers': 'contradicted',
			'send-accepted': 'contradicted',
			'report-signature': 'contradicted',
			'report-number': 'contradicted',
			'report-status': 'contradicted',
			'settings-product': 'confirmed',
			'settings-read': 'not seen',
			'key-reveal': 'confirmed',
		});
		expect(checked.found.get('token-text')?.seen).toContain('expires_in is a number');
		expect(checked.found.get('quota-headers')?.seen).toContain('without quota-limit');
		expectNothingPrivate(checked);
	} finally {
		await other.close();
	}
}, 60_000);

test('who says no to everything sends nothing, and asks no wrong secret', async () => {
	const answers: Answers = ANSWERS.map(([question, answer]) => [
		question,
		answer === 'y' ? 'n' : answer,
	]);
	const { code } = await check(sandbox.url, [], answers);
	expect(code).toBe(0);
	expect(sandbox.messages).toEqual([]);
	expect(sandbox.tokenCalls.every(({ status }) => status === 200)).toBe(true);
	expect(sandbox.settingsCalls.map(({ path }) => path)).not.toContain('/applications/keys/reveal');
}, 30_000);

test('a secret on the command line is refused, and not repeated', async () => {
	const { code, words } = await check(sandbox.url, ['--secret=sandbox-secret']);
	expect(code).toBe(1);
	expect(words).toContain('takes nothing on the command line');
	expect(words).not.toContain('sandbox-secret');
	expect(sandbox.tokenCalls).toHaveLength(1);
});

interface Different {
	url: string;
	close(): Promise<void>;
}

/** A KPN between the check and the sandbox that answers, and reports, in other ways than documented. */
async function startDifferent({ url }: Sandbox): Promise<Different> {
	let reportTo = '';
	const server: Server = createServer((request, response) => {
		void answer(request).then(({ status, headers, body }) => {
			response.writeHead(status, headers).end(body);
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

	async function answer(request: IncomingMessage) {
		const path = request.url ?? '';
		const body = await buffer(request);
		if (path === '/report') return await passOn(request, body);
		if (path.startsWith('/messaging/')) return refused(403, 'No product');
		if (/^\/webhookconfigs-kpn\/applications$/.test(path)) return refused(403, 'No product');
		const text = body.toString();
		reportTo = /"webhook_url":"([^"]+)"/.exec(text)?.[1] ?? reportTo;
		const sent = text.replace(/"webhook_url":"[^"]+"/, `"webhook_url":"${own}/report"`);
		const { authorization = '', 'content-type': type = 'text/plain' } = request.headers;
		const real = await fetch(`${url}${path}`, {
			method: request.method,
			headers: { authorization, 'content-type': type },
			body: request.method === 'GET' ? undefined : sent,
		});
		return different(path, real.status, await real.text());
	}

	/** Reports with another signature, another number and a status in words. */
	async function passOn(request: IncomingMessage, body: Buffer) {
		const changed = body
			.toString()
			.replace('"RecipientPhonenumber":"31', '"RecipientPhonenumber":"+31')
			.replace('"Status":1', '"Status":"Delivered"');
		const headers = {
			...(request.headers as Record<string, string>),
			'content-length': String(Buffer.byteLength(changed)),
			'x-kpn-webhook-signature': createHmac('sha1', SIGNING_SECRET)
				.update(changed)
				.digest('base64'),
		};
		// Those of the connection are not passed on.
		const kept = Object.entries(headers).filter(([name]) => /^(content|x-kpn)-/.test(name));
		const { status } = await fetch(reportTo, { method: 'POST', headers: kept, body: changed });
		return { status, headers: {}, body: '' };
	}

	return {
		url: own,
		close: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

const refused = (status: number, message: string) => ({
	status,
	headers: { 'content-type': 'application/json' },
	body: JSON.stringify({ errorResponse: { code: String(status), message, info: 'none' } }),
});

/** A refusal that quotes what no report may hold. */
const QUOTING = JSON.stringify({
	message: `sandbox-key may not send to ${NUMBER}, ask developer@example.com, https://x.example/secret-path`,
});

function different(path: string, status: number, text: string) {
	const headers = { 'content-type': 'application/json' };
	if (path.startsWith('/oauth/') && status === 200) {
		return { status, headers, body: text.replace('"expires_in":"3599"', '"expires_in":7199') };
	}
	if (path.startsWith('/communication/')) {
		// Neither quota nor version, another shape of refusals, and an id that is no UUID.
		const id = text.replace(/"document_id":"[^"]+"/, '"document_id":"12-34"');
		return { status, headers, body: status === 400 ? QUOTING : id };
	}
	return { status, headers, body: text };
}
