import type { IRun } from 'n8n-workflow';

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
