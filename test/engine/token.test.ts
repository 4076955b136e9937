import { outputOf, runWorkflow, type WorkflowFile } from '../../dev/engine';
import { claimedOutcomesOf } from '../support/engine/claimedOutcomes';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** The token: how it is got, what is said when it is not, and that neither it nor a number gets out. */

let setting: EngineSetup;
afterEach(async () => await setting.sandbox.close());

const run = async (file: WorkflowFile, items: Array<Record<string, unknown>>) =>
	await runWorkflow(file, startAtBefore(items), setting.credentials);

test('n8n writes the message of an error into its log: KPN’s words, which may hold a number, are not in it', async () => {
	setting = await startEngineSetup();
	const answer = {
		kind: 'http' as const,
		status: 400,
		body: { errorResponse: { message: 'Bad number +31612345670' } },
	};
	setting.sandbox.inject({ times: null, answer });
	const { error } = (await run(smsWorkflow(), messagesTo(1))).data.resultData;
	expect(error?.description).toContain('Bad number +31612345670');
	expect(error?.message).not.toMatch(/1234567/);
});

test('the token stays in its header, whatever type KPN says that it has', async () => {
	setting = await startEngineSetup();
	const body = { access_token: 'a'.repeat(28), token_type: 'BearerToken', expires_in: '3599' };
	setting.sandbox.inject({ on: 'token', times: null, answer: { kind: 'http', status: 200, body } });
	await run(smsWorkflow(), messagesTo(1));
	expect(setting.sandbox.calls[0]?.headers.authorization).toBe(`Bearer ${'a'.repeat(28)}`);
});

test('an answer with a token that cannot be read is quoted nowhere', async () => {
	setting = await startEngineSetup();
	const body = '{"access_token":"secretsecretsecretsecretsecr","expires_in":';
	setting.sandbox.inject({ on: 'token', times: null, answer: { kind: 'http', status: 200, body } });
	const result = await run(smsWorkflow({ onError: 'continueRegularOutput' }), messagesTo(1));
	expect(outputOf(result, 'SMS')[0]?.json.message).toMatch(/^Not sent: KPN gave no token/);
	expect(JSON.stringify(result.data.resultData.runData)).not.toContain('secretsecret');
});

test('a token that does not come is waited for no longer than an answer', async () => {
	setting = await startEngineSetup();
	setting.sandbox.inject({ on: 'token', times: null, answer: { kind: 'hang' } });
	const requestOptions = { timeout: 200 };
	const { error } = (await run(smsWorkflow({ parameters: { requestOptions } }), messagesTo(8))).data
		.resultData;
	expect(error?.message).toMatch(/8 refused|not tried/);
	expect(error?.description).toMatch(/KPN gave no token in time/);
	expect(setting.sandbox.tokenCalls).toHaveLength(1);
});

test.each([300, 1e12, '300'])('a Timeout of %p is understood', async (timeout) => {
	setting = await startEngineSetup();
	const parameters = { requestOptions: { timeout } };
	const result = await run(smsWorkflow({ parameters }), messagesTo(1));
	expect(result.data.resultData.error?.message ?? '').toMatch(/^$|in time/);
});

test.each([408, 409, 499, 500, 502, 503, 504, 429])(
	'a token call answered with %i once does not end a run',
	async (status) => {
		setting = await startEngineSetup();
		setting.sandbox.inject({ on: 'token', answer: { kind: 'http', status } });
		const result = await run(smsWorkflow(), messagesTo(8));
		expect(result.data.resultData.error).toBeUndefined();
		expect(setting.sandbox.messages).toHaveLength(8);
		expect(setting.sandbox.tokenCalls).toHaveLength(2);
	},
);

test('a wrong secret: nothing is sent, and the words name key and secret', async () => {
	setting = await startEngineSetup({ clientSecret: 'wrong' });
	const result = await run(smsWorkflow({ onError: 'continueRegularOutput' }), messagesTo(3));
	expect([...claimedOutcomesOf(result, 3).values()]).toEqual(['refused', 'refused', 'refused']);
	expect(outputOf(result, 'SMS')[0]?.json).toMatchObject({
		message: expect.stringMatching(/Client ID.*Client Secret.*ClientId is Invalid/),
		statusCode: 401,
		retryable: false,
	});
	expect(setting.sandbox.calls).toHaveLength(0);
	expect(setting.sandbox.tokenCalls).toHaveLength(1);
});

test('no secret, token, number or text is in the error of a stopped run', async () => {
	setting = await startEngineSetup();
	setting.sandbox.inject({ times: null, answer: { kind: 'http', status: 500 } });
	const { error } = (await run(smsWorkflow(), messagesTo(3))).data.resultData;
	expect(error?.description).toMatch(/KPN says: “/);
	const stored = JSON.stringify({ ...error, message: error?.message, stack: error?.stack });
	const { access_token: token } = setting.credentials.raw('kpn').oauthTokenData as {
		access_token: string;
	};
	expect(token).toMatch(/\w{20}/);
	for (const secret of [setting.sandbox.clientSecret, token, '31612345', 'Message 0']) {
		expect(stored).not.toContain(secret);
	}
});
