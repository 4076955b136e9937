import { outputOf, runWorkflow } from '../../dev/engine';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/**
 * n8n's Retry On Fail runs a node again where the first item that comes out has an `error` in its
 * JSON. A node before with Continue under On Error gives its items just that field.
 */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const tries = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();

test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
	'%s, Include Input Fields: an input field named error makes Retry On Fail send nothing twice',
	async (onError) => {
		const items = messagesTo(3).map((item) => ({ ...item, error: 'The node before failed' }));
		const parameters = { options: { includeInputFields: true } };
		const file = smsWorkflow({ ...tries, onError, parameters });
		const result = await runWorkflow(file, startAtBefore(items), setting.credentials);
		expect(outputOf(result, 'SMS').map(({ json }) => [json.outcome, json.inputError])).toEqual(
			items.map(({ error }) => ['accepted', error]),
		);
		expect(contents()).toEqual(['Message 0', 'Message 1', 'Message 2']);
	},
);

test('Send and Wait: an input field named error makes Retry On Fail ask nobody twice', async () => {
	const items = messagesTo(1).map((item) => ({ ...item, error: 'The node before failed' }));
	const parameters = {
		operation: 'sendAndWait',
		responseType: 'approval',
		message: '={{ $json.text }}',
		options: {},
	};
	const file = smsWorkflow({ ...tries, parameters });
	await runWorkflow(file, startAtBefore(items), setting.credentials);
	expect(setting.sandbox.messages).toHaveLength(1);
});
