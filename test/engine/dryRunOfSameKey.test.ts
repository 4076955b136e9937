import { randomUUID } from 'node:crypto';

import type { IDataObject } from 'n8n-workflow';

import { outputOf, runWorkflow } from '../../dev/engine';
import {
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
