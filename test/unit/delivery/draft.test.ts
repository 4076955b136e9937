import fc from 'fast-check';

import { draft, isRefusal } from '../../../nodes/KpnSms/delivery/draft';

const good = { sender: 'Demo App', mobileNumber: '0612345678', content: 'Hello' };
const problemsOf = (fields: object, api: 'v1' | 'current' = 'v1') => {
	const read = draft(0, { ...good, ...fields }, api);
	return isRefusal(read) ? read.problems.join(' ') : '';
};

test('every character of the content stays as typed', () => {
	const content = ' “Hé” 😀\r\n\tx\u0000\ud800 ';
	expect(draft(3, { ...good, content }, 'v1')).toEqual({
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
	for (const content of ['', ' \n ', undefined, null, {}, [], true, NaN]) {
		expect(problemsOf({ content })).toMatch(/^Content is .*Enter the text/);
	}
	expect(problemsOf({ content: '😀'.repeat(1000) }, 'current')).toBe('');
	expect(problemsOf({ content: 'x'.repeat(1001) }, 'current')).toMatch(/Content has 1001/);
	expect(problemsOf({ content: 'x'.repeat(1001) }, 'v1')).toBe('');
});

test('a missing number is named with what would be right', () => {
	expect(problemsOf({ mobileNumber: ' , ' })).toMatch(/Mobile Number is empty.*0612345678/);
	expect(problemsOf({ mobileNumber: undefined })).toMatch(/the expression found nothing/);
});

test('all problems of an item are told at once', () => {
	expect(draft(0, { sender: '', mobileNumber: 'x', content: '' }, 'v1')).toEqual({
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
				expect(isRefusal(read) ? read.problems.length : read.recipients.length).toBeGreaterThan(0);
			}
		}),
	);
});
