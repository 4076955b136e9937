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
	setting = await startEngineSetup({ smsApi: 'v1' });
});
afterEach(async () => await setting.sandbox.close());

test('a KPN that takes ten calls a second, none close together: all accepted once, few refused', async () => {
	await setting.sandbox.setCapacity({ callsPerSecond: 10, burst: 1, latencyMs: 150 });
	const messages = messagesTo(200);
	const result = await runWorkflow(smsWorkflow({}), startAtBefore(messages), setting.credentials);
	expect(outputOf(result, 'SMS').map(({ json }) => json.recipient)).toEqual(
		messages.map(({ to }) => to),
	);
	expect(setting.sandbox.messages.map(({ recipient }) => recipient).sort()).toEqual(
		messages.map(({ to }) => to).sort(),
	);
	const later = setting.sandbox.calls.slice(20);
	const refused = later.filter(({ status }) => status === 429);
	// On a quiet machine 3 in 100; the pace's own tests, without a clock, hold it to that.
	expect(refused.length / later.length).toBeLessThanOrEqual(0.4);
}, 120_000);
