import { retryExecution, runWorkflow } from '../../dev/engine';
import {
	loopOver,
	messagesTo,
	smsNode,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** An error speaks of the items of its turn; what it advises is done to the whole workflow. */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const contents = () => setting.sandbox.messages.map(({ content }) => content).sort();
const all = ['Message 0', 'Message 1', 'Message 2', 'Message 3'];

test('all of a later turn refused: what the error advises sends nothing of the turns before again', async () => {
	const loop = loopOver(smsNode(), 2);
	const start = startAtBefore(messagesTo(4));
	setting.sandbox.inject({
		match: { content: 'Message 2' },
		answer: { kind: 'http', status: 402 },
	});
	const result = await runWorkflow(loop, start, setting.credentials);
	expect(contents()).toEqual(['Message 0', 'Message 1']);
	const advice = result.data.resultData.error?.description ?? '';
	// Followed to the letter.
	if (/execute again\./.test(advice)) await runWorkflow(loop, start, setting.credentials);
	else await retryExecution(result, loop, setting.credentials);
	expect(contents()).toEqual(all);
});

test('a wrong number in a later turn: the error does not say that nothing was sent', async () => {
	const [first, second, third, fourth] = messagesTo(4);
	const items = [{ ...first }, { ...second }, { ...third, to: '020 1234567' }, { ...fourth }];
	const result = await runWorkflow(
		loopOver(smsNode(), 2),
		startAtBefore(items),
		setting.credentials,
	);
	expect(contents()).toEqual(['Message 0', 'Message 1']);
	expect(result.data.resultData.error?.message).not.toMatch(/^Nothing was sent/);
});
