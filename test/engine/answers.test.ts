import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { outputOf, retryExecution, runWorkflow } from '../../dev/engine';
import type { Fault } from '../../sandbox';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** What KPN, or something before it, can answer, and what comes of it for the other messages. */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const CONTINUES = { onError: 'continueRegularOutput' } as const;

const send = async (count: number, changes: Parameters<typeof smsWorkflow>[0] = CONTINUES) =>
	await runWorkflow(smsWorkflow(changes), startAtBefore(messagesTo(count)), setting.credentials);

const always = (answer: Fault['answer'], more: Partial<Fault> = {}) =>
	setting.sandbox.inject({ times: null, answer, ...more });

const tokenOf = () =>
	(setting.credentials.raw('kpn').oauthTokenData as { access_token: string }).access_token;

describe.each([302, 400, 401, 403, 500, 200])('%i that quotes the request', (status) => {
	test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
		'%s: what it says is kept, the token is not',
		async (onError) => {
			always({ kind: 'quote', status });
			const { data } = await send(2, { onError });
			const { error } = data.resultData;
			const kept = JSON.stringify([data, error?.message, error?.description, error?.stack]);
			expect(kept).toContain('Blocked. Your request was:');
			expect(kept).toMatch(/authorization: …/);
			if (status !== 200) expect(kept).toContain('location: https://elsewhere.example/');
			expect(tokenOf()).toMatch(/\w{20}/);
			expect(kept).not.toContain(tokenOf());
		},
	);
});

test('a token call whose answer quotes the client secret', async () => {
	setting.sandbox.inject({ on: 'token', times: null, answer: { kind: 'quote', status: 403 } });
	const { data } = await send(1);
	expect(JSON.stringify(data)).toContain('Blocked. Your request was:');
	expect(JSON.stringify(data)).not.toContain(setting.sandbox.clientSecret);
});

test.each([400, 413, 422])(
	'%i for one of a call’s messages does not hold up the others',
	async (status) => {
		always({ kind: 'http', status }, { match: { content: 'Message 5' } });
		const outcomes = outputOf(await send(20), 'SMS').map(({ json }) => json.outcome);
		expect(outcomes).toEqual(
			Array.from({ length: 20 }, (_, item) => (item === 5 ? 'refused' : 'accepted')),
		);
		expect(setting.sandbox.calls.length).toBeLessThanOrEqual(11);
	},
);

test.each([402, 410, 415, 418, 421, 426, 431, 451])(
	'%i concerns every call: it is learnt once, and the messages are not blamed',
	async (status) => {
		const v1 = await startEngineSetup({ smsApi: 'v1' });
		v1.sandbox.inject({ times: null, answer: { kind: 'http', status } });
		const run = await runWorkflow(
			smsWorkflow(CONTINUES),
			startAtBefore(messagesTo(40)),
			v1.credentials,
		);
		const output = outputOf(run, 'SMS').map(({ json }) => json);
		expect(output.map(({ outcome }) => outcome)).toEqual(Array(40).fill('refused'));
		expect(output[0]?.statusCode).toBe(status);
		expect(output[0]?.message).not.toMatch(/wrong with the message|Content/);
		expect(v1.sandbox.calls.length).toBeLessThanOrEqual(5);
		await v1.sandbox.close();
	},
);

test('413 names the option Messages per Call', async () => {
	always({ kind: 'http', status: 413, shape: 'html' });
	const { data } = await send(1, {});
	expect(data.resultData.error?.description).toMatch(/Messages per Call/);
});

test('an API that is switched off is told as such: 410, or a sunset that has passed', async () => {
	const sunset = (time: number) => ({ sunset: new Date(time).toISOString() });
	for (const answer of [
		{ kind: 'http', status: 410 },
		{ kind: 'http', status: 404, headers: sunset(Date.now() - 864e5) },
		{ kind: 'http', status: 403, headers: { sunset: '2025-01-31' } },
	] as const) {
		setting.sandbox.inject({ answer });
		const { data } = await send(1, {});
		expect(data.resultData.error?.message).toMatch(/KPN has switched this API off/);
		expect(data.resultData.error?.description).toMatch(/Choose SMS \(Current\).*in the credential/);
	}
	setting.sandbox.inject({
		answer: { kind: 'http', status: 404, headers: sunset(Date.now() + 864e5) },
	});
	const { data } = await send(1, {});
	expect(data.resultData.error?.message).not.toMatch(/switched/);
});

