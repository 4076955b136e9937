import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { outputOf, runWorkflow } from '../../dev/engine';
import { startForwardProxy, type ForwardProxy, type ProxyBehavior } from '../support/forwardProxy';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** Proxy on the Settings tab: used as it is written, or refused; and what is its fault is called so. */

let setting: EngineSetup;
let proxy: ForwardProxy | undefined;
beforeEach(async () => {
	setting = await startEngineSetup();
});
afterEach(async () => {
	await proxy?.close();
	proxy = undefined;
	await setting.sandbox.close();
});

const send = async (
	requestOptions: { proxy?: string; allowUnauthorizedCerts?: boolean },
	changes = {},
) =>
	await runWorkflow(
		smsWorkflow({ parameters: { requestOptions }, ...changes }),
		startAtBefore(messagesTo(3)),
		setting.credentials,
	);

const CONTINUES = { onError: 'continueRegularOutput' };

test.each([
	['proxy.corp.nl:3128', /Proxy on the Settings tab has no http:\/\/.*write it like http:\/\//],
	['localhost:3128', /Proxy on the Settings tab has no http/],
	['ftp://proxy.corp.nl:21', /begins with ftp:\/\/, and n8n has only http/],
	['socks5://127.0.0.1:1080', /begins with socks5:\/\//],
	['htp://127.0.0.1:3128', /begins with htp:\/\//],
	['http://name:hush100%@127.0.0.1:3128', /password in Proxy .* has a % in it: write %25/],
	['={{ $json.nowhere }}', /Proxy on the Settings tab is empty, for its expression gives nothing/],
])('the Proxy %s is refused in words, and nothing leaves', async (given, words) => {
	// n8n's routing, where it runs, looks at the proxy itself.
	const parameters = { requestOptions: { proxy: given } };
	const stopped = await send({}, { parameters });
	expect(stopped.data.resultData.error?.message).toMatch(words);
	const continued = await send({}, { ...CONTINUES, parameters });
	const output = outputOf(continued, 'SMS').map(({ json }) => json);
	expect(output.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
	expect(output[0]?.message).toMatch(words);
	expect(JSON.stringify([stopped.data.resultData.error?.message, output])).not.toMatch(/hush/);
	expect(setting.sandbox.calls).toHaveLength(0);
	expect(setting.sandbox.tokenCalls).toHaveLength(0);
});

/** KPN at an https address, to which a way has to be asked for. The token is there already. */
async function behind(
	way: ProxyBehavior,
	baseUrl = 'https://kpn.example.com',
): Promise<ForwardProxy> {
	setting.credentials.set('kpn', {
		...setting.credentials.raw('kpn'),
		baseUrl,
		smsApi: 'current',
		oauthTokenData: { access_token: 'a1'.repeat(14) },
	});
	proxy = await startForwardProxy(way);
	return proxy;
}

test.each([201, 302, 400, 401, 403, 407, 502, 503, 504])(
	'%i to CONNECT is the proxy’s own: nothing left, and the words name Proxy',
	async (status) => {
		const headers = 'location: http://portal.example/\r\n';
		const { url, asked } = await behind({ status, headers });
		const parameters = { requestOptions: { proxy: url }, options: { maximumRetries: 0 } };
		const result = await send({}, { ...CONTINUES, parameters });
		const output = outputOf(result, 'SMS').map(({ json }) => json);
		expect(output).toHaveLength(3);
		for (const json of output) {
			expect(json).toMatchObject({
				outcome: 'refused',
				statusCode: status,
				message: expect.stringMatching(
					/^Not sent.*the proxy between n8n and KPN.*No way.*Proxy on the Settings tab/,
				),
			});
		}
		// Nor is it a bad message, which a call would be halved for.
		expect(asked).toEqual([{ address: 'kpn.example.com:443' }]);
	},
);

test.each([
	['an answer that does not end', 'HTTP/1.1 200 Conn'],
	['an answer that is none', 'SSH-2.0-OpenSSH\r\n\r\n'],
	['a refusal whose text does not end', 'HTTP/1.1 401 No\r\ncontent-length: 50\r\n\r\nWho'],
	['a way, and then nothing', 'HTTP/1.1 200 OK\r\n\r\n'],
	['a way, and then no TLS', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 502 Bad\r\n\r\n'],
])('a proxy that gives %s: nothing left, and the words name Proxy', async (_, says) => {
	const { url } = await behind({ says });
	const parameters = {
		requestOptions: { proxy: url, timeout: 1000 },
		options: { maximumRetries: 0 },
	};
	const result = await send({}, { ...CONTINUES, parameters });
	for (const { json } of outputOf(result, 'SMS')) {
		expect(json).toMatchObject({
			outcome: 'refused',
			message: expect.stringMatching(/^Not sent.*proxy.*Proxy on the Settings tab/),
		});
	}
});

test('a proxy that is written with https:// and speaks http: nothing left', async () => {
	const { url, asked } = await behind('open');
	const proxy = url.replace('http:', 'https:');
	const result = await send({ proxy }, CONTINUES);
	expect(outputOf(result, 'SMS')[0]?.json).toMatchObject({
		outcome: 'refused',
		message: expect.stringMatching(
			/through the proxy could not be made\. \(EPROTO\).*Proxy on the Settings tab.*http:\/\/myproxy/,
		),
	});
	expect(asked).toHaveLength(0);
});

test('a Base URL with https:// where KPN speaks http: nothing left', async () => {
	const { credentials, sandbox } = setting;
	credentials.set('kpn', {
		...credentials.raw('kpn'),
		baseUrl: sandbox.url.replace('http:', 'https:'),
		oauthTokenData: { access_token: 'a1'.repeat(14) },
	});
	expect(outputOf(await send({}, CONTINUES), 'SMS')[0]?.json).toMatchObject({
		outcome: 'refused',
		message: expect.stringMatching(/Base URL in the credential/),
	});
});

test.each(['', 'https://api.example/?key=hush', 'https://name:hush@127.0.0.1:9'])(
	'the Base URL %p: nothing leaves, and no password is in any word',
	async (baseUrl) => {
		setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), baseUrl });
		const { data } = await send({}, CONTINUES);
		const output = outputOf(await send({}, CONTINUES), 'SMS').map(({ json }) => json);
		expect(output.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
		expect(output[0]?.message).toMatch(/^Not sent: The Base URL in the credential/);
		expect(JSON.stringify(data)).not.toMatch(/hush/);
		expect(setting.sandbox.tokenCalls).toHaveLength(0);
	},
);

test('a proxy that hangs up when it is asked for a way: nothing left', async () => {
	const { url } = await behind('hangUp');
	const parameters = { requestOptions: { proxy: url }, options: { maximumRetries: 0 } };
	const result = await send({}, { ...CONTINUES, parameters });
	expect(outputOf(result, 'SMS').map(({ json }) => json)[0]).toMatchObject({
		outcome: 'refused',
		message: expect.stringMatching(
			/the proxy between n8n and KPN hung up.*Proxy on the Settings tab/,
		),
	});
});

test('407 of a proxy that passes calls on itself is about the proxy too, and is learnt once', async () => {
	proxy = await startForwardProxy('open');
	const result = await send({ proxy: proxy.url }, CONTINUES);
	const output = outputOf(result, 'SMS').map(({ json }) => json);
	expect(output.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
	expect(output[0]?.message).toMatch(
		/the proxy between n8n and KPN wants a name and a password.*Proxy on the Settings tab/,
	);
});

test('a proxy that is not there is named as what could not be reached', async () => {
	const parameters = {
		requestOptions: { proxy: 'http://127.0.0.1:9' },
		options: { maximumRetries: 0 },
	};
	const result = await send({}, { ...CONTINUES, parameters });
	expect(outputOf(result, 'SMS')[0]?.json).toMatchObject({
		outcome: 'refused',
		message: expect.stringMatching(
			/the connection to the proxy was refused.*Proxy on the Settings tab/,
		),
	});
});

test.each([
	['http://name:p%25ss%40word@', 'name:p%ss@word'],
	['http://name@', 'name:'],
])('the proxy gets the name and password that %s has', async (start, given) => {
	const { url, asked } = await behind({ status: 502 });
	const parameters = {
		requestOptions: { proxy: url.replace('http://', start) },
		options: { maximumRetries: 0 },
	};
	await send({}, { ...CONTINUES, parameters });
	expect(asked[0]?.authorization).toBe(given);
});

describe('through the proxy, over TLS', () => {
	let kpn: Server;
	let folder: string;
	let answer: { status: number; body: string };
	let calls = 0;

	beforeEach(async () => {
		calls = 0;
		folder = mkdtempSync(join(tmpdir(), 'kpn-tls-'));
		const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [
			string,
			string,
		];
		const subject = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', cert];
		execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], {
			stdio: 'ignore',
		});
		kpn = createServer(
			{ key: readFileSync(key), cert: readFileSync(cert) },
			(request, response) => {
				request.resume().on('end', () => {
					calls++;
					response.writeHead(answer.status, { 'content-type': 'application/json' });
					response.end(answer.body);
				});
			},
		);
		await new Promise<void>((resolve) => kpn.listen(0, '127.0.0.1', resolve));
	});
	afterEach(async () => {
		kpn.closeAllConnections();
		await new Promise((resolve) => kpn.close(resolve));
		rmSync(folder, { recursive: true });
	});

	test.each([
		[200, 'accepted', true],
		[201, 'accepted', true],
		[206, 'unknown', true],
		[502, 'unknown', true],
		[504, 'unknown', true],
		[403, 'refused', true],
		[502, 'unknown', false],
	])('%i is KPN’s own: %s (through a proxy: %p)', async (status, outcome, proxied) => {
		answer = { status, body: status < 300 ? '{"document_id":"5f0e","status":"OK"}' : '' };
		const { port } = kpn.address() as AddressInfo;
		const { url, asked } = await behind('open', `https://127.0.0.1:${port}`);
		const requestOptions = { allowUnauthorizedCerts: true, ...(proxied && { proxy: url }) };
		const result = await send(requestOptions, CONTINUES);
		const [first] = outputOf(result, 'SMS').map(({ json }) => json);
		expect(first?.outcome).toBe(outcome);
		expect(String(first?.message)).not.toMatch(/proxy/i);
		expect(calls).toBeGreaterThan(0);
		expect(asked.length > 0).toBe(proxied);
	});
});
