import fc from 'fast-check';

import { readMobileNumber, splitMobileNumbers } from '../../../nodes/KpnSms/check/mobileNumber';

test.each([
	'06 12 34 56 78',
	'+31 (0)6-12345678',
	'0031612345678',
	'31612345678',
	'+316 1234 5678',
	' 06-12345678 ',
	'(06) 12 34 56 78',
	'\u202a+31612345678\u202c',
	"'0612345678",
	'’06 12345678',
	'"+31612345678"',
	'tel:0612345678',
	'tel:+31-6-12345678',
	'“sms:0612345678”',
	612345678,
	31612345678,
])('%p is read as +31612345678', (given) => {
	expect(readMobileNumber(given, false)).toEqual({ number: '+31612345678' });
});

test('what most lists have is read at once, and comes to what the library says of it', () => {
	const given = fc
		.tuple(
			fc.constantFrom('+31', '0031', '0', '31', '+32', ''),
			fc.integer({ min: 0, max: 999_999_999 }),
		)
		.map(([prefix, digits]) => prefix + String(digits).padStart(9, '6'));
	fc.assert(
		fc.property(given, fc.constantFrom('NL', 'BE', 'DE', 'US'), (number, country) => {
			// With a mark that cannot be seen, it is the library that reads it.
			const byLibrary = readMobileNumber(`${number}\u200e`, true, country);
			expect(readMobileNumber(number, true, country)).toEqual(byLibrary);
		}),
		{ numRuns: 2000 },
	);
});

test('097 numbers are taken', () => {
	expect(readMobileNumber('097012345678', false)).toEqual({ number: '+3197012345678' });
});

test.each(['0601234567', '0671234567', '0691234567', '0201234567', '061234567', '06123456789'])(
	'%s is refused as not a mobile number, shown by its last digits only',
	(given) => {
		const read = readMobileNumber(given, true);
		expect(read).toEqual({
			shown: `“…${given.slice(-3)}”`,
			problem: expect.stringMatching(/^is not a mobile number/),
		});
		expect(JSON.stringify(read)).not.toContain(given);
	},
);

test.each(['3,16E+10', '6.12E+08', '6E8', 1e22])(
	'%p: a sheet has shortened it, and its digits are lost',
	(given) => {
		const [one, ...others] = [...splitMobileNumbers(given)];
		expect(others).toEqual([]);
		expect(readMobileNumber(one, true)).toMatchObject({
			problem: expect.stringMatching(/^is not a phone number: a sheet.*Make the column text/),
		});
	},
);

test('the character that no number has is named', () => {
	for (const [given, odd] of [
		['0612345678x', 'x'],
		['06-1234*5678', '*'],
		['0612345678 ext 5', 'e'],
		['06123\u00004567', '[U+0000]'],
	]) {
		expect(readMobileNumber(given, true)).toMatchObject({
			problem: expect.stringContaining(`: it has “${odd}” in it, which no number has`),
		});
	}
});

test('a list within lists, as deep as anybody likes', () => {
	let deep: unknown = ['0612345678'];
	for (let level = 0; level < 20_000; level++) deep = [deep];
	const [one, ...others] = [...splitMobileNumbers(deep)];
	expect(others).toEqual([]);
	expect(readMobileNumber(one, true)).toMatchObject({ problem: expect.any(String) });
	expect([...splitMobileNumbers([[['061', [['062']]]], '3,16E+10, 063'])]).toEqual([
		'061',
		'062',
		'3,16E+10',
		'063',
	]);
});

test.each(['call me', '0612345678 ext 5', '6.12E+08', 6.5])(
	'%p is refused as not a phone number',
	(given) => {
		expect(readMobileNumber(given, true)).toEqual({
			shown: expect.any(String),
			problem: expect.stringMatching(/^is not a phone number/),
		});
	},
);

test.each([true, {}])('%p is refused as neither text nor a number', (given) => {
	expect(readMobileNumber(given, true)).toEqual({ problem: expect.stringMatching(/neither text/) });
});

test('a number in a long text is not taken for the whole of it', () => {
	for (const text of [`0612345678${' '.repeat(200)}x`, `x${' '.repeat(200)}0612345678`]) {
		expect(readMobileNumber(text, true)).toMatchObject({
			problem: expect.stringMatching(/^is not a phone number/),
		});
	}
});

test('what cannot be seen in a number is shown by its code', () => {
	expect(readMobileNumber('06123456\u0000', true)).toMatchObject({ shown: '“…56[U+0000]”' });
	expect(readMobileNumber('😀'.repeat(4), true)).toMatchObject({ shown: '“…😀😀😀”' });
});

test('numbers abroad are taken only where the API reaches them', () => {
	expect(readMobileNumber('+32 470 12 34 56', true)).toEqual({ number: '+32470123456' });
	expect(readMobileNumber('+32 470 12 34 56', false)).toEqual({
		shown: '“…456”',
		problem: expect.stringContaining('choose the current SMS API in the credential'),
	});
});

test('a number abroad without its country code is not taken for a Dutch one', () => {
	expect(readMobileNumber('32470123456', true)).toMatchObject({ problem: expect.any(String) });
});

test('several numbers are separated by commas, semicolons or lines, or given as an array', () => {
	expect([...splitMobileNumbers('061, 062;063\n064,, ')]).toEqual(['061', '062', '063', '064']);
	expect([...splitMobileNumbers(['061,062', 63, null, ['064']])]).toEqual([
		'061',
		'062',
		63,
		'064',
	]);
	expect([...splitMobileNumbers(undefined)]).toEqual([]);
});

test('anything at all gives a number or a problem, never a throw', () => {
	fc.assert(
		fc.property(fc.anything(), fc.boolean(), (given, abroad) => {
			for (const one of splitMobileNumbers(given)) {
				const read = readMobileNumber(one, abroad);
				expect('number' in read ? read.number : read.problem).toMatch(/./);
			}
		}),
	);
});

test.each([
	['01701234567.0', 'DE', '+491701234567'],
	['+491701234567.0', undefined, '+491701234567'],
	['6641234567.00', 'AT', '+436641234567'],
	['31612345678.0', undefined, '+31612345678'],
] as const)('a number that was counted with, %s, loses its decimals', (given, country, number) => {
	expect(readMobileNumber(given, true, country)).toEqual({ number });
});

test.each([
	['01701234567.5', 'DE', /decimal point/],
	[1701234567.5, 'DE', /decimal point/],
	['0612345678.12', 'NL', /decimal point/],
	[-612345678, 'NL', /begins with a minus/],
	['-612345678', 'NL', /begins with a minus/],
] as const)(
	'%p is refused: what is no part of a number is not made one',
	(given, country, words) => {
		expect(readMobileNumber(given, true, country)).toEqual({
			shown: expect.any(String),
			problem: expect.stringMatching(words),
		});
	},
);

test('what a number should look like is said for the Default Country', () => {
	expect(readMobileNumber('030 123456', true, 'DE')).toMatchObject({
		problem: expect.stringMatching(/^is not a mobile number\. One of Germany is written as people/),
	});
});
