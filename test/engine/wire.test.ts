import { outputOf, runWorkflow } from '../../dev/engine';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

let setting: EngineSetup;
afterEach(async () => await setting.sandbox.close());

const send = async (items: Array<Record<string, unknown>>, changes = {}) =>
	await runWorkflow(smsWorkflow(changes), startAtBefore(items), setting.credentials);

test('the token is asked for with grant_type in the query, key and secret in the form', async () => {
	setting = await startEngineSetup();
	await send(messagesTo(1));
	expect(setting.sandbox.tokenCalls).toEqual([
		expect.objectContaining({
			method: 'POST',
			query: { grant_type: 'client_credentials' },
			form: expect.objectContaining({
				client_id: setting.sandbox.clientId,
				client_secret: setting.sandbox.clientSecret,
			}),
			status: 200,
		}),
	]);
	expect(setting.sandbox.tokenCalls[0]?.headers).toMatchObject({
		'content-type': 'application/x-www-form-urlencoded',
	});
});

test('v1 gets one message to one number in each call', async () => {
	setting = await startEngineSetup({ smsApi: 'v1' });
	await send([{ to: '06 12 34 56 70, 0612345671', text: 'Hello\n“you” 😀 ' }]);
	expect(setting.sandbox.calls.map(({ api, method, body }) => ({ api, method, body }))).toEqual([
		{ api: 'v1', method: 'POST', body: one('+31612345670', 'Hello\n“you” 😀 ') },
		{ api: 'v1', method: 'POST', body: one('+31612345671', 'Hello\n“you” 😀 ') },
	]);
	const { headers } = setting.sandbox.calls[0] ?? {};
	expect(headers).toMatchObject({
		'content-type': 'application/json',
		authorization: expect.stringMatching(/^Bearer \w{28}$/),
	});
});

test('the current API gets all messages of a sender in one call, an entry for each recipient', async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
	await send([
		{ to: ['0612345670', '+32470123456'], text: 'One' },
		{ to: 612345671, text: 2 },
	]);
	expect(setting.sandbox.calls.map(({ api, body }) => ({ api, body }))).toEqual([
		{
			api: 'current',
			body: {
				sender: 'Demo App',
				messages: [
					{ content: 'One', mobile_number: '+31612345670' },
					{ content: 'One', mobile_number: '+32470123456' },
					{ content: '2', mobile_number: '+31612345671' },
				],
			},
		},
	]);
});

test('a credential that says nothing of the API uses v1, at KPN itself', async () => {
	setting = await startEngineSetup();
	const { credentials } = setting;
	credentials.set('kpn', { clientId: 'key', clientSecret: 'secret' });
	const data = await credentials.getDecrypted(
		{} as never,
		{ id: 'kpn', name: 'KPN' },
		'kpnSmsOAuth2Api',
		'manual',
	);
	expect(data).toMatchObject({
		smsApi: 'v1',
		grantType: 'clientCredentials',
		authentication: 'body',
		accessTokenUrl:
			'https://api-prd.kpn.com/oauth/client_credential/accesstoken?grant_type=client_credentials',
		allowedHttpRequestDomains: 'domains',
		allowedDomains: 'api-prd.kpn.com',
	});
});

test('a base URL may end in a slash', async () => {
	setting = await startEngineSetup();
	const { sandbox, credentials } = setting;
	credentials.set('kpn', { ...credentials.raw('kpn'), baseUrl: `${sandbox.url}/` });
	await send(messagesTo(1));
	expect(sandbox.messages).toHaveLength(1);
});

test('one token serves many messages and later runs', async () => {
	setting = await startEngineSetup();
	await send(messagesTo(30));
	await send(messagesTo(30));
	expect(setting.sandbox.messages).toHaveLength(60);
	expect(setting.sandbox.tokenCalls).toHaveLength(1);
});

