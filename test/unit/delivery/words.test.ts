import type { ItemResult } from '../../../nodes/KpnSms/delivery/item';
import type { Failure } from '../../../nodes/shared/failure';
import type { Outcome } from '../../../nodes/KpnSms/delivery/outcome';
import { precheckError, stopError } from '../../../nodes/KpnSms/delivery/words';
import { hintsOf } from '../../../nodes/KpnSms/message/hints';
import { aDraft, aNode } from './drafts';

const node = aNode();

const ACCEPTED: Outcome = { outcome: 'accepted', documentId: 'd' };

const failure = (changes: Partial<Failure> = {}): Failure => ({
	outcome: 'refused',
	meaning: 'it failed',
	advice: 'Look there.',
	kpn: {},
	retryable: false,
	concernsEveryCall: false,
	...changes,
});

const resultsOf = (...outcomes: Outcome[][]): ItemResult[] =>
	outcomes.map((own, itemIndex) => ({ draft: aDraft({ itemIndex }), outcomes: own }));

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
		...[2, 3, 4, 5].map((item) => `[item ${item}]`),
		'To send ',
	]);
});

test.each([
	[10, []],
	[11, ['… and 1 more item.']],
	[12, ['… and 2 more items.']],
])('of %i items ten are named, and the others counted', (count, more) => {
	const failed = resultsOf(...Array.from({ length: count }, () => [failure()]));
	expect(linesOf(stopError(node, failed)).slice(10, -1)).toEqual(more);
	const refusals = failed.map((_, itemIndex) => ({ itemIndex, problems: ['Sender is empty.'] }));
	expect(linesOf(precheckError(node, refusals, 20, 0)).slice(10)).toEqual(more);
});

test('advice that is the same for the next item is given once', () => {
	const advised = ['Look there.', 'Look there.', 'Wait.', 'Look there.'];
	const error = stopError(node, resultsOf(...advised.map((advice) => [failure({ advice })])));
	expect(linesOf(error).slice(0, 4)).toEqual([
		'[item 0] Not sent: it failed. Look there.',
		'[item 1] Not sent: it failed.',
		'[item 2] Not sent: it failed. Wait.',
		'[item 3] Not sent: it failed. Look there.',
	]);
});

test('what there is one of is told in the singular', () => {
	const options = aDraft({}, { dryRun: true });
	const dry = (recipients: string[]): ItemResult => ({
		draft: { ...options, recipients },
		outcomes: [],
	});
	const wrong: ItemResult = { itemIndex: 1, problems: ['Sender is empty.'], dryRun: true };
	const said = (...results: ItemResult[]) => hintsOf(results).map(({ message }) => message);
	expect(said(dry(['+31612345670']), wrong)).toEqual([
		'Dry run: 1 message to 1 recipient, 1 part in all. 1 item must be corrected first. Nothing was sent.',
	]);
	expect(said(dry(['+31612345670', '+31612345671']), wrong, wrong)).toEqual([
		'Dry run: 1 message to 2 recipients, 2 parts in all. 2 items must be corrected first. Nothing was sent.',
	]);
	expect(said()).toEqual([]);
});
