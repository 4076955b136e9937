import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { askToken, pause, sender, token } from '../../support/sandbox/client';

let sandbox: Sandbox;
beforeAll(async () => {
	sandbox = await startSandbox();
});
afterEach(() => sandbox.reset());
afterAll(async () => await sandbox.close());

test('a right request gets a token in the words of KPN, every value a string', async () => {
	const before = Date.now();
	const answer = await askToken(sandbox);
	expect(answer.status).toBe(200);
	const { api_product_list_json, ...strings } = (await answer.json()) as Record<string, unknown>;
	expect(api_product_list_json).toEqual([expect.any(String)]);
	expect(strings).toEqual({
		refresh_token_expires_in: '0',
		api_product_list: expect.any(String),
		organization_name: 'kpn',
		'developer.email': expect.any(String),
		token_type: 'Bearer',
		issued_at: expect.stringMatching(/^\d{13}$/),
		client_id: 'sandbox-key',
		access_token: expect.stringMatching(/^\w{28}$/),
		application_name: expect.stringMatching(/^[\da-f-]{36}$/),
		scope: '',
		expires_in: '3599',
		refresh_count: '0',
		status: 'approved',
	});
	expect(Number(strings.issued_at)).toBeGreaterThanOrEqual(before);
});

test.each([
	['key', { client_id: 'other', client_secret: 'sandbox-secret' }],
	['secret', { client_id: 'sandbox-key', client_secret: 'other' }],
	['form without both', {}],
])('a wrong %s is answered with 401 invalid_client', async (_what, form: object) => {
	const answer = await askToken(sandbox, { form: { ...form } });
	expect(answer.status).toBe(401);
	expect(await answer.json()).toEqual({
		ErrorCode: 'invalid_client',
		Error: 'ClientId is Invalid',
	});
});

test.each(['', '?grant_type=password'])('the query "%s" is a 400', async (query) => {
	expect((await askToken(sandbox, { query })).status).toBe(400);
});

test('a grant type in the form instead of the query is a 400', async () => {
	const form = {
		grant_type: 'client_credentials',
		client_id: 'sandbox-key',
		client_secret: 'sandbox-secret',
	};
	expect((await askToken(sandbox, { query: '', form })).status).toBe(400);
});

test('a body that is no form is a 400', async () => {
	const body = JSON.stringify({ client_id: 'sandbox-key', client_secret: 'sandbox-secret' });
	const headers = { 'content-type': 'application/json' };
	expect((await askToken(sandbox, { init: { body, headers } })).status).toBe(400);
});

test('any method but POST is a 405', async () => {
	const answer = await askToken(sandbox, { init: { method: 'GET', body: null } });
	expect(answer.status).toBe(405);
});

test('every token call is on record with what was asked and answered', async () => {
	await askToken(sandbox);
	await askToken(sandbox, { form: { client_id: 'other' } });
	expect(sandbox.tokenCalls).toMatchObject([
		{
			method: 'POST',
			query: { grant_type: 'client_credentials' },
			form: { client_id: 'sandbox-key', client_secret: 'sandbox-secret' },
			headers: { 'content-type': expect.stringContaining('application/x-www-form-urlencoded') },
			status: 200,
		},
		{ form: { client_id: 'other' }, status: 401 },
	]);
});

const invalidToken = {
	fault: {
		faultstring: 'Invalid access token',
		detail: { errorcode: 'oauth.v2.InvalidAccessToken' },
	},
};

test.each([
	['no', ''],
	['an unknown', 'Bearer 0123456789012345678901234567'],
	['a basic', 'Basic c2FuZGJveC1rZXk6c2FuZGJveC1zZWNyZXQ='],
])('%s token is a 401 of the gateway, and nothing is taken', async (_what, authorization) => {
	const send = await sender(sandbox);
	const answer = await send(undefined, { headers: { authorization } });
	expect(answer.status).toBe(401);
	expect(await answer.json()).toEqual(invalidToken);
	expect(sandbox.messages).toEqual([]);
});

test('a token serves many sends, until it is expired', async () => {
	const send = await sender(sandbox);
	expect((await send()).status).toBe(200);
	expect((await send()).status).toBe(200);
	sandbox.expireTokens();
	const answer = await send();
	expect(answer.status).toBe(401);
	expect(await answer.json()).toEqual(invalidToken);
	const renewed = await sender(sandbox);
	expect((await renewed()).status).toBe(200);
});

test('a token is valid for as long as it says, and no longer', async () => {
	const brief = await startSandbox({ tokenLifetimeSeconds: 0.5 });
	try {
		const send = await sender(brief);
		expect((await send()).status).toBe(200);
		await pause(510);
		expect((await send()).status).toBe(401);
	} finally {
		await brief.close();
	}
});

test('the key and secret given at the start are the ones that count', async () => {
	const own = await startSandbox({ clientId: 'my-key', clientSecret: 'my-secret' });
	try {
		expect(await token(own)).toHaveLength(28);
		expect((await askToken(own, { form: { client_id: 'sandbox-key' } })).status).toBe(401);
	} finally {
		await own.close();
	}
});
