import { randomUUID } from 'node:crypto';

import { ExecuteContext } from 'n8n-core';
import type { IDataObject, INode, IRun } from 'n8n-workflow';

import {
	outputOf,
	retryExecution,
	runWorkflow,
	startWorkflow,
	type WorkflowFile,
} from '../../dev/engine';
import { waitUntil } from '../support/waitUntil';
import {
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** Send and Wait with Send Once Per, on n8n's own engine: whose answer is whose. */

const SERVER_ERROR = { kind: 'http', status: 500 } as const;
const FORBIDDEN = { kind: 'http', status: 403 } as const;
const MODES = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

const NOT_DELIVERED = 1;
const NO_ANSWER = 2;

const NOT_AWAITED = 'goes to the execution that sent it: this one does not wait for it.';

let setting: EngineSetup;
let id: string;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
	id = randomUUID();
});
afterEach(async () => {
	jest.restoreAllMocks();
	await setting.sandbox.close();
});

const asking = (changes: Partial<INode> = {}, options: IDataObject = {}): WorkflowFile => ({
	id,
	...smsWorkflow({
		...changes,
		parameters: {
			operation: 'sendAndWait',
			responseType: 'approval',
			message: '={{ $json.text }}',
			options: { sendOncePer: '={{ $json.key }}', ...options },
		},
	}),
});

const ITEM = { to: '+31612345670', text: 'May order 1042 be placed?', key: '1042' };

const start = (file: WorkflowFile, item = ITEM) =>
	startWorkflow(file, startAtBefore([item]), setting.credentials);
const run = async (file: WorkflowFile, item = ITEM) =>
	await runWorkflow(file, startAtBefore([item]), setting.credentials);

const waits = ({ waitTill }: IRun) => waitTill !== undefined;
const errorOf = ({ data }: IRun) => data.resultData.error;
const hintsOf = ({ data }: IRun) =>
	(data.resultData.runData.SMS?.[0]?.hints ?? []).map(({ message }) => message);

/** All that came out, by exit. */
const exitsOf = (result: IRun) =>
	[0, 1, 2, 3].map((exit) => outputOf(result, 'SMS', exit).map(({ json }) => json));

/** n8n fails at the moment at which it would put the execution to wait: the SMS has left. */
const failToWait = (times: number) => {
	const waiting = jest.spyOn(ExecuteContext.prototype, 'putExecutionToWait');
	for (let time = 0; time < times; time++) waiting.mockRejectedValueOnce(new Error('no database'));
};

test.each(MODES)(
	'%s: what an earlier execution has sent is not sent again, and its answer is not waited for',
	async (onError) => {
		const file = asking({ onError });
		expect(waits(await run(file))).toBe(true);
		for (let time = 0; time < 2; time++) {
			const again = await run(file);
			expect(again.status).toBe('success');
			expect(waits(again)).toBe(false);
			expect(exitsOf(again)).toEqual([
				[],
				[],
				[
					expect.objectContaining({
						outcome: 'sentBefore',
						recipient: ITEM.to,
						message: expect.stringMatching(new RegExp(`^It had been sent before .*${NOT_AWAITED}`)),
					}),
				],
				[],
			]);
			expect(outputOf(again, 'SMS', NO_ANSWER)[0]?.pairedItem).toMatchObject({ item: 0 });
			expect(hintsOf(again).join()).toMatch(NOT_AWAITED);
		}
		expect(setting.sandbox.messages).toHaveLength(1);
	},
);

test('without the option each execution sends, and waits for its own answer', async () => {
	const file = asking({}, { sendOncePer: undefined });
	expect([waits(await run(file)), waits(await run(file))]).toEqual([true, true]);
	const links = setting.sandbox.messages.map(({ content }) => content);
	expect(new Set(links).size).toBe(2);
});

test('another key is another question', async () => {
	await run(asking());
	expect(waits(await run(asking(), { ...ITEM, key: '1043' }))).toBe(true);
	expect(setting.sandbox.messages).toHaveLength(2);
});

test('a key that an expression gives nothing for refuses the item, and nothing is sent', async () => {
	const failed = await run(asking(), { ...ITEM, key: '' });
	expect(errorOf(failed)?.message).toMatch(/^Nothing was sent: Send Once Per is empty/);
	expect(setting.sandbox.calls).toHaveLength(0);
});

test('two executions at once: one SMS, and only the one that sent it waits', async () => {
	setting.sandbox.inject({ times: 1, accept: true, delayMs: 200 });
	const first = start(asking()).finished;
	await waitUntil(() => setting.sandbox.calls.length === 1);
	const results = await Promise.all([first, start(asking()).finished]);
	expect(results.map(waits)).toEqual([true, false]);
	expect(results[1] && exitsOf(results[1])[NO_ANSWER]).toEqual([
		expect.objectContaining({ outcome: 'sentBefore' }),
	]);
	expect(setting.sandbox.messages).toHaveLength(1);
});

