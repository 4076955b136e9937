import type { IDataObject, INode, IN8nHttpFullResponse } from 'n8n-workflow';

import type { Call, Message } from '../../nodes/KpnSms/send/message';
import { sendCalls } from '../../nodes/KpnSms/send/sendCalls';
import type { KpnContext } from '../../nodes/KpnSms/send/kpnContext';
import type { Failure } from '../../nodes/shared/failure';
import type { RunItem } from '../../nodes/KpnSms/check/checkItems';
import { sendItems } from '../../nodes/KpnSms/send/sendItems';
import { stopError } from '../../nodes/KpnSms/output/stopErrors';
import { INITIAL_WINDOW } from '../../nodes/KpnSms/rate/callWindow';
import { Pace } from '../../nodes/KpnSms/rate/pace';
import { hintsOf } from '../../nodes/KpnSms/output/hints';
import { SMS_APIS, type SmsApi } from '../../nodes/shared/kpnApi';
import { validItem, kpnSmsNode } from '../support/unit/validItem';

const MANY = 100_000;

/** How often is tried: what we hold the loop for, we hold it for in each, and garbage collection not. */
const TRIES = 3;

/** CPU time in milliseconds: time that other processes take is not counted. */
const cpuTime = (): number => {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
};

/** The longest that the event loop had to wait for its next turn during the work. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
	let longest = 0;
	let working = true;
	let last = cpuTime();
	const turn = () => {
		const now = cpuTime();
		longest = Math.max(longest, now - last);
		last = now;
		if (working) setImmediate(turn);
	};
	setImmediate(turn);
	await work();
	await new Promise(setImmediate);
	working = false;
	return longest;
}

/**
 * What it is compared with: copying the list by way of JSON, as n8n does between its nodes, which
 * holds the loop as long as it takes. So a slow or busy machine changes both alike.
 */
function timeOfCopying(): number {
	const started = cpuTime();
	JSON.parse(JSON.stringify(itemsOf()));
	return cpuTime() - started;
}

/** The smallest share of the time of copying, until one is small enough. */
async function shareOfCopying(work: () => Promise<unknown>): Promise<number> {
	let smallest = Infinity;
	for (let tries = 0; tries < TRIES && smallest >= 1; tries++) {
		smallest = Math.min(smallest, (await longestHold(work)) / timeOfCopying());
	}
	return smallest;
}

type Answer = Pick<IN8nHttpFullResponse, 'statusCode' | 'headers' | 'body'>;

/** All that a run asks of n8n, without n8n's own work, which would hold the loop too. */
function contextOf(answer: Answer, onError?: INode['onError']): KpnContext {
	const store: IDataObject = {};
	const context = {
		getNode: () => kpnSmsNode({ onError }),
		getMode: () => 'trigger',
		continueOnFail: () => onError !== undefined,
		getExecuteData: () => ({ node: kpnSmsNode({ onError }) }),
		getContext: () => store,
		evaluateExpression: () => 0,
		getExecutionCancelSignal: () => undefined,
		helpers: {
			httpRequestWithAuthentication: async () => {
				await new Promise(setImmediate);
				return answer;
			},
		},
	};
	return context as unknown as KpnContext;
}

const itemsOf = (message: object = {}, options: object = {}, count = MANY): RunItem[] =>
	Array.from({ length: count }, (_, itemIndex) => ({
		itemIndex,
		body: {
			sender: 'Demo App',
			messages: [
				{ mobile_number: numberOf(itemIndex), content: `Message ${itemIndex}`, ...message },
			],
		},
		options,
		input: {},
	}));

const numberOf = (index: number) => `+316${12_345_670 + index}`;

const NUMBERS = Array.from({ length: MANY }, (_, index) => numberOf(index));

const ACCEPTED = { statusCode: 200, headers: {}, body: '{"document_id":"d","status":"OK"}' };
const FORBIDDEN = { statusCode: 403, headers: {}, body: '' };
const CONTINUE = 'continueRegularOutput';

test.each<[string, Answer, INode['onError'], RunItem[], SmsApi?]>([
	['KPN takes all', ACCEPTED, undefined, itemsOf()],
	['KPN takes all, one a call', ACCEPTED, undefined, itemsOf({}, {}, MANY / 4), 'v1'],
	['KPN refuses all, Stop Workflow', FORBIDDEN, undefined, itemsOf()],
	['KPN refuses all, Continue', FORBIDDEN, CONTINUE, itemsOf()],
	['bad numbers, Stop Workflow', ACCEPTED, undefined, itemsOf({ mobile_number: 'x' })],
	['Dry Run', ACCEPTED, undefined, itemsOf({}, { dryRun: true })],
	['one item with all numbers', ACCEPTED, undefined, itemsOf({ mobile_number: NUMBERS }, {}, 1)],
	[
		'KPN answers with a page made to be slow to read',
		{ ...FORBIDDEN, body: '<a'.repeat(100_000) },
		CONTINUE,
		itemsOf({}, {}, 1),
	],
])(
	'n8n goes on answering while a long list is sent: %s',
	async (_, answer, onError, items, api = 'current') => {
		const request = {
			api,
			httpOptions: { url: SMS_APIS[api].sendPath },
			credential: { oauthTokenData: { access_token: 'token' } },
			timeoutMs: 60_000,
		};
		const share = await shareOfCopying(async () => {
			try {
				const { results } = await sendItems(contextOf(answer, onError), items, request);
				hintsOf(results);
			} catch (error) {
				expect((error as Error).message).toMatch(/^Not(hing was| all items were) sent: /);
			}
		});
		expect(share).toBeLessThan(1);
	},
	180_000,
);

const REFUSED: Failure = {
	outcome: 'refused',
	meaning: 'it failed',
	advice: 'Look there.',
	kpn: { message: 'No' },
	retryable: false,
	affectsEveryCall: true,
};

test('the error of a stopped run has words for the items that it names, and no others', () => {
	let read = 0;
	const failure: Failure = {
		...REFUSED,
		get meaning() {
			read++;
			return REFUSED.meaning;
		},
	};
	const results = Array.from({ length: MANY }, (_, itemIndex) => ({
		item: validItem({ itemIndex }),
		outcomes: [failure],
	}));
	stopError(kpnSmsNode(), results);
	expect(read).toBeGreaterThan(0);
	expect(read).toBeLessThan(100);
});

test('messages that are not sent any more are settled a few at a time', async () => {
	const size = SMS_APIS.current.maxMessagesPerCall;
	const item = validItem();
	const message: Message = { item, recipient: item.recipients[0] ?? '' };
	const calls = Array.from({ length: 100 }, (): Call => [
		message,
		...Array(size - 1).fill(message),
	]);
	// By this clock all work takes long, so that it is interrupted wherever it can be.
	let now = 0;
	const clock = jest.spyOn(Date, 'now').mockImplementation(() => (now += 1000));
	let atOnce = 0;
	let most = 0;
	let turns = setImmediate(function turn() {
		atOnce = 0;
		turns = setImmediate(turn);
	});
	await sendCalls(
		calls,
		{ stopAtUnknown: true, hasAcceptedBefore: false, pace: new Pace(64, Math.random) },
		{
			sendCall: async () => REFUSED,
			onRetry: () => {},
			onSettled: () => (most = Math.max(most, ++atOnce)),
			sleep: async () => {},
			isCanceled: () => false,
			now: () => performance.now(),
			random: Math.random,
		},
	);
	clearImmediate(turns);
	clock.mockRestore();
	expect(most).toBeLessThanOrEqual(2 * INITIAL_WINDOW * size);
});
