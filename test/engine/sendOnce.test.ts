import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { IDataObject, INode, IRun } from 'n8n-workflow';

import {
	outputOf,
	retryExecution,
	runWorkflow,
	deduplicator,
	startWorkflow,
	type WorkflowFile,
} from '../../dev/engine';
import { waitUntil } from '../support/waitUntil';
import {
	loopOver,
	messagesTo,
	smsNode,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

const BAD_REQUEST = { kind: 'http', status: 400 } as const;
const SERVER_ERROR = { kind: 'http', status: 500 } as const;
const CONTINUE = 'continueRegularOutput';

let setting: EngineSetup;
let id: string;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
	id = randomUUID();
});
afterEach(async () => {
	deduplicator.onWrite = () => {};
	await setting.sandbox.close();
});

const withKey = (changes: Partial<INode> = {}, options: IDataObject = {}): WorkflowFile => ({
	id,
	...smsWorkflow({
		...changes,
		parameters: { options: { sendOncePer: '={{ $json.key ?? $json.text }}', ...options } },
	}),
});

const run = async (file: WorkflowFile, items: Array<Record<string, unknown>>) =>
	await runWorkflow(file, startAtBefore(items), setting.credentials);

const outcomesOf = (result: IRun) => outputOf(result, 'SMS').map(({ json }) => json.outcome);
const errorOf = ({ data }: IRun) => data.resultData.error;
const sent = () => setting.sandbox.messages.map(({ content }) => content).sort();
const hintsOf = ({ data }: IRun) =>
	data.resultData.runData.SMS?.[0]?.hints?.map((one) => one.message);

test('what was sent under a key is not sent again by the next execution, and is a success', async () => {
	const items = messagesTo(3);
	const first = await run(withKey(), items);
	expect(outcomesOf(first)).toEqual(['accepted', 'accepted', 'accepted']);
	const again = await run(withKey(), [...items, { to: '0612345679', text: 'New' }]);
	expect(errorOf(again)).toBeUndefined();
	expect(outcomesOf(again)).toEqual(['sentBefore', 'sentBefore', 'sentBefore', 'accepted']);
	expect(outputOf(again, 'SMS')[0]).toMatchObject({
		json: { recipient: items[0]?.to, sender: 'Demo App', parts: 1, outcome: 'sentBefore' },
		pairedItem: { item: 0 },
	});
	expect(hintsOf(again)?.join()).toMatch(/^3 SMS had been sent before under the same key/);
	expect(sent()).toEqual(['Message 0', 'Message 1', 'Message 2', 'New']);
});

test('a row is corrected and the workflow executed again: only the rest is sent', async () => {
	setting.sandbox.inject({ match: { content: 'Bad' }, times: null, answer: BAD_REQUEST });
	const [one, two] = messagesTo(2);
	const bad = { to: '0612345679', text: 'Bad', key: 'third' };
	const failed = await run(withKey(), [{ ...one }, { ...two }, bad]);
	expect(errorOf(failed)?.message).toMatch(/2 accepted, 1 refused/);
	expect(errorOf(failed)?.description).toMatch(
		/Then execute again: only what was corrected is sent, for Send Once Per is set/,
	);
	const corrected = await run(withKey(), [{ ...one }, { ...two }, { ...bad, text: 'Good' }]);
	expect(errorOf(corrected)).toBeUndefined();
	expect(outcomesOf(corrected)).toEqual(['sentBefore', 'sentBefore', 'accepted']);
	expect(sent()).toEqual(['Good', 'Message 0', 'Message 1']);
});

test('without the option the error says that Execute step sends everything again', async () => {
	setting.sandbox.inject({ match: { content: 'Message 1' }, times: null, answer: BAD_REQUEST });
	const failed = await run({ id, ...smsWorkflow() }, messagesTo(2));
	const { description } = errorOf(failed) ?? {};
	expect(description).not.toMatch(/→ Retry/);
	expect(description).toMatch(/Execute step sends everything again, also to those who have it/);
	expect(description).toMatch(/content, a retry sends with the same data.*error output/);
});