test('what KPN refused is asked by the next execution', async () => {
	setting.sandbox.inject({ times: 1, answer: FORBIDDEN });
	expect(errorOf(await run(asking()))?.message).toMatch(/^Not sent/);
	expect(waits(await run(asking()))).toBe(true);
	expect(setting.sandbox.messages).toHaveLength(1);
});

test('at once with one that KPN refuses: neither is called sent, and neither waits', async () => {
	setting.sandbox.inject({ times: 1, delayMs: 200, answer: FORBIDDEN });
	const file = asking({ onError: 'continueRegularOutput' });
	const first = start(file).finished;
	await waitUntil(() => setting.sandbox.calls.length === 1);
	const results = await Promise.all([first, start(file).finished]);
	expect(results.map(waits)).toEqual([false, false]);
	expect(results.map((one) => exitsOf(one)[NOT_DELIVERED])).toEqual(
		Array(2).fill([expect.objectContaining({ outcome: 'refused' })]),
	);
});

describe('an outcome that is unknown', () => {
	beforeEach(async () => {
		setting.sandbox.inject({ times: 1, accept: true, answer: SERVER_ERROR });
		expect(waits(await run(asking()))).toBe(true);
	});
	afterEach(() => expect(setting.sandbox.calls).toHaveLength(1));

	test('is an error of the next execution: the SMS may be there, and its link leads elsewhere', async () => {
		const next = await run(asking({ retryOnFail: true, maxTries: 2, waitBetweenTries: 1 }));
		expect(waits(next)).toBe(false);
		expect(errorOf(next)?.message).toMatch(
			/^Unknown whether KPN took the SMS: an earlier execution had begun to send it/,
		);
	});

	test.each([
		['continueRegularOutput', NO_ANSWER],
		['continueErrorOutput', 3],
	] as const)('%s: the item comes out, and says so', async (onError, exit) => {
		const next = await run(asking({ onError }));
		expect(waits(next)).toBe(false);
		const exits = exitsOf(next);
		expect(exits[exit]).toEqual([
			expect.objectContaining({
				outcome: 'unknown',
				message: expect.stringMatching(`had begun to send it.*${NOT_AWAITED}`),
			}),
		]);
		expect(exits.flat()).toHaveLength(1);
	});
});

describe('n8n fails between the SMS and the wait', () => {
	test('Retry On Fail waits for the link that this execution has sent', async () => {
		failToWait(1);
		const result = await run(asking({ retryOnFail: true, maxTries: 2, waitBetweenTries: 1 }));
		expect(errorOf(result)).toBeUndefined();
		expect(waits(result)).toBe(true);
		expect(setting.sandbox.messages).toHaveLength(1);
	});

	test.each([
		['with the option', {}],
		['without it', { sendOncePer: undefined }],
	])(
		'Retry execution, %s, does not wait: the link leads to the execution that failed',
		async (_, options) => {
			failToWait(1);
			const file = asking({}, options);
			const failed = await run(file);
			expect(errorOf(failed)).toBeDefined();
			const retried = await retryExecution(failed, file, setting.credentials);
			expect(waits(retried)).toBe(false);
			expect(exitsOf(retried)[NO_ANSWER]).toEqual([
				expect.objectContaining({
					outcome: 'accepted',
					acceptedBefore: true,
					message: expect.stringMatching(`^KPN had accepted it before.*${NOT_AWAITED}`),
				}),
			]);
			expect(setting.sandbox.messages).toHaveLength(1);
		},
	);

	test('a new execution does not send it again, and does not wait', async () => {
		failToWait(1);
		expect(errorOf(await run(asking()))).toBeDefined();
		const next = await run(asking());
		expect(waits(next)).toBe(false);
		expect(exitsOf(next)[NO_ANSWER]).toEqual([expect.objectContaining({ outcome: 'sentBefore' })]);
		expect(setting.sandbox.messages).toHaveLength(1);
	});
});

test('Retry execution of what KPN refused sends it, and waits for the new link', async () => {
	setting.sandbox.inject({ times: 1, answer: FORBIDDEN });
	const file = asking({ retryOnFail: true, maxTries: 2, waitBetweenTries: 1 });
	const failed = await run({ ...file, nodes: asking().nodes });
	expect(errorOf(failed)).toBeDefined();
	failToWait(1);
	const retried = await retryExecution(failed, file, setting.credentials, file);
	expect(waits(retried)).toBe(true);
	expect(setting.sandbox.messages).toHaveLength(1);
});

test('Dry Run says that it had been sent before', async () => {
	await run(asking());
	const dry = await run(asking({}, { dryRun: true }));
	expect(exitsOf(dry)[NO_ANSWER]).toEqual([
		expect.objectContaining({ outcome: 'dryRun', sentBefore: 1 }),
	]);
	expect(hintsOf(dry).join()).toMatch(/1 recipient would not get it again/);
});
