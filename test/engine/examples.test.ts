import type { INodeExecutionData } from 'n8n-workflow';

import { runWorkflow } from '../../dev/engine';
import { EXAMPLES, readExample, type Example } from '../../dev/examples';
import { startEngineSetup, type EngineSetup } from '../support/engine/engineSetup';

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup();
});
afterEach(async () => await setting.sandbox.close());

async function run(example: Example, node: string, items?: INodeExecutionData[]) {
	const workflow = await readExample(example, { id: 'kpn', name: 'KPN' });
	const start = { node, items: items ?? workflow.pinData?.[node] ?? [{ json: {} }] };
	const { data } = await runWorkflow(workflow, start, setting.credentials);
	expect(data.resultData.error).toBeUndefined();
	return data.resultData.runData;
}

const texts = () => setting.sandbox.messages.map(({ recipient, content }) => [recipient, content]);

test('Form → SMS confirms a visitor’s sign-up', async () => {
	const visitor = { Name: 'Anna', 'Mobile number': '06 12345671' };
	const runs = await run('form-to-sms', 'Sign-Up Form', [{ json: visitor }]);
	expect(texts()).toEqual([
		['+31612345671', 'Hello Anna, your sign-up is confirmed. See you soon!'],
	]);
	expect(runs).not.toHaveProperty('Say It Failed');
});

test('Form → SMS tells a visitor whose SMS could not be sent', async () => {
	const visitor = { Name: 'Anna', 'Mobile number': '020 1234567' };
	const runs = await run('form-to-sms', 'Sign-Up Form', [{ json: visitor }]);
	expect(texts()).toEqual([]);
	expect(runs).not.toHaveProperty('Say It Was Sent');
});

test('CRM → SMS tells each new owner of a deal, and nobody of other changes', async () => {
	await run('crm-to-sms', 'HubSpot Events');
	expect(texts()).toEqual([
		['+31612345671', expect.stringMatching(/^Hello Anna, deal \d+ is yours since/)],
		['+31612345672', expect.stringMatching(/^Hello Bram, deal \d+ is yours since/)],
	]);
});

test('Sheet → SMS sends a text of its own for each row', async () => {
	await run('sheet-to-sms', 'When You Press Execute');
	expect(texts()).toEqual([
		['+31612345671', 'Hello Anna, your table is booked for tonight, 19:00.'],
		['+31612345672', 'Hello Bram, your bike is ready.'],
		['+31612345673', 'Hello Chloé, your parcel comes tomorrow between 9 and 11.'],
	]);
});

test('no example holds the id of a credential, which would break its import', async () => {
	for (const example of EXAMPLES) {
		const { nodes } = await import(`../../examples/${example}.json`);
		for (const { credentials } of nodes as Array<{ credentials?: Record<string, object> }>) {
			for (const credential of Object.values(credentials ?? {})) {
				expect(credential).toEqual({ id: null, name: expect.any(String) });
			}
		}
	}
});
