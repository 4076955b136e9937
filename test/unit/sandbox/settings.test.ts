import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { refusalOf, token } from '../../support/sandbox/client';

let sandbox: Sandbox;
afterEach(async () => await sandbox.close());

type Call = (method: string, path: string, body?: unknown) => Promise<Response>;

/** A client of the webhook settings, with a token of its own. */
async function settings(options = {}): Promise<Call> {
	sandbox = await startSandbox(options);
	const authorization = `Bearer ${await token(sandbox)}`;
	return async (method, path, body) =>
		await fetch(
			`${sandbox.url}/webhookconfigs-kpn/${path.startsWith('//') ? path.slice(2) : `applications${path}`}`,
			{
				method,
				headers: {
					authorization,
					...(body !== undefined && { 'content-type': 'application/json' }),
				},
				...(body !== undefined && { body: JSON.stringify(body) }),
			},
		);
}

const url = 'https://example.com/reports';
const jsonOf = async (answer: Response) => ({ status: answer.status, json: await answer.json() });

test('the application’s webhook is made, read, changed and removed', async () => {
	const call = await settings();
	expect(await refusalOf(await call('GET', ''))).toMatchObject({ status: 404, code: '404' });
	expect((await call('PUT', '', { webhook_url: url })).status).toBe(404);
	const made = { scope_type: 'APPLICATION', webhook_url: url };
	expect(await jsonOf(await call('POST', '', { webhook_url: url }))).toEqual({
		status: 201,
		json: made,
	});
	expect((await call('POST', '', { webhook_url: url })).status).toBe(400);
	expect(await jsonOf(await call('GET', ''))).toEqual({ status: 200, json: made });
	const privacy_config = { excluded_fields: { sms_dlr: ['Message'] } };
	const changed = { webhook_url: `${url}/2`, privacy_config };
	expect(await jsonOf(await call('PUT', '', changed))).toMatchObject({
		status: 200,
		json: changed,
	});
	expect((await call('DELETE', '')).status).toBe(204);
	expect((await call('DELETE', '')).status).toBe(404);
});

test.each([
	[{}, /webhook_url/],
	[{ webhook_url: 'example' }, /https/],
	[{ webhook_url: 'http://example.com' }, /https/],
	[{ webhook_url: 'ftp://127.0.0.1' }, /https/],
	[{ webhook_url: `${url}/${'x'.repeat(2048)}` }, /2048/],
	[{ webhook_url: url, privacy: {} }, /privacy/],
	[
		{ webhook_url: url, privacy_config: { excluded_fields: { sms_dlr: Array(51).fill('x') } } },
		/50/,
	],
])('%j is refused', async (body, words) => {
	const call = await settings();
	const refused = await refusalOf(await call('POST', '', body));
	expect(refused.status).toBe(400);
	expect(refused.message).toMatch(words);
});

test.each([
	{},
	{ excluded_fields: {} },
	{ excluded_fields: { sms_dlr: [], another_service: ['Name'] } },
])('the privacy_config %j is taken, and given back as it was', async (privacy_config) => {
	const call = await settings();
	expect((await call('POST', '', { webhook_url: url, privacy_config })).status).toBe(201);
	const { json } = await jsonOf(await call('GET', ''));
	expect(json).toMatchObject({ privacy_config });
});

test('team and organization have the same calls, and come down to the application', async () => {
	const call = await settings();
	await call('POST', '//organizations', { webhook_url: `${url}/organization` });
	expect((await jsonOf(await call('GET', ''))).json).toMatchObject({ scope_type: 'ORGANIZATION' });
	await call('POST', '//teams', { webhook_url: `${url}/team` });
	await call('POST', '//teams/keys', { secret: 'of the team' });
	const inherited = { scope_type: 'CUSTOMER', webhook_url: `${url}/team` };
	expect((await jsonOf(await call('GET', ''))).json).toMatchObject(inherited);
	expect((await call('GET', '/keys/reveal')).status).toBe(404);
	expect((await jsonOf(await call('GET', '//teams/keys/reveal'))).json).toMatchObject({
		secret: 'of the team',
	});
	sandbox.settings.showsInherited = false;
	expect((await call('GET', '')).status).toBe(404);
	expect((await call('DELETE', '//teams')).status).toBe(204);
});

test.each([{ secret: 'x'.repeat(4097) }, { secret: 'x', key_id: 'k'.repeat(129) }])(
	'a key beyond the limits is refused',
	async (key) => {
		expect((await (await settings())('POST', '/keys', key)).status).toBe(400);
	},
);