test('the same key twice in a run is sent once; another recipient under it gets it too', async () => {
	const result = await run(withKey(), [
		{ to: '0612345670', text: 'One', key: 7 },
		{ to: '06 12345670', text: 'Two', key: '7' },
		{ to: '0612345671', text: 'Three', key: 7 },
	]);
	expect(outcomesOf(result)).toEqual(['accepted', 'sentBefore', 'accepted']);
	expect(sent()).toEqual(['One', 'Three']);
});

test('of several recipients, those who have it do not get it again', async () => {
	const Y = '+31612345671';
	setting.sandbox.inject({ match: { mobileNumber: Y }, times: 2, answer: BAD_REQUEST });
	const items = [{ to: `0612345670, ${Y}`, text: 'Group' }];
	expect(errorOf(await run(withKey(), items))?.description).toMatch(/Then execute again/);
	const again = await run(withKey(), items);
	expect(outputOf(again, 'SMS')[0]?.json).toMatchObject({
		outcome: 'accepted',
		messages: [
			{ recipient: '+31612345670', outcome: 'sentBefore' },
			{ recipient: Y, outcome: 'accepted', document_id: expect.any(String) as string },
		],
	});
	expect(setting.sandbox.messages.map(({ recipient }) => recipient)).toEqual(['+31612345670', Y]);
});

test('a key that an expression gives nothing for refuses the item, and nothing is sent', async () => {
	const items = [{ to: '0612345670', text: 'One' }];
	const file = withKey({}, { sendOncePer: '={{ $json.missing }}' });
	expect(errorOf(await run(file, items))?.message).toMatch(
		/^Nothing was sent: Send Once Per is empty/,
	);
	expect(sent()).toEqual([]);
});

test('what KPN refused is sent by the next execution', async () => {
	setting.sandbox.inject({ times: 1, answer: { kind: 'http', status: 403 } });
	expect(errorOf(await run(withKey(), messagesTo(500)))).toBeDefined();
	expect(errorOf(await run(withKey(), messagesTo(500)))).toBeUndefined();
	expect(new Set(sent()).size).toBe(500);
	expect(sent()).toHaveLength(500);
});

describe('an outcome that is unknown', () => {
	test('stays so for later executions with At Most Once', async () => {
		setting.sandbox.inject({ times: 1, accept: true, answer: SERVER_ERROR });
		const [item] = messagesTo(1);
		await run(withKey(), [{ ...item }]);
		for (let time = 0; time < 2; time++) {
			const again = await run(withKey({ onError: CONTINUE }), [{ ...item }]);
			expect(outcomesOf(again)).toEqual(['unknown']);
			expect(outputOf(again, 'SMS')[0]?.json.message).toMatch(/an earlier execution had begun/);
		}
		expect(sent()).toEqual(['Message 0']);
	});

	test('is sent again with At Least Once, and is then on record', async () => {
		setting.sandbox.inject({ times: 1, answer: SERVER_ERROR });
		const atLeastOnce = withKey({}, { deliveryGuarantee: 'atLeastOnce' });
		await run(atLeastOnce, messagesTo(1));
		expect(outcomesOf(await run(atLeastOnce, messagesTo(1)))).toEqual(['accepted']);
		expect(outcomesOf(await run(atLeastOnce, messagesTo(1)))).toEqual(['sentBefore']);
		expect(sent()).toEqual(['Message 0']);
	});

	test('is not made a refusal by one that KPN refuses later', async () => {
		setting.sandbox.inject({ times: 1, accept: true, answer: SERVER_ERROR });
		setting.sandbox.inject({ skip: 1, times: 1, answer: { kind: 'http', status: 403 } });
		const atLeastOnce = withKey({ onError: CONTINUE }, { deliveryGuarantee: 'atLeastOnce' });
		await run(atLeastOnce, messagesTo(1));
		expect(outcomesOf(await run(atLeastOnce, messagesTo(1)))).toEqual(['unknown']);
		expect(outcomesOf(await run(withKey({ onError: CONTINUE }), messagesTo(1)))).toEqual([
			'unknown',
		]);
	});
});

