import fc from 'fast-check';

import { checkItem, isInvalid } from '../../../nodes/KpnSms/check/checkItem';
import { readOptions } from '../../../nodes/KpnSms/check/options';
import { MAX_UNITS } from '../../../nodes/KpnSms/check/parts';
import type { SmsApi } from '../../../nodes/shared/kpnApi';

interface Fields {
	sender?: unknown;
	mobileNumber?: unknown;
	content?: unknown;
}

const draft = (
	itemIndex: number,
	{ sender, mobileNumber, content }: Fields,
	api: SmsApi,
	options: Record<string, unknown> = {},
) => {
	const body = { sender, messages: [{ mobile_number: mobileNumber, content }] };
	return checkItem({ itemIndex, body, options, input: {} }, readOptions(options, api), api);
};

const good = { sender: 'Demo App', mobileNumber: '0612345678', content: 'Hello' };
const problemsOf = (fields: object, api: SmsApi = 'v1', options: Record<string, unknown> = {}) => {
	const read = draft(0, { ...good, ...fields }, api, options);
	return isInvalid(read) ? read.problems.join(' ') : '';
};

test('every character of the content stays as typed', () => {
	const content = ' “Hé” 😀\r\n\tx\u0000\ud800 ';
	expect(draft(3, { ...good, content }, 'v1')).toMatchObject({
		itemIndex: 3,
		sender: 'Demo App',
		recipients: ['+31612345678'],
		content,
	});
});

test('a number that stands in an item twice, however written, gets the SMS once', () => {
	const mobileNumber = '06 12345678, +31612345678; 0612345679';
	expect(draft(0, { ...good, mobileNumber }, 'v1')).toMatchObject({
		recipients: ['+31612345678', '+31612345679'],
	});
});

test('a sender has 1 to 11 characters', () => {
	expect(problemsOf({ sender: 'ElevenChars' })).toBe('');
	expect(problemsOf({ sender: 1234 })).toBe('');
	expect(problemsOf({ sender: 'TwelveLetter' })).toMatch(/Sender has 12 characters.*shorten/);
	expect(problemsOf({ sender: '  ' })).toMatch(/Sender is empty.*1 to 11/);
});

test('the content is not empty, and at most 1000 characters on the current API', () => {
	for (const content of ['', ' \n ', {}, [], true, NaN]) {
		expect(problemsOf({ content })).toMatch(/^Content is .*Enter the text/);
	}
	for (const content of [undefined, null]) {
		expect(problemsOf({ content })).toMatch(/its expression gives nothing.*look at its preview/);
	}
	expect(problemsOf({ content: '😀'.repeat(1000) }, 'current')).toBe('');
	expect(problemsOf({ content: 'x'.repeat(1001) }, 'current')).toMatch(/Content has 1001/);
	expect(problemsOf({ content: 'x'.repeat(1001) }, 'v1')).toBe('');
});

test('a missing number is named with what would be right', () => {
	expect(problemsOf({ mobileNumber: ' , ' })).toMatch(/Mobile Number is empty.*0612345678/);
	expect(problemsOf({ mobileNumber: undefined })).toMatch(
		/its expression gives nothing for this item. Open the field/,
	);
});

test.each(['\u200b', '\ufeff \n', '\u200d'])(
	'a text that shows nothing is empty: %j',
	(content) => {
		expect(problemsOf({ content })).toMatch(/^Content is empty/);
	},
);

test('all problems of an item are told at once', () => {
	expect(draft(0, { sender: '', mobileNumber: 'x', content: '' }, 'v1')).toMatchObject({
		itemIndex: 0,
		problems: [
			expect.stringMatching(/^Sender/),
			expect.stringMatching(/^Mobile Number/),
			expect.stringMatching(/^Content/),
		],
	});
});

