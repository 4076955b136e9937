import { outputOf, runWorkflow } from '../../dev/engine';
import { TOKEN_PATH } from '../../nodes/shared/kpnApi';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** What the documentation warns of. */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const run = async (node: Parameters<typeof smsWorkflow>[0], count: number) =>
	await runWorkflow(smsWorkflow(node), startAtBefore(messagesTo(count)), setting.credentials);

const GONE = { kpnSmsOAuth2Api: { id: 'gone', name: 'Deleted' } };

const UNREADABLE = { requestOptions: { proxy: '={{ $("Nowhere").first().json.it }}' } };

test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
	'%s: without a credential, or with a Proxy that cannot be read, every item is refused',
	async (onError) => {
		for (const broken of [
			{ credentials: undefined },
			{ credentials: GONE },
			{ parameters: UNREADABLE },
		]) {
			const result = await run({ onError, ...broken }, 2);
			const output = outputOf(result, 'SMS', onError === 'continueErrorOutput' ? 1 : 0);
			expect(output.map(({ json }) => json.outcome)).toEqual(['refused', 'refused']);
		}
		expect(setting.sandbox.calls).toHaveLength(0);
	},
);

test('Custom API Call, which n8n adds, calls nothing of KPN’s but for a token', async () => {
	const result = await run({ parameters: { operation: '__CUSTOM_API_CALL__' } }, 2);
	expect(result.data.resultData.error).toBeDefined();
	expect(setting.sandbox.calls).toHaveLength(0);
});

test('a redirect of the call for a token is followed by n8n, one of a message by nobody', async () => {
	const other = await startEngineSetup({ smsApi: 'current' });
	const location = `${other.sandbox.url}${TOKEN_PATH}`;
	const redirect = { kind: 'http', status: 307, headers: { location } } as const;
	setting.sandbox.inject({ on: 'token', answer: redirect });
	setting.sandbox.inject({ on: 'send', times: null, answer: redirect });
	const result = await run({ onError: 'continueRegularOutput' }, 1);
	expect(outputOf(result, 'SMS').map(({ json }) => json.statusCode)).toEqual([307]);
	expect(other.sandbox.tokenCalls).toHaveLength(1);
	expect(other.sandbox.calls).toHaveLength(0);
	await other.sandbox.close();
});

test.each([8, 200])(
	'of a list that KPN refuses with 400 throughout, the rest is given up after 50: %i',
	async (count) => {
		setting.sandbox.inject({ times: null, answer: { kind: 'http', status: 400 } });
		const result = await run({ onError: 'continueRegularOutput' }, count);
		expect(outputOf(result, 'SMS').filter(({ json }) => json.outcome === 'refused')).toHaveLength(
			count,
		);
		expect(setting.sandbox.calls.length).toBeLessThan(2 * Math.min(count, 30));
	},
);
