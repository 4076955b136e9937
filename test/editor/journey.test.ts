import { addSandboxCredential } from '../../dev/n8n/credentials';
import { OWNER } from '../../dev/n8n/rest';
import type { Sandbox } from '../../sandbox';
import { addWebhookWorkflow, postItems } from '../support/webhookWorkflow';
import { GUESTS, guestList, manyGuests, reminder, SEND } from '../support/editor/guestWorkflow';
import type { EditorPage } from '../support/editor/editorPage';
import { setUpEditor } from '../support/editor/editorSetup';

const scene = setUpEditor('journey');
const { step, takePicture, phoneShows } = scene;

let sandbox: Sandbox;
let person: EditorPage;
let remindersId: string;

beforeAll(async () => {
	sandbox = scene.get('sandbox');
	person = scene.get('person');
	// Making one in the editor is told in editor.test.ts. With two there is one to choose.
	for (const name of [OURS, 'KPN SMS of the branch']) {
		await addSandboxCredential(scene.get('n8n').rest, sandbox, { smsApi: 'v1', name });
	}
	await person.logsIn(OWNER);
});

const OURS = 'KPN SMS of the restaurant';

/** Who has got an SMS, sorted: a few calls are in flight at a time. */
const received = () => sandbox.messages.map(({ recipient }) => recipient).sort();

const BRAM = '+31612345672';

/** Corrects the guests' list, and comes back to the node that sends. */
async function changesGuests(guests: object[]): Promise<void> {
	await person.closesNode();
	await person.opensNode('Guests');
	await person.fillsCode('jsonOutput', JSON.stringify({ guests }));
	await person.closesNode();
	await person.opensNode(SEND);
}

describe('building a workflow in the editor', () => {
	step('searching for KPN finds the node', 'node-panel', async () => {
		await person.canvas.pastesWorkflow(guestList);
		await person.canvas.searchesNode('KPN');
		await person.canvas.nodePanel.getByText('KPN SMS', { exact: true }).waitFor();
	});

	step('an action dragged onto the canvas is a node with its fields', 'node-dragged', async () => {
		await person.canvas.dragsAction('KPN SMS', SEND);
		for (const name of ['Sender', 'Mobile Number', 'Content']) {
			await person.page.getByTestId('ndv').getByText(name, { exact: true }).waitFor();
		}
		await person.closesNode();
	});

	step('it is connected', 'canvas', async () => {
		await person.canvas.connects('One Item per Guest', SEND);
	});

	step('credential, sender, number and content are filled in', 'fields', async () => {
		await person.opensNode(SEND);
		await person.choosesCredential(OURS);
		expect(await person.chosenCredential()).toBe(OURS);
		await person.fills('sender', 'Bistro');
		await person.fillsExpression('mobileNumber', '{{ $json.mobile }}');
		await person.fillsExpression(
			'content',
			'Hello {{ $json.name }}, table {{ $json.table }} is yours.',
		);
	});

	step('wrong numbers are named, and nothing is sent', 'refusal', async () => {
		await person.executesNode('Problem in node');
		const { title, description } = await person.output.refusal();
		expect(title).toMatch(/^Nothing was sent: 2 of 4 items must be corrected first/);
		expect(description).toMatch(
			/\[item 1 \(the 2nd\)\] Mobile Number “…567” is not a mobile number/,
		);
		expect(description).toMatch(
			/\n\[item 3 \(the 4th\)\] Mobile Number “…612” is not a mobile number/,
		);
		expect(sandbox.calls).toHaveLength(0);
	});

	step('those not sent are in the error branch, with the reason', 'error-branch', async () => {
		await person.opensTab('Settings');
		await person.chooses('onError', 'Continue (using error output)');
		await person.executesNode('executed successfully');
		expect(await person.output.column('outcome')).toEqual(['accepted', 'accepted']);
		await person.output.opensTab('Error Branch (2 items)');
		expect(await person.output.column('name')).toEqual(['Bram', 'Daan']);
		expect(await person.output.column('outcome')).toEqual(['refused', 'refused']);
		expect((await person.output.column('message'))[0]).toMatch(/^Not sent: .*not a mobile number/);
		expect(received()).toEqual(['+31612345671', '+31612345673']);
	});

	step('the numbers put right, each guest is in the output once', 'output', async () => {
		await person.chooses('onError', 'Stop Workflow');
		await person.opensTab('Parameters');
		sandbox.reset();
		await changesGuests(GUESTS);
		await person.executesNode('executed successfully');
		expect(await person.output.column('outcome')).toEqual(GUESTS.map(() => 'accepted'));
		expect(received()).toEqual(GUESTS.map(({ mobile }) => mobile));
	});

	step('Dry Run says that nothing is sent', 'dry-run', async () => {
		await person.turnsOn('dryRun', 'Dry Run');
		await person.executesNode('executed successfully');
		await person.output.hints('Dry Run is on: nothing is sent.');
		expect(await person.output.column('outcome')).toEqual(GUESTS.map(() => 'dryRun'));
		expect(sandbox.messages).toHaveLength(GUESTS.length);
	});

	step('for many guests a hint sums up what it would cost', 'many-items', async () => {
		await changesGuests(manyGuests(120));
		await person.executesNode('executed successfully');
		await person.output.hints('Dry run, nothing was sent: 120 messages to 120 recipients');
		expect(sandbox.messages).toHaveLength(GUESTS.length);
		await takePicture('many-items-hint');
		await person.closesNode();
	});
});