test.each([408, 409, 444, 460, 499])(
	'%i: KPN may have it, and no retry sends it again',
	async (status) => {
		setting.sandbox.inject({ accept: true, answer: { kind: 'http', status, shape: 'html' } });
		const file = smsWorkflow({ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		const run = await runWorkflow(file, startAtBefore(messagesTo(1)), setting.credentials);
		expect(run.data.resultData.error?.message).toMatch(/^Unknown whether KPN took the SMS/);
		expect(setting.sandbox.messages).toHaveLength(1);
	},
);

test.each([
	{ status: 'FAILED' },
	{ status: 'ERROR' },
	{ status: 'NOK' },
	{ status: 'Rejected' },
	{ status: 500 },
	{ status: 'OK', errorResponse: { code: '400', message: 'Bad' } },
])(
	'a document ID beside %j is no success: unknown, in KPN’s words, and never sent again',
	async (said) => {
		const body = { document_id: '5f0e', ...said };
		setting.sandbox.inject({ accept: true, answer: { kind: 'http', status: 200, body } });
		const file = smsWorkflow();
		const run = await runWorkflow(file, startAtBefore(messagesTo(1)), setting.credentials);
		const { error } = run.data.resultData;
		expect(error?.message).toMatch(/^Unknown whether.*says at the same time that it failed/);
		expect(error?.description).toMatch(/KPN says: “.*(FAILED|ERROR|NOK|Rejected|500|Bad)/);
		await retryExecution(run, file, setting.credentials);
		expect(setting.sandbox.messages).toHaveLength(1);
	},
);

test.each([302, 400, 401, 413, 422, 429, 503])(
	'%i with a document ID: KPN may have them all, and nothing sends them again',
	async (status) => {
		const answer = { kind: 'http', status, body: { document_id: '5f0e' } } as const;
		always(answer, { accept: true });
		const file = smsWorkflow({ retryOnFail: true, maxTries: 2, waitBetweenTries: 1 });
		const run = await runWorkflow(file, startAtBefore(messagesTo(20)), setting.credentials);
		expect(run.data.resultData.error?.message).toMatch(/20 unknown/);
		await retryExecution(run, file, setting.credentials);
		expect(setting.sandbox.messages).toHaveLength(20);
		expect(setting.sandbox.calls).toHaveLength(1);
	},
);

test.each([null, 0, {}])('a document ID beside the status %j: none is made up', async (status) => {
	always({ kind: 'http', status: 200, body: { document_id: '5f0e', status } }, { accept: true });
	const [item] = outputOf(await send(1), 'SMS');
	expect(item?.json).toMatchObject({ outcome: 'accepted', document_id: '5f0e' });
	expect(item?.json).not.toHaveProperty('status');
});

test.each(['OK', 'ACCEPTED', 'Queued', 'submitted', 'scheduled', '200', ''])(
	'a document ID beside the status %p is a success',
	async (status) => {
		const body = { document_id: '5f0e', status };
		setting.sandbox.inject({ accept: true, answer: { kind: 'http', status: 200, body } });
		const [item] = outputOf(await send(1), 'SMS');
		expect(item?.json).toMatchObject({ outcome: 'accepted', document_id: '5f0e' });
	},
);

test.each([
	['{"status":"OK"}', 200, 'unknown'],
	['{"document_id":"5f0e","status":"OK"}', 200, 'unknown'],
	['{"errorResponse":{"message":"No"}}', 400, 'refused'],
])('an answer of 60 MB is not read to its end: %s, %i', async (start, status, outcome) => {
	const server = createServer((request, response) => {
		if (request.url?.startsWith('/oauth')) {
			response.end('{"access_token":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1","token_type":"Bearer"}');
			return;
		}
		response.writeHead(status, { 'content-type': 'application/json' });
		response.write(start);
		const blanks = Buffer.alloc(1e6, ' ');
		const more = () => {
			while (written < 60e6 && !response.destroyed) {
				written += blanks.length;
				if (!response.write(blanks)) return void response.once('drain', more);
			}
			response.end();
		};
		more();
	});
	let written = 0;
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), baseUrl });
	const [item] = outputOf(await send(1), 'SMS');
	expect(item?.json).toMatchObject({ outcome, statusCode: status });
	expect(written).toBeLessThan(30e6);
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

test.each([200, 403, 503])(
	'%i whose body never ends is given up at the Timeout',
	async (status) => {
		const server = createServer((request, response) => {
			if (request.url?.startsWith('/oauth')) {
				response.end('{"access_token":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1","token_type":"Bearer"}');
				return;
			}
			response.writeHead(status, { 'content-length': '40' });
			response.write('{"a');
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), baseUrl });
		const parameters = { requestOptions: { timeout: 500 } };
		const [item] = outputOf(await send(1, { ...CONTINUES, parameters }), 'SMS');
		expect(item?.json).toMatchObject({ outcome: 'unknown' });
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	},
);

