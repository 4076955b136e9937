import fc from 'fast-check';

import { readKpnError } from '../../nodes/shared/kpnError';

test.each([
	[
		{ errorResponse: { code: '400', message: 'Bad number', info: 'https://developer.kpn.com' } },
		{ message: 'Bad number — https://developer.kpn.com', code: '400' },
	],
	[
		{ fault: { faultstring: 'Invalid access token', detail: { errorcode: 'oauth.v2.Invalid' } } },
		{ message: 'Invalid access token', code: 'oauth.v2.Invalid' },
	],
	[
		{ transactionId: 't', status: '403', name: 'Forbidden', message: 'No product', info: 'see' },
		{ message: 'No product — see', code: 'Forbidden' },
	],
	[
		{ ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' },
		{ message: 'ClientId is Invalid', code: 'invalid_client' },
	],
	[{ reason: 'unheard of' }, { message: '{"reason":"unheard of"}' }],
])('%j is read', (body, words) => {
	expect(readKpnError(JSON.stringify(body))).toEqual(words);
});

test('a page of a proxy gives its title, or its text', () => {
	expect(readKpnError('<html><head><title>502 Bad Gateway</title></head></html>')).toEqual({
		message: '502 Bad Gateway',
	});
	expect(readKpnError('<p>Down for\n <b>maintenance</b></p><script>x()</script>')).toEqual({
		message: 'Down for maintenance',
	});
});

test('scripts and styles are no words, also where they are cut off', () => {
	expect(readKpnError('<style>a{}</style><p>Down</p><script>x()</script> again<script>y(')).toEqual(
		{
			message: 'Down again',
		},
	);
});

test('control characters are dropped', () => {
	expect(readKpnError('Bad\u0000 number\u001b[31m')).toEqual({ message: 'Bad number [31m' });
	expect(readKpnError('{"message":"Bad\\u0000 number"}')).toEqual({ message: 'Bad number' });
});

// These took seconds; now less than a millisecond, so that even a busy machine is far from the limit.
test.each(['<a', '<a ', '<title', '<script>', '<a><script>', '</script', '<'])(
	'a page made of %s is read in no time',
	(piece) => {
		const { user: before } = process.cpuUsage();
		for (const end of ['', '>', '</']) readKpnError(`<a>${piece.repeat(40_000)}${end}`);
		expect((process.cpuUsage().user - before) / 1000).toBeLessThan(300);
	},
);

test('plain text is quoted, shortened where it is long, and an empty body says nothing', () => {
	expect(readKpnError('upstream timed out')).toEqual({ message: 'upstream timed out' });
	expect(readKpnError('x'.repeat(5000)).message).toHaveLength(301);
	expect(readKpnError(' \n')).toEqual({});
	expect(readKpnError('<html></html>')).toEqual({});
});

test('any body gives words, never a throw', () => {
	fc.assert(
		fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (body) => {
			expect(typeof readKpnError(body)).toBe('object');
		}),
	);
});