test('five calls are in flight at first, then more, and never more than 64', async () => {
	setting = await startEngineSetup({}, { delayMs: 200 });
	await send(messagesTo(400));
	const inFlight = setting.sandbox.calls.map((call) => call.inFlight);
	expect(inFlight.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
	expect(Math.max(...inFlight.slice(0, 15))).toBeLessThanOrEqual(10);
	expect(Math.max(...inFlight)).toBeGreaterThan(15);
	expect(Math.max(...inFlight)).toBeLessThanOrEqual(64);
});

test('two executions at once have one pace', async () => {
	setting = await startEngineSetup({}, { delayMs: 100 });
	await Promise.all([send(messagesTo(20)), send(messagesTo(20))]);
	const { calls } = setting.sandbox;
	expect(calls).toHaveLength(40);
	expect(Math.max(...calls.slice(0, 10).map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(6);
});

test('an expired token is renewed once, and nobody gets a message twice', async () => {
	setting = await startEngineSetup();
	await send(messagesTo(1));
	setting.sandbox.expireTokens();
	const run = await send(messagesTo(20));
	expect(run.data.resultData.error).toBeUndefined();
	expect(setting.sandbox.tokenCalls).toHaveLength(2);
	expect(setting.sandbox.messages).toHaveLength(21);
});

test('two executions at once on one credential share the first token and a renewed one', async () => {
	setting = await startEngineSetup();
	await Promise.all([send(messagesTo(10)), send(messagesTo(10))]);
	expect(setting.sandbox.tokenCalls).toHaveLength(1);
	setting.sandbox.expireTokens();
	await Promise.all([send(messagesTo(10)), send(messagesTo(10))]);
	expect(setting.sandbox.messages).toHaveLength(40);
	expect(setting.sandbox.tokenCalls).toHaveLength(2);
});

test('each result comes out once, in order, linked to its item', async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
	const items = messagesTo(5);
	const output = outputOf(await send(items), 'SMS');
	expect(output.map(({ json, pairedItem }) => ({ to: json.recipient, pairedItem }))).toEqual(
		items.map(({ to }, item) => ({ to, pairedItem: { item } })),
	);
	expect(output[0]?.json).toEqual({
		document_id: setting.sandbox.messages[0]?.documentId,
		status: 'OK',
		outcome: 'accepted',
		message: 'KPN has accepted it.',
		sender: 'Demo App',
		recipient: '+31612345670',
		encoding: 'GSM-7',
		parts: 1,
		characters: 9,
	});
});

test('with Execute Once only the first item is sent', async () => {
	setting = await startEngineSetup();
	const run = await send(messagesTo(3), { executeOnce: true });
	expect(outputOf(run, 'SMS')).toHaveLength(1);
	expect(setting.sandbox.messages).toHaveLength(1);
});

test.each([
	[{ batchSize: 'x', batchInterval: 100 }, 'Items per Batch'],
	[{ batchSize: 2, batchInterval: '1.000' }, 'Batch Interval'],
	[{ batchSize: true, batchInterval: 100 }, 'Items per Batch'],
])('Batching that is no whole number is refused, not ignored: %j', async (batch, label) => {
	setting = await startEngineSetup({ smsApi: 'current' });
	const run = await send(messagesTo(2), {
		parameters: { requestOptions: { batching: { batch } } },
	});
	expect(run.data.resultData.error?.message).toMatch(
		new RegExp(`^${label} of Batching on the Settings tab is not a whole number`),
	);
	expect(setting.sandbox.calls).toHaveLength(0);
});

test('Batching is the most that is sent in its interval, and all items are sent once', async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
	const requestOptions = { batching: { batch: { batchSize: 2, batchInterval: 150 } } };
	for (const onError of ['stopWorkflow', 'continueRegularOutput']) {
		const started = performance.now();
		const run = await send(messagesTo(5), { onError, parameters: { requestOptions } });
		expect(outputOf(run, 'SMS')).toHaveLength(5);
		// Two intervals between three calls; a timer may be a millisecond early.
		expect(performance.now() - started).toBeGreaterThan(295);
	}
	const sizes = setting.sandbox.calls.map(
		({ body }) => (body as { messages: unknown[] }).messages.length,
	);
	expect(sizes).toEqual([2, 2, 1, 2, 2, 1]);
	expect(setting.sandbox.messages).toHaveLength(10);
});

const one = (number: string, content: string) => ({
	sender: 'Demo App',
	messages: [{ content, mobile_number: number }],
});