test('whatever the fields hold, there is a draft or a refusal, never a throw', () => {
	const anything = fc.oneof(fc.anything(), fc.string({ unit: 'binary' }));
	fc.assert(
		fc.property(anything, anything, anything, (sender, mobileNumber, content) => {
			for (const api of ['v1', 'current'] as const) {
				const read = draft(0, { sender, mobileNumber, content }, api);
				expect(isInvalid(read) ? read.problems.length : read.recipients.length).toBeGreaterThan(0);
			}
		}),
	);
});

test('the options that only the current API has are refused on v1, each by its name', () => {
	const options = {
		deliveryReportUrl: 'https://n8n.example.com/webhook/1',
		expireAfter: 60,
		subAccount: 'Shop',
	};
	expect(problemsOf({}, 'current', options)).toBe('');
	const problems = problemsOf({}, 'v1', options);
	for (const name of ['Delivery Report URL', 'Expire After', 'Sub-Account']) {
		expect(problems).toContain(`${name} works with the current SMS API only`);
	}
});

test.each([
	[{ deliveryReportUrl: 'http://n8n.example.com' }, /Delivery Report URL is not .*https/],
	[{ deliveryReportUrl: 'my webhook' }, /Delivery Report URL is not/],
	[{ expireAfter: 0 }, /Expire After is 0/],
	[{ expireAfter: 'soon' }, /Expire After is not a number\. Enter a whole number/],
	[{ dryRun: 'perhaps' }, /Dry Run is neither true nor false/],
	[{ replaceSpecialCharacters: 2 }, /Replace Special Characters is neither/],
	[{ defaultCountry: 'France' }, /Default Country is not a country.*BE/],
	[{ deliveryGuarantee: 'twice' }, /Delivery Guarantee is neither/],
	[{ messagesPerCall: 201 }, /Messages per Call is 201\. .*from 1 to 200/],
	[{ maximumRetries: 1.5 }, /Maximum Retries is 1.5/],
	[{ maximumParts: 0 }, /Maximum Parts is 0/],
	[{ subAccount: 'a\nb' }, /Sub-Account has characters/],
])('%p is refused with what would be right', (options, words) => {
	expect(problemsOf({}, 'current', options)).toMatch(words);
});

test.each([true, 'true', 'TRUE'])('Dry Run is on when an expression gives %p', (dryRun) => {
	expect(readOptions({ dryRun }, 'v1').dryRun).toBe(true);
});

test('a text too long for any phone is refused, and not even counted where it surely is', () => {
	const huge = [
		{ content: 'e\u0301'.repeat(2_000_000) },
		{ content: '“'.repeat(4_000_000) },
		{ content: 'x'.repeat(MAX_UNITS + 1) },
		{ sender: 'x'.repeat(4_000_000) },
	];
	const { user: before } = process.cpuUsage();
	for (const fields of huge) {
		for (const options of [{}, { replaceSpecialCharacters: true }]) {
			expect(problemsOf(fields, 'v1', options)).toMatch(/has far too many characters.*shorten it/);
			expect(problemsOf(fields, 'current', options)).toMatch(/has far too many .* at most: short/);
		}
	}
	// It took seconds; now milliseconds, so that even a busy machine is far from the limit.
	expect((process.cpuUsage().user - before) / 1000).toBeLessThan(500);
});

test('the longest text that a phone puts together is taken, and one character more is not', () => {
	const options = { replaceSpecialCharacters: true };
	expect(problemsOf({ content: 'x'.repeat(MAX_UNITS) })).toBe('');
	expect(problemsOf({ content: 'e\u0301'.repeat(MAX_UNITS) }, 'v1', options)).toBe('');
	expect(problemsOf({ content: '“'.repeat(255 * 67) })).toBe('');
	expect(problemsOf({ content: '“'.repeat(255 * 67 + 1) })).toMatch(
		/Content takes 256 parts\. A phone puts at most 255/,
	);
});

