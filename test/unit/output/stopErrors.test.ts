import type { ItemResult } from '../../../nodes/KpnSms/output/itemResult';
import type { Failure } from '../../../nodes/shared/failure';
import type { Outcome } from '../../../nodes/KpnSms/send/outcome';
import { invalidItemsError, stopError } from '../../../nodes/KpnSms/output/stopErrors';
import { hintsOf } from '../../../nodes/KpnSms/output/hints';
import { validItem, kpnSmsNode } from '../../support/unit/validItem';

const node = kpnSmsNode();

const ACCEPTED: Outcome = { outcome: 'accepted', documentId: 'd' };

const failure = (changes: Partial<Failure> = {}): Failure => ({
	outcome: 'refused',
	meaning: 'it failed',
	advice: 'Look there.',
	kpn: {},
	retryable: false,
	affectsEveryCall: false,
	...changes,
});

const resultsOf = (...outcomes: Outcome[][]): ItemResult[] =>
	outcomes.map((own, itemIndex) => ({ item: validItem({ itemIndex }), outcomes: own }));

const linesOf = ({ description }: { description?: string | null }) =>
	(description ?? '').split('<br>');

test('the error of a stopped run counts every item once, by the worst that happened to it', () => {
	const lost = failure({ outcome: 'unknown' });
	const error = stopError(
		node,
		resultsOf(
			[ACCEPTED],
			[ACCEPTED, ACCEPTED],
			[ACCEPTED, failure()],
			[failure(), failure({ notTried: true })],
			[ACCEPTED, failure(), lost],
			[failure({ notTried: true })],
		),
	);
	expect(error.message).toBe(
		'Not all items were sent: 2 accepted, 1 partly accepted, 1 refused, 1 unknown, 1 not tried',
	);
	expect(linesOf(error).map((line) => line.slice(0, 8))).toEqual([
		...[2, 3, 4, 5].map((item) => `[item ${item} `),
		'To send ',
	]);
});