test('a status is asked for in upper case', async () => {
	const call = await settings();
	expect((await call('GET', '/keys?status=active')).status).toBe(400);
	expect((await call('GET', '/keys?status=RETIRING')).status).toBe(200);
});

test('of two products, each has its calls', async () => {
	const call = await settings({ webhookProducts: 'configuration' });
	expect((await call('GET', '')).status).toBe(404);
	const refused = await refusalOf(await call('GET', '/keys/reveal'));
	expect(refused).toMatchObject({ status: 403 });
	expect(refused.message).toMatch(/WebhookConfigs-SigningKeys-KPN/);
});

test('http is taken on this machine only, and not even there if so set', async () => {
	const local = { webhook_url: 'http://localhost:5678/webhook' };
	expect((await (await settings())('POST', '', local)).status).toBe(201);
	await sandbox.close();
	expect((await (await settings({ httpOnLoopback: false }))('POST', '', local)).status).toBe(400);
});

test('a new key is active at once and sends the one before to retiring', async () => {
	const call = await settings();
	expect((await call('GET', '/keys/reveal')).status).toBe(404);
	const first = (await (await call('POST', '/keys', { secret: 'one' })).json()) as {
		key_id: string;
	};
	expect(first).toEqual({
		key_id: expect.stringMatching(/^wk_/),
		status: 'active',
		created_at: expect.any(String),
		updated_at: expect.any(String),
	});
	await call('POST', '/keys', { secret: 'two', key_id: 'wk_two' });
	expect((await jsonOf(await call('GET', '/keys/reveal'))).json).toEqual({
		key_id: 'wk_two',
		secret: 'two',
		status: 'active',
	});
	expect((await jsonOf(await call('GET', '/keys'))).json).toMatchObject([
		{ key_id: first.key_id, status: 'retiring' },
		{ key_id: 'wk_two', status: 'active' },
	]);
	expect((await jsonOf(await call('GET', '/keys?status=ACTIVE'))).json).toMatchObject([
		{ key_id: 'wk_two' },
	]);
});

test('a key goes from staged to active, from retiring to retired, and only then away', async () => {
	const call = await settings();
	await call('POST', '/keys', { secret: 'one', key_id: 'wk_1' });
	await call('POST', '/keys', { secret: 'two', key_id: 'wk_2', staged: true });
	const tries = async (id: string) => [
		(await call('DELETE', `/keys/${id}`)).status,
		(await call('POST', `/keys/${id}/retire`)).status,
	];
	expect(await tries('wk_1')).toEqual([400, 400]);
	expect(await tries('wk_2')).toEqual([400, 400]);
	expect((await call('POST', '/keys/wk_2/activate')).status).toBe(200);
	expect((await call('POST', '/keys/wk_1/activate')).status).toBe(400);
	expect(await tries('wk_1')).toEqual([400, 200]);
	expect((await call('DELETE', '/keys/wk_1')).status).toBe(204);
	expect((await call('DELETE', '/keys/wk_1')).status).toBe(404);
	expect(sandbox.settings.keys).toMatchObject([{ key_id: 'wk_2', status: 'active' }]);
});

test('without the product every call is 403, and with a bad token 401', async () => {
	const call = await settings({ webhookProducts: false });
	expect((await refusalOf(await call('GET', ''))).status).toBe(403);
	sandbox.expireTokens();
	expect((await call('GET', '')).status).toBe(401);
});

test('calls are recorded, and faults hit them', async () => {
	const call = await settings();
	sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 503 } });
	expect((await call('POST', '', { webhook_url: url })).status).toBe(503);
	expect(sandbox.settings.application).toBeUndefined();
	sandbox.inject({ on: 'settings', accept: true, answer: { kind: 'http', status: 500 } });
	expect((await call('POST', '', { webhook_url: url })).status).toBe(500);
	expect(sandbox.settings.application).toEqual({ webhook_url: url });
	expect(sandbox.settingsCalls).toMatchObject([
		{ method: 'POST', path: '/applications', body: { webhook_url: url }, status: 503 },
		{ status: 500 },
	]);
	sandbox.reset();
	expect(sandbox.settingsCalls).toEqual([]);
	expect(sandbox.settings.application).toEqual({ webhook_url: url });
	expect(() => sandbox.inject({ on: 'settings', match: { content: 'x' } })).toThrow(
		/settings call/,
	);
});