test('a text of nothing but what Replace Special Characters leaves out is empty', () => {
	expect(problemsOf({ content: '\u0000' }, 'v1', { replaceSpecialCharacters: true })).toMatch(
		/^Content is empty without its special characters/,
	);
});

test('an item takes a thousand numbers, and no more are read', () => {
	const numbers = (count: number) => Array.from({ length: count }, (_, i) => 612345670 + i);
	const read = draft(0, { ...good, mobileNumber: numbers(1000) }, 'v1');
	expect(isInvalid(read) ? read : read.recipients.length).toBe(1000);
	for (const mobileNumber of [numbers(1001), numbers(1001).join(), numbers(500_000)]) {
		const { user: before } = process.cpuUsage();
		expect(problemsOf({ mobileNumber })).toBe(
			'Mobile Number has more than 1000 numbers. Give each number an item of its own.',
		);
		expect((process.cpuUsage().user - before) / 1000).toBeLessThan(500);
	}
	expect(problemsOf({ mobileNumber: [Array(5000).fill(' '), '0612345678'] })).toBe('');
});

test('bad numbers of an item are named, as many as a person reads, and the advice is given once', () => {
	const numbers = (count: number) => Array.from({ length: count }, (_, i) => `0201234${100 + i}`);
	expect(problemsOf({ mobileNumber: [...numbers(3), 'x'] })).toMatch(
		/^Mobile Number “…100” is not a mobile number\. A Dutch .* code\. The same holds for “…101” and “…102”\. Mobile Number “x” is not a phone number\./,
	);
	const many = problemsOf({ mobileNumber: numbers(900) });
	expect(many).toMatch(/“…110” and 889 more\.$/);
	expect(many.length).toBeLessThan(500);
	expect(problemsOf({ mobileNumber: [{}, true, false] })).toMatch(
		/^Mobile Number has .* 2 more\.$/,
	);
});

test('an option that is empty is one that is not set', () => {
	const options = { deliveryReportUrl: '', expireAfter: null, subAccount: '', maximumRetries: '' };
	expect(problemsOf({}, 'v1', options)).toBe('');
});

test('abroad KPN wants an expiry of at least 21 seconds', () => {
	const abroad = { mobileNumber: '0612345678, +32470123456' };
	expect(problemsOf(abroad, 'current', { expireAfter: 20 })).toMatch(/Expire After is 20.*21/);
	expect(problemsOf(abroad, 'current', { expireAfter: 21 })).toBe('');
	expect(problemsOf({}, 'current', { expireAfter: 1 })).toBe('');
});

test('Default Country is where a number without a country code belongs', () => {
	const options = { defaultCountry: 'be' };
	expect(draft(0, { ...good, mobileNumber: '0470 12 34 56' }, 'current', options)).toMatchObject({
		recipients: ['+32470123456'],
	});
});

test('Maximum Parts refuses a text that costs more, and says which characters make it so', () => {
	const options = { maximumParts: 1 };
	const content = `${'a'.repeat(100)}“`;
	expect(problemsOf({ content }, 'v1', options)).toMatch(
		/takes 2 parts, and Maximum Parts is 1\. “ makes it UCS-2.*Replace Special Characters/,
	);
	expect(problemsOf({ content: `${'a'.repeat(100)}\u00a0` }, 'v1', options)).toMatch(
		/ \[U\+00A0\] makes it UCS-2/,
	);
	expect(problemsOf({ content: 'a'.repeat(161) }, 'v1', options)).toMatch(/2 parts.*Shorten it/);
	expect(problemsOf({ content }, 'v1', { ...options, replaceSpecialCharacters: true })).toBe('');
});

test('Replace Special Characters changes look-alikes only, and leaves GSM’s own letters alone', () => {
	const read = draft(0, { ...good, content: '“é” – … ß€ 😀 e\u0301' }, 'v1', {
		replaceSpecialCharacters: true,
	});
	expect(read).toMatchObject({ content: '"é" - ... ß€ 😀 é' });
});
