import { randomUUID } from 'node:crypto';

import type { IDataObject, IRun } from 'n8n-workflow';

import { outputOf, runWorkflow } from '../../dev/engine';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

test('Dry Run says of a key that comes twice in the list what the run then does', async () => {
	const id = randomUUID();
	const items = ['One', 'Two', 'Three'].map((text) => ({ to: '0612345670', text, key: 'same' }));
	const run = async (options: IDataObject) => {
		const parameters = { options: { sendOncePer: '={{ $json.key }}', ...options } };
		const file = { id, ...smsWorkflow({ parameters }) };
		const result = await runWorkflow(file, startAtBefore(items), setting.credentials);
		return outputOf(result, 'SMS').map(({ json }) => json);
	};
	const dry = await run({ dryRun: true });
	const sent = await run({});
	expect(sent.map(({ outcome }) => outcome)).toEqual(['accepted', 'sentBefore', 'sentBefore']);
	expect(dry.map(({ sentBefore }) => sentBefore)).toEqual([0, 1, 1]);
});

const hintsOf = ({ data }: IRun) =>
	(data.resultData.runData.SMS?.[0]?.hints ?? []).map(({ message }) => message).join('\n');

test('Dry Run by an expression, true for some items: the hint does not say that nothing was sent', async () => {
	const items = messagesTo(4).map((item, index) => ({ ...item, test: index % 2 === 0 }));
	const file = smsWorkflow({ parameters: { options: { dryRun: '={{ $json.test }}' } } });
	const result = await runWorkflow(file, startAtBefore(items), setting.credentials);
	const outcomes = outputOf(result, 'SMS').map(({ json }) => json.outcome);
	expect(outcomes).toEqual(['dryRun', 'accepted', 'dryRun', 'accepted']);
	expect(setting.sandbox.messages).toHaveLength(2);
	expect(hintsOf(result)).not.toMatch(/nothing was sent/i);
});