test.each(['{"document_id":"5f0e","status":"OK"}', '{"data":"{\\"document_id\\":\\"5f0e\\"}"}'])(
	'a document ID within a text may mean that KPN has it: %s',
	async (text) => {
		const body = text.startsWith('{"data') ? text : JSON.stringify(text);
		always({ kind: 'http', status: 200, body });
		const [item] = outputOf(await send(1), 'SMS');
		expect(item?.json).toMatchObject({ outcome: 'unknown' });
	},
);

test('an item that an earlier try had accepted says so', async () => {
	setting.sandbox.inject({
		match: { content: 'Message 1' },
		times: 2,
		answer: { kind: 'http', status: 400 },
	});
	const file = smsWorkflow();
	const items = startAtBefore(messagesTo(2));
	const failed = await runWorkflow(file, items, setting.credentials);
	const retried = await retryExecution(failed, file, setting.credentials);
	const output = outputOf(retried, 'SMS').map(({ json }) => json);
	expect(output.map(({ outcome, acceptedBefore }) => [outcome, acceptedBefore])).toEqual([
		['accepted', true],
		['accepted', undefined],
	]);
	expect(setting.sandbox.messages).toHaveLength(2);
});

test('of several recipients, each that an earlier try had accepted says so', async () => {
	const [to, other] = messagesTo(2).map((message) => message.to);
	setting.sandbox.inject({
		match: { mobileNumber: other },
		times: 2,
		answer: { kind: 'http', status: 400 },
	});
	const file = smsWorkflow();
	const items = startAtBefore([{ to: `${to}, ${other}`, text: 'Both' }]);
	const failed = await runWorkflow(file, items, setting.credentials);
	const retried = await retryExecution(failed, file, setting.credentials);
	const [item] = outputOf(retried, 'SMS').map(({ json }) => json);
	expect(item).not.toHaveProperty('acceptedBefore');
	expect(item?.messages).toEqual([
		expect.objectContaining({ recipient: to, acceptedBefore: true }),
		expect.not.objectContaining({ acceptedBefore: true }),
	]);
});

test('what KPN’s log-in cannot do for a moment is said so', async () => {
	setting.sandbox.inject({
		on: 'token',
		times: null,
		answer: { kind: 'http', status: 502, shape: 'html' },
	});
	const { data } = await send(1, {});
	expect(data.resultData.error?.message).toMatch(
		/^Not sent: KPN’s token server failed \(status 502\)/,
	);
	expect(data.resultData.error?.description).toMatch(
		/again in some minutes; where the workflow has stopped, Retry/,
	);
});
