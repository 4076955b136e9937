import { outputOf, runWorkflow } from '../../dev/engine';
import {
	messagesTo,
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** What came in goes out again, and never stands for what this node says, nor for its failure. */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();
const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];
const INCLUDED = { includeInputFields: true, maximumRetries: 0 };

/** n8n's Retry On Fail looks at `error` in the JSON of the first item that comes out. A node before with Continue writes it. */
const tries = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
	'%s, Include Input Fields: an input field named error makes Retry On Fail send nothing twice',
	async (onError) => {
		const items = messagesTo(3).map((item) => ({ ...item, error: 'The node before failed' }));
		const parameters = { options: INCLUDED };
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

test('a second SMS that KPN refused has no document ID of the first', async () => {
	const first = smsWorkflow({
		onError: 'continueRegularOutput',
		parameters: { options: INCLUDED },
	});
	const second = smsNode({
		id: 'second',
		name: 'Second',
		onError: 'continueRegularOutput',
		parameters: { content: 'Second', options: INCLUDED },
	});
	setting.sandbox.inject({ match: { content: 'Second' }, answer: { kind: 'http', status: 403 } });
	const result = await runWorkflow(
		{
			nodes: [...first.nodes, second],
			connections: { ...first.connections, SMS: { main: [to('Second')] } },
		},
		startAtBefore(messagesTo(1)),
		setting.credentials,
	);
	const [item] = outputOf(result, 'Second');
	expect(item?.json.outcome).toBe('refused');
	expect(item?.json).not.toHaveProperty('document_id');
	expect(item?.json).not.toHaveProperty('status');
});

test('nor has it in the error branch, where n8n adds what came in', async () => {
	const first = smsWorkflow({
		onError: 'continueRegularOutput',
		parameters: { options: INCLUDED },
	});
	const second = smsNode({
		id: 'second',
		name: 'Second',
		onError: 'continueErrorOutput',
		parameters: { content: 'Second', mobileNumber: '={{ $json.recipient }}' },
	});
	setting.sandbox.inject({ match: { content: 'Second' }, answer: { kind: 'http', status: 403 } });
	const result = await runWorkflow(
		{
			nodes: [...first.nodes, second],
			connections: { ...first.connections, SMS: { main: [to('Second')] } },
		},
		startAtBefore(messagesTo(1)),
		setting.credentials,
	);
	const [item] = outputOf(result, 'Second', 1);
	expect(item?.json.outcome).toBe('refused');
	expect(item?.json.document_id).toBeUndefined();
});

/** Without its fields nobody knows whose an item is, of which nothing could be read. */
const guests = messagesTo(2).map((item, index) => ({ ...item, name: ['Anna', 'Bram'][index] }));
const names = guests.map(({ name }) => name);

test('an expression that fails: the item comes out with its fields, too', async () => {
	const content = "={{ $json.name === 'Bram' ? $('Gone').item.json.text : $json.text }}";
	const file = smsWorkflow({
		onError: 'continueRegularOutput',
		parameters: { content, options: INCLUDED },
	});
	const result = await runWorkflow(file, startAtBefore(guests), setting.credentials);
	const items = outputOf(result, 'SMS').map(({ json }) => json);
	expect(items.map(({ outcome }) => outcome)).toEqual(['accepted', 'refused']);
	expect(items.map(({ name }) => name)).toEqual(names);
});

test('no credential: the items come out with their fields, too', async () => {
	const file = smsWorkflow({
		onError: 'continueRegularOutput',
		credentials: undefined,
		parameters: { options: INCLUDED },
	});
	const result = await runWorkflow(file, startAtBefore(guests), setting.credentials);
	const items = outputOf(result, 'SMS').map(({ json }) => json);
	expect(items.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
	expect(items.map(({ name }) => name)).toEqual(names);
});
