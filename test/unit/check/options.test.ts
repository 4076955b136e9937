import { MAX_EXPIRY, optionsReader, readOptions } from '../../../nodes/KpnSms/check/options';
import { timeoutOf } from '../../../nodes/KpnSms/operations/requestSettings';

/** What an expression can give where a number, a switch or a choice is wanted. */

let deep: unknown = [];
for (let level = 0; level < 20_000; level++) deep = [deep];

const ODD = [new Date(), true, [], ['1'], {}, deep, '0x10', '1e3', '1,5', 'soon', NaN, Infinity];

test.each(['expireAfter', 'maximumParts', 'maximumRetries', 'messagesPerCall'])(
	'%s takes numbers and digits only, within bounds',
	(name) => {
		for (const value of [...ODD, -1, 1.5, '9'.repeat(20), 1e12]) {
			expect(readOptions({ [name]: value }, 'current').problems).toEqual([
				expect.stringMatching(
					/ is (not a number|-?[\d.e+]+|NaN|Infinity)\. Enter a whole number from/,
				),
			]);
		}
		for (const value of [1, '1', ' 2 ']) {
			expect(readOptions({ [name]: value }, 'current').problems).toEqual([]);
		}
	},
);

test('Expire After is at most what an SMS can be kept', () => {
	const problems = (expireAfter: number) => readOptions({ expireAfter }, 'current').problems;
	expect(problems(MAX_EXPIRY)).toEqual([]);
	expect(problems(MAX_EXPIRY + 1)).toHaveLength(1);
	expect(MAX_EXPIRY).toBe(38_102_400);
});

test.each(['dryRun', 'replaceSpecialCharacters'])('%s takes true and false only', (name) => {
	for (const value of [[true], ['true'], 1, {}, deep, 'yes']) {
		expect(readOptions({ [name]: value }, 'current').problems).toHaveLength(1);
	}
	for (const value of [true, false, 'true', ' False ']) {
		expect(readOptions({ [name]: value }, 'current').problems).toEqual([]);
	}
});

test('anything for any option is read without a throw', () => {
	const names = ['defaultCountry', 'deliveryGuarantee', 'deliveryReportUrl', 'subAccount'];
	for (const name of names) {
		for (const value of [deep, [], {}, true, new Date()]) {
			expect(readOptions({ [name]: value }, 'current').problems).toHaveLength(1);
		}
	}
	for (const given of [null, 'options', deep, 7]) {
		expect(optionsReader('current', false)(given as object).problems).toEqual([
			expect.stringMatching(/^Options is not a set of options/),
		]);
	}
});

test('a Timeout that is no whole number is refused: true would be a millisecond, 3.600 four', () => {
	for (const timeout of [
		true,
		[],
		deep,
		'6 0',
		new Date(),
		'soon',
		{},
		'1.2.3',
		'3.600',
		3.6,
		'60s',
		'0x10',
		'1e5',
		-5,
	]) {
		expect(() => timeoutOf({ timeout })).toThrow(
			/^Timeout on the Settings tab is not a whole number: enter milliseconds in digits alone, such as 60000\.$/,
		);
	}
	expect([undefined, null, '', ' ', 0].map((timeout) => timeoutOf({ timeout }))).toEqual(
		Array(5).fill(60_000),
	);
	expect(['300', ' 300 ', 1e12].map((timeout) => timeoutOf({ timeout }))).toEqual([
		300,
		300,
		2 ** 31 - 1,
	]);
});

test('a test URL for delivery reports is taken only while the workflow is tried out', () => {
	const given = { deliveryReportUrl: 'https://n8n.example.com/webhook-test/abc/webhook' };
	expect(readOptions(given, 'current', true).problems).toEqual([]);
	expect(readOptions(given, 'current', false).problems).toEqual([
		expect.stringMatching(/is a test URL.*Production URL/),
	]);
});

test('a Sub-Account that is far too long is refused, in words that name no limit of KPN’s', () => {
	const problems = (subAccount: string) => readOptions({ subAccount }, 'current').problems;
	expect(problems('a'.repeat(256))).toEqual([]);
	expect(problems('a'.repeat(257))).toEqual([
		'Sub-Account has 257 characters, and this node sends 256 at most: copy it from KPN again.',
	]);
});
