import { outputOf, runWorkflow } from '../../dev/engine';
import { messagesTo, smsWorkflow, startBefore, startSetting, type Setting } from './setting';

/** What the README warns of. */

let setting: Setting;
beforeEach(async () => {
	setting = await startSetting({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const run = async (node: Parameters<typeof smsWorkflow>[0], count: number) =>
	await runWorkflow(smsWorkflow(node), startBefore(messagesTo(count)), setting.credentials);

const GONE = { kpnSmsOAuth2Api: { id: 'gone', name: 'Deleted' } };

test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
	'Send without a credential, %s: n8n passes the items on as they came, and nothing is sent',
	async (onError) => {
		for (const credentials of [undefined, GONE]) {
			const result = await run({ onError, credentials }, 2);
			expect(outputOf(result, 'SMS').map(({ json }) => json)).toEqual(messagesTo(2));
			expect(outputOf(result, 'SMS', 1)).toEqual([]);
		}
		expect(setting.sandbox.calls).toHaveLength(0);
	},
);

test('Send Bulk without a credential: every item is refused', async () => {
	const parameters = { operation: 'sendBulk', mappingMode: 'defineBelow' };
	const result = await run({ onError: 'continueRegularOutput', credentials: GONE, parameters }, 2);
	expect(outputOf(result, 'SMS').map(({ json }) => json.outcome)).toEqual(['refused', 'refused']);
	expect(setting.sandbox.calls).toHaveLength(0);
});

test('Custom API Call, which n8n adds, sends nothing from here', async () => {
	const result = await run({ parameters: { operation: '__CUSTOM_API_CALL__' } }, 2);
	expect(result.data.resultData.error).toBeDefined();
	expect(setting.sandbox.calls.map(({ method }) => method)).not.toContain('POST');
	expect(setting.sandbox.messages).toHaveLength(0);
});

test.each([8, 200])(
	'%i messages that KPN refuses with 400 cost less than twice as many calls',
	async (count) => {
		setting.sandbox.inject({ times: null, answer: { kind: 'http', status: 400 } });
		const result = await run({ onError: 'continueRegularOutput' }, count);
		expect(outputOf(result, 'SMS').filter(({ json }) => json.outcome === 'refused')).toHaveLength(
			count,
		);
		// After 20 of them and none accepted, the rest is given up.
		expect(setting.sandbox.calls.length).toBeLessThan(2 * Math.min(count, 30));
	},
);