test('Retry On Fail and Retry execution send only the rest, too', async () => {
	setting.sandbox.inject({ match: { content: 'Message 1' }, times: 4, answer: BAD_REQUEST });
	const file = withKey({ retryOnFail: true, maxTries: 2, waitBetweenTries: 1 });
	const failed = await run(file, messagesTo(4));
	expect(errorOf(failed)?.message).toMatch(/3 accepted, 1 refused/);
	const retried = await retryExecution(failed, file, setting.credentials);
	expect(outcomesOf(retried)).toEqual(Array(4).fill('accepted'));
	expect(sent()).toEqual(['Message 0', 'Message 1', 'Message 2', 'Message 3']);
});

test('the option is added before a retry: what the first try sent is known to the next execution', async () => {
	const { sandbox } = setting;
	sandbox.inject({ match: { content: 'Message 1' }, times: null, answer: BAD_REQUEST });
	sandbox.inject({ match: { content: 'Message 2' }, accept: true, answer: SERVER_ERROR });
	const plain: WorkflowFile = {
		id,
		...smsWorkflow({ parameters: { options: { messagesPerCall: 1 } } }),
	};
	const items = messagesTo(4);
	const failed = await run(plain, items);
	expect(errorOf(failed)?.message).toMatch(/accepted, 1 refused, 1 unknown/);
	const retried = await retryExecution(failed, plain, setting.credentials, withKey());
	expect(errorOf(retried)?.description).toMatch(/Then execute again/);
	const next = await run(withKey({ onError: CONTINUE }), [
		...items.slice(0, 1),
		{ ...items[1], text: 'Corrected', key: 'Message 1' },
		...items.slice(2),
	]);
	expect(outcomesOf(next)).toEqual(['sentBefore', 'accepted', 'unknown', 'sentBefore']);
	expect(sent()).toEqual(['Corrected', 'Message 0', 'Message 2', 'Message 3']);
});

test('an execution that is canceled while it waits for a token: the one that waits for it says so', async () => {
	const { sandbox, credentials } = setting;
	sandbox.inject({ on: 'token', answer: { kind: 'hang' } });
	const first = startWorkflow(withKey(), startAtBefore(messagesTo(1)), credentials);
	await waitUntil(() => sandbox.tokenCalls.length === 1);
	const second = startWorkflow(withKey(), startAtBefore(messagesTo(1)), credentials).finished;
	await new Promise((resolve) => setTimeout(resolve, 200));
	first.cancel();
	await first.finished.catch(() => undefined);
	const error = errorOf(await second);
	expect(error?.message).toMatch(/another execution was sending it .* was canceled before/);
	expect(sent()).toEqual([]);
});

test('two executions at once, in opposite order: each message once, and both succeed', async () => {
	await setting.sandbox.close();
	setting = await startEngineSetup({ smsApi: 'v1' }, { delayMs: 20 });
	const items = messagesTo(40);
	const start = (list: typeof items) =>
		startWorkflow(withKey(), startAtBefore(list), setting.credentials).finished;
	const results = await Promise.all([start(items), start([...items].reverse())]);
	expect(results.map(errorOf)).toEqual([undefined, undefined]);
	expect(sent()).toEqual(items.map(({ text }) => text).sort());
	const all = results.flatMap(outcomesOf);
	expect(all.filter((outcome) => outcome === 'accepted')).toHaveLength(40);
	expect(all.filter((outcome) => outcome === 'sentBefore')).toHaveLength(40);
});

test('four executions at once, each with other messages: what each has sent is known to the next', async () => {
	const lists = Array.from({ length: 4 }, (_, list) =>
		messagesTo(12).map(({ to, text }) => ({ to, text: `${text} of list ${list}` })),
	);
	const file = withKey({}, { messagesPerCall: 3 });
	// As long as a database takes, with what was read before.
	deduplicator.onWrite = async () => await delay(5);
	await Promise.all(lists.map(async (items) => await run(file, items)));
	const again = await run(file, lists.flat());
	expect(errorOf(again)).toBeUndefined();
	expect(new Set(outcomesOf(again))).toEqual(new Set(['sentBefore']));
	expect(sent()).toHaveLength(lists.flat().length);
});