describe('what to do next goes by what is left', () => {
	const badContent = failure({ statusCode: 400 });
	const notTried = failure({ statusCode: 400, notTried: true });
	const nextOf = (...results: ItemResult[]) => linesOf(stopError(node, results)).at(-1);
	const withKey = (result: ItemResult): ItemResult =>
		'item' in result ? { ...result, item: { ...result.item, onceKey: 'order' } } : result;

	test.each([400, 422])(
		'what KPN refused with %i is not to be retried, for the data stays the same',
		(statusCode) => {
			const next = nextOf(...resultsOf([ACCEPTED], [failure({ statusCode })]));
			expect(next).toMatch(
				/^What KPN refused for its content.*Send what was corrected by itself\. Execute step sends everything again/,
			);
			expect(next).not.toMatch(/→ Retry \(it uses/);
		},
	);

	test('with Send Once Per, what was corrected is sent by executing again', () => {
		const next = nextOf(...resultsOf([ACCEPTED], [badContent]).map(withKey));
		expect(next).toMatch(/^What KPN refused for its content.*Then execute again: only what was/);
		expect(next).not.toMatch(/→ Retry \(it uses|Execute step sends everything/);
	});

	test('what was not tried is retried, beside what must be corrected', () => {
		const next = nextOf(...resultsOf([ACCEPTED], [badContent], [notTried]));
		expect(next).toMatch(
			/^To send only the rest: in the workflow with the node “SMS”, Executions → the newest one that failed → Retry.*for its content/,
		);
		expect(next).not.toMatch(/by itself|Then execute again/);
	});

	test('where nobody has it, everything can be executed again', () => {
		expect(nextOf(...resultsOf([badContent], [notTried]))).toBe(
			'None of these has been sent: once that is put right, execute again.',
		);
	});

	test('nothing is said of content where none was refused', () => {
		const next = nextOf(...resultsOf([ACCEPTED], [notTried]));
		expect(next).toMatch(
			/^To send only the rest: in the workflow with the node “SMS”, Executions → the newest one that failed → Retry/,
		);
		expect(next).not.toMatch(/content/);
	});
});

test('above the output, what was not sent is counted, also beside items that are only checked', () => {
	const dryRun: ItemResult = { item: validItem({ itemIndex: 9 }, { dryRun: true }), outcomes: [] };
	const invalid: ItemResult = { itemIndex: 8, problems: ['Bad.'], dryRun: false };
	const results = [...resultsOf([ACCEPTED], [failure()]), invalid, dryRun];
	expect(hintsOf(results).map(({ message }) => message.split('.')[0])).toEqual([
		'Dry run of 1 of 4 items, which were not sent: 1 message to 1 recipient, 1 part in all',
		'Not all items were sent: 1 accepted, 2 refused',
	]);
	expect(stopError(node, results).message).toBe('Not all items were sent: 1 accepted, 2 refused');
	expect(hintsOf(resultsOf([ACCEPTED], [ACCEPTED]))).toEqual([]);
});

test.each([
	[10, []],
	[11, ['… and 1 more item.']],
	[12, ['… and 2 more items.']],
])(
	'of %i items that each have another reason ten are named, and the others counted',
	(count, more) => {
		const each = Array.from({ length: count }, (_, item) => [failure({ meaning: `no. ${item}` })]);
		expect(linesOf(stopError(node, resultsOf(...each))).slice(10, -1)).toEqual(more);
		const refusals = each.map((_, itemIndex) => ({ itemIndex, problems: [`Bad ${itemIndex}.`] }));
		expect(linesOf(invalidItemsError(node, refusals, 20, false)).slice(10)).toEqual(more);
	},
);

test('advice that is the same for the next item is given once', () => {
	const advised = ['Look there.', 'Look there.', 'Wait.', 'Look there.'];
	const each = advised.map((advice, item) => [failure({ advice, meaning: `no. ${item}` })]);
	expect(linesOf(stopError(node, resultsOf(...each))).slice(0, 4)).toEqual([
		'[item 0 (the 1st)] Not sent: no. 0. Look there.',
		'[item 1 (the 2nd)] Not sent: no. 1.',
		'[item 2 (the 3rd)] Not sent: no. 2. Wait.',
		'[item 3 (the 4th)] Not sent: no. 3. Look there.',
	]);
});

test('items with the same reason are told in one line, with their ranges', () => {
	const bad = () => [failure({ kpn: { message: 'Bad' } })];
	const items = Array.from({ length: 60 }, (_, item) =>
		item < 14 || item >= 50 ? bad() : item === 20 ? [failure()] : [ACCEPTED],
	);
	const error = stopError(node, resultsOf(...items));
	expect(error.message).toBe('Not all items were sent: 35 accepted, 25 refused');
	expect(linesOf(error).slice(0, -1)).toEqual([
		'[items 0–13, 50–59 (the 1st–14th, 51st–60th)] Not sent: it failed. KPN says: “Bad”. Look there.',
		'[item 20 (the 21st)] Not sent: it failed.',
	]);
	const refusals = [0, 1, 2, 7].map((itemIndex) => ({ itemIndex, problems: ['Sender is empty.'] }));
	expect(linesOf(invalidItemsError(node, refusals, 9, false))).toEqual([
		'[items 0–2, 7 (the 1st–3rd, 8th)] Sender is empty.',
	]);
});

test('of many ranges ten are named, and the other items counted', () => {
	const every = Array.from({ length: 30 }, (_, item) => [item % 2 ? ACCEPTED : failure()]);
	const [line] = linesOf(stopError(node, resultsOf(...every)));
	expect(line).toMatch(
		/^\[items 0, 2, 4, 6, 8, 10, 12, 14, 16, 18 and 5 more \(counted from 0\)\] Not sent/,
	);
});

test('items with several recipients have a line each: it is about theirs', () => {
	const both = () => [ACCEPTED, failure()];
	const lines = linesOf(stopError(node, resultsOf(both(), both())));
	expect(lines.map((line) => line.slice(0, 8))).toEqual(['[item 0 ', '[item 1 ', 'To send ']);
});

test('what there is one of is told in the singular', () => {
	const options = validItem({}, { dryRun: true });
	const dry = (recipients: string[]): ItemResult => ({
		item: { ...options, recipients },
		outcomes: [],
	});
	const wrong: ItemResult = { itemIndex: 1, problems: ['Sender is empty.'], dryRun: true };
	const said = (...results: ItemResult[]) => hintsOf(results).map(({ message }) => message);
	expect(said(dry(['+31612345670']), wrong)).toEqual([
		'Dry run, nothing was sent: 1 message to 1 recipient, 1 part in all.<br>1 item must be corrected first:<br>[item 1 (the 2nd)] Sender is empty.',
	]);
	expect(said(dry(['+31612345670', '+31612345671']), wrong, wrong)).toEqual([
		'Dry run, nothing was sent: 1 message to 2 recipients, 2 parts in all.<br>2 items must be corrected first:<br>[items 1, 1 (the 2nd, 2nd)] Sender is empty.',
	]);
	expect(said()).toEqual([]);
});

test('a test URL for delivery reports is warned of above the output', () => {
	const deliveryReportUrl = 'https://n8n.example.com/webhook-test/abc/webhook';
	const result = { item: validItem({}, { deliveryReportUrl }), outcomes: [ACCEPTED] };
	expect(hintsOf([result]).map(({ message }) => message)).toEqual([
		expect.stringMatching(/is a test URL.*Once published, the workflow refuses it/),
	]);
});

test('a sunset that is no date, or a reset that is over, is no hint', () => {
	const said = (sunset: string, resetUtc: string) => {
		const quota = { limit: 100, used: 95, resetUtc };
		const hints = hintsOf(resultsOf([{ ...ACCEPTED, account: { quota, sunset } }]));
		return hints.map(({ message }) => message);
	};
	const used = '95 % of KPN’s quota is used: 95 of 100.';
	expect(said('TBD', '2020-01-01T00:00:00Z')).toEqual([used]);
	expect(said('2999-01-31', '2999-01-01T00:00:00Z')).toEqual([
		`${used} KPN says that it starts anew at 1 January 2999, 00:00 UTC.`,
		expect.stringMatching(/gone from 2999-01-31 on/),
	]);
});

test('items whose words differ in the ID of a request alone are told in one line', () => {
	const said = (message: string) => [failure({ kpn: { message } })];
	const error = stopError(
		node,
		resultsOf(
			said('Blocked, request 8c1f-77 at 10:02:17'),
			said('Blocked, request 9d20-01 at 10:02:18'),
			said('Blocked, request 9d20-01 at 10:02:18, twice'),
			said('Down'),
			said('Down'),
		),
	);
	expect(linesOf(error).slice(0, 3)).toEqual([
		expect.stringMatching(/^\[items 0–1 .*KPN says: “Blocked, request … at …”/),
		expect.stringMatching(/^\[item 2 .*“Blocked, request 9d20-01 at 10:02:18, twice”/),
		expect.stringMatching(/^\[items 3–4 .*“Down”/),
	]);
});