describe('a failed execution', () => {
	step('names the guest whom KPN refused', 'execution-failed', async () => {
		sandbox.reset();
		const rest = scene.get('n8n').rest;
		const credentials = await rest.get<Array<{ id: string; name: string }>>('/credentials');
		const credential = credentials.find(({ name }) => name === OURS);
		({ id: remindersId } = await addWebhookWorkflow(rest, {
			path: 'reminders',
			credential: { id: credential?.id ?? '', name: OURS },
			parameters: reminder,
			settings: { name: 'Remind by SMS' },
		}));
		// SMS v1 takes one message a call: this refuses Bram alone, and once.
		sandbox.inject({ match: { content: 'Bram' }, answer: { kind: 'http', status: 400 } });
		const { status } = await postItems(`${scene.get('n8n').url}/webhook/reminders`, GUESTS);
		expect(status).toBe(200);
		await person.opensWorkflow(remindersId);
		await person.opensExecutions();
		await person.executions.filter({ hasText: 'Error' }).waitFor();
		await person.note('Not all items were sent: 3 accepted, 1 refused').waitFor();
		await person.dismissesNotes();
		await takePicture('executions');
		await person.opensNode('Remind by SMS');
		const { description } = await person.output.refusal();
		expect(description).toMatch(/\[item 1 \(the 2nd\)\] Not sent: KPN/);
		expect(received()).toEqual(GUESTS.map(({ mobile }) => mobile).filter((one) => one !== BRAM));
		await takePicture('execution-error');
		await person.closesNode();
	});

	step('retried from the list, sends to that guest alone', 'execution-retried', async () => {
		await person.retriesExecution();
		await person.executions
			.filter({ hasText: 'Retry of execution' })
			.filter({ hasText: /Succe/ })
			.waitFor();
		expect(received()).toEqual(GUESTS.map(({ mobile }) => mobile));
	});

	step('nobody has got a second SMS', 'phones', async () => {
		for (const { name, mobile } of GUESTS) {
			expect(await phoneShows(mobile)).toEqual([`Hello ${name}, see you at seven.`]);
		}
	});
});

describe('the trigger', () => {
	step('is dragged onto the canvas from the same panel', 'trigger', async () => {
		await person.canvas.opensNew();
		await person.canvas.searchesNode('KPN SMS');
		await takePicture('trigger-search');
		await person.canvas.dragsAction('KPN SMS', 'On delivery report', 'Triggers');
		await person.page.getByTestId('ndv').getByText('Registration', { exact: true }).waitFor();
	});
});

describe('in the dark theme', () => {
	step('panel, node and execution are legible', 'dark-execution-error', async () => {
		await person.choosesTheme('Dark theme');
		await person.canvas.pastesWorkflow(guestList);
		await person.canvas.searchesNode('KPN');
		await takePicture('dark-node-panel');
		await person.canvas.dragsAction('KPN SMS', SEND);
		await takePicture('dark-node');
		await person.opensWorkflow(remindersId);
		await person.opensExecutions();
		await person.executions.last().click();
		await person.opensNode('Remind by SMS');
		expect((await person.output.refusal()).title).toMatch(/^Not all items were sent/);
		await person.dismissesNotes();
	});
});