test('two executions at once, and KPN refuses: neither calls it sent', async () => {
	setting.sandbox.inject({ times: 1, delayMs: 100, answer: BAD_REQUEST });
	const start = () =>
		startWorkflow(withKey({ onError: CONTINUE }), startAtBefore(messagesTo(1)), setting.credentials)
			.finished;
	const first = start();
	await waitUntil(() => setting.sandbox.calls.length === 1);
	const results = await Promise.all([first, start()]);
	expect(results.flatMap(outcomesOf)).toEqual(['refused', 'refused']);
	expect(outcomesOf(await start())).toEqual(['accepted']);
});

test('a message is on record before its call: an execution that is cut off leaves it unknown', async () => {
	setting.sandbox.inject({ answer: { kind: 'hang' }, times: null });
	const file = withKey();
	startWorkflow(file, startAtBefore(messagesTo(1)), setting.credentials).finished.catch(() => {});
	await waitUntil(() => setting.sandbox.calls.length === 1);
	// One entry is the message's, one the run's own.
	expect(deduplicator.lists.get(`${id} sms`)).toHaveLength(2);
});

test('n8n’s database does not take it: nothing leaves', async () => {
	deduplicator.onWrite = () => {
		throw new Error('SQLITE_BUSY');
	};
	const failed = await run(withKey(), messagesTo(3));
	expect(errorOf(failed)?.description).toMatch(/n8n’s database did not take the note/);
	expect(sent()).toEqual([]);
	deduplicator.onWrite = () => {};
	expect(outcomesOf(await run(withKey(), messagesTo(3)))).toEqual(Array(3).fill('accepted'));
});

test('Dry Run says how many have been sent before, and leaves no trace', async () => {
	await run(withKey(), messagesTo(2));
	const kept = [...(deduplicator.lists.get(`${id} sms`) ?? [])];
	const dry = await run(withKey({}, { dryRun: true, remember: 4 }), messagesTo(4));
	expect(outputOf(dry, 'SMS').map(({ json }) => json.sentBefore)).toEqual([1, 1, 0, 0]);
	expect(hintsOf(dry)?.join()).toMatch(/2 recipients would not get it again/);
	expect(deduplicator.lists.get(`${id} sms`)).toEqual(kept);
	expect(sent()).toEqual(['Message 0', 'Message 1']);
});

describe('Remember', () => {
	const remember = (count: number) => withKey({}, { remember: count });

	test('as many keys are kept, and the oldest go first', async () => {
		const all = messagesTo(4000);
		await run(remember(1000), all.slice(0, 1000));
		for (const start of [1000, 2000, 3000]) {
			await run(remember(1000), all.slice(start, start + 1000));
		}
		const kept = await run(remember(1000), all.slice(3000));
		expect(new Set(outcomesOf(kept))).toEqual(new Set(['sentBefore']));
		const gone = await run(remember(1000), all.slice(0, 1000));
		expect(new Set(outcomesOf(gone))).toEqual(new Set(['accepted']));
	});

	test('a run of more keys than that is refused before anything is sent', async () => {
		const failed = await run(remember(3), messagesTo(4));
		expect(errorOf(failed)?.message).toMatch(/add the option Remember with 4 or more/);
		expect(sent()).toEqual([]);
	});

	test('new keys do not push out what the same run still has to look up', async () => {
		await run(remember(3), messagesTo(3));
		const fresh = { to: '0612345679', text: 'New' };
		const again = await run(remember(4), [fresh, ...messagesTo(3)]);
		expect(outcomesOf(again)).toEqual(['accepted', ...Array<string>(3).fill('sentBefore')]);
	});
});

test('Forget Sent: the next execution sends again', async () => {
	await run(withKey(), messagesTo(2));
	const forget = { id, ...smsWorkflow({ parameters: { operation: 'forgetSent' } }) };
	const forgotten = await run(forget, messagesTo(2));
	expect(outputOf(forgotten, 'SMS').map(({ json }) => json)).toEqual([{ forgotten: true }]);
	expect(outcomesOf(await run(withKey(), messagesTo(2)))).toEqual(['accepted', 'accepted']);
});

test('in a loop, a key is sent in one turn only', async () => {
	const file = loopOver(smsNode({ parameters: { options: { sendOncePer: 'same' } } }));
	const items = [messagesTo(1)[0], messagesTo(1)[0]].map((item) => ({ ...item }));
	const result = await run({ id, ...file }, items);
	expect(errorOf(result)).toBeUndefined();
	expect(sent()).toEqual(['Message 0']);
});

test('a new Client Secret changes nothing; another Client ID is another account', async () => {
	await run(withKey(), messagesTo(1));
	const credential = setting.credentials.raw('kpn');
	setting.credentials.set('kpn', { ...credential, clientSecret: 'renewed' });
	expect(outcomesOf(await run(withKey(), messagesTo(1)))).toEqual(['sentBefore']);
	setting.credentials.set('kpn', { ...credential, clientId: 'other' });
	expect(outcomesOf(await run(withKey(), messagesTo(1)))).toEqual(['accepted']);
});

test('a retry with another Client ID does not send what may have been sent with the first', async () => {
	setting.sandbox.inject({ match: { content: 'Message 1' }, times: 2, answer: BAD_REQUEST });
	const file: WorkflowFile = { id, ...smsWorkflow() };
	const failed = await run(file, messagesTo(2));
	setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), clientId: 'other' });
	const saved: WorkflowFile = { id, ...smsWorkflow({ onError: CONTINUE }) };
	const retried = await retryExecution(failed, file, setting.credentials, saved);
	expect(outcomesOf(retried)).toEqual(['unknown', 'accepted']);
	expect(outputOf(retried, 'SMS')[0]?.json.message).toMatch(/with another Client ID/);
	expect(sent()).toEqual(['Message 0', 'Message 1']);
});

test('what is kept of a number, here and for a retry, cannot be found by trying all numbers', async () => {
	const kept = async (clientId: string) => {
		setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), clientId });
		id = randomUUID();
		setting.sandbox.inject({ times: 1, answer: SERVER_ERROR });
		const { data } = await run(withKey(), messagesTo(1));
		const ledger = JSON.stringify(data.executionData?.contextData['node:SMS']);
		const hashes = [...ledger.matchAll(/"([\w-]{20,})":/g)].map(([, hash]) => hash);
		return [...hashes, ...(deduplicator.lists.get(`${id} sms`) ?? [])];
	};
	const { clientId } = setting.credentials.raw('kpn');
	const own = await kept(String(clientId));
	expect(own).toHaveLength(2);
	expect(await kept(String(clientId))).toEqual(own);
	const others = await kept('other');
	expect(others).toHaveLength(2);
	expect(others.filter((hash) => own.includes(hash))).toEqual([]);
});

test('another worker writes over the list at the same moment: what it has begun is not sent', async () => {
	const name = `${id} sms`;
	await run(withKey(), [{ to: '0612345679', text: 'First' }]);
	const [item] = messagesTo(1);
	// What the list is like when another worker has begun the same message, without our mark.
	const other = { ...withKey(), id: randomUUID() };
	await run(other, [{ to: '0612345679', text: 'First' }, { ...item }]);
	const theirs = (deduplicator.lists.get(`${other.id} sms`) ?? []).slice(0, 3);
	setting.sandbox.reset();
	let writes = 0;
	deduplicator.onWrite = () => {
		if (++writes === 1) setImmediate(() => deduplicator.lists.set(name, theirs));
	};
	const result = await run(withKey({ onError: CONTINUE }), [{ ...item }]);
	expect(outcomesOf(result)).not.toContain('accepted');
	expect(sent()).toEqual([]);
});

test.each(['v1', 'current'])(
	'n8n’s database takes its time while many calls begin: each message is accepted, once: %s',
	async (smsApi) => {
		setting.credentials.set('kpn', { ...setting.credentials.raw('kpn'), smsApi });
		await setting.sandbox.setCapacity({ latencyMs: 10 });
		deduplicator.onWrite = async () => await delay(20);
		const items = messagesTo(600);
		const options = { messagesPerCall: 5, deliveryGuarantee: 'atLeastOnce' };
		expect(new Set(outcomesOf(await run(withKey({ onError: CONTINUE }, options), items)))).toEqual(
			new Set(['accepted']),
		);
		expect(new Set(outcomesOf(await run(withKey({ onError: CONTINUE }, options), items)))).toEqual(
			new Set(['sentBefore']),
		);
		expect(sent()).toHaveLength(items.length);
	},
);
