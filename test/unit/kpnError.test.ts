import fc from 'fast-check';

import { readKpnError, redact } from '../../nodes/shared/kpnError';

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

const TOKEN = 'Ab1'.repeat(9);

test.each([
	`authorization: Bearer ${TOKEN}`,
	`{"headers":{"authorization":"Bearer ${TOKEN}"}}`,
	`{\\"Authorization\\": \\"bearer ${TOKEN}\\"}`,
	`["authorization","Bearer ${TOKEN}"]`,
	`'HTTP_AUTHORIZATION': 'Bearer ${TOKEN}'`,
	`Proxy-Authorization: Basic ${TOKEN}==`,
	`curl -H "Authorization: Bearer ${TOKEN}" https://x`,
	`https://x.example/?authorization=Bearer%20${TOKEN}`,
	`https://x.example/?access_token=${TOKEN}&x=1`,
	`client_id=a&client_secret=${TOKEN}`,
	`password: ${TOKEN}`,
	`eyJhbGciOi.${TOKEN}.${TOKEN}`,
	`http://name:${TOKEN}@proxy.example`,
])('what looks like a secret is taken out: %s', (text) => {
	expect(redact(text)).not.toContain(TOKEN);
	expect(redact(text)).toContain('…');
	expect(JSON.stringify(readKpnError(text))).not.toContain(TOKEN);
	expect(JSON.stringify(readKpnError(JSON.stringify({ message: text })))).not.toContain(TOKEN);
});

test('a secret that is known is taken out in whatever form, also where it is cut in two', () => {
	const secret = 'p/q+"r" s7';
	for (const form of [secret, new URLSearchParams({ secret }).toString(), JSON.stringify(secret)]) {
		expect(redact(`before ${form} after`, [secret])).toMatch(/^before .*….* after$/);
		expect(redact(`before ${form} after`, [secret])).not.toMatch(/p.?.?.?q/);
	}
	for (const length of [270, 19_980]) {
		const body = `${'x '.repeat(length / 2)}${TOKEN} ${'y'.repeat(2 * length)}`;
		expect(readKpnError(body, [TOKEN]).message).not.toContain('Ab1');
		expect(readKpnError(' '.repeat(length) + body.trim(), [TOKEN]).message).not.toContain('Ab1');
	}
	const cut = `a${' '.repeat(19_990)}${TOKEN}`;
	expect(readKpnError(cut, [TOKEN])).toEqual({ message: 'a' });
});

describe('a secret in the form of another language', () => {
	const secret = 'p/q+"r<é> & \'s7';
	const url = encodeURIComponent(secret);
	const html = secret.replace(/[^\w ]/gu, (one) => `&#${one.codePointAt(0)};`);
	const named = secret.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
	const hex = Buffer.from(secret).toString('hex');
	test.each([
		named,
		html,
		html.replace(/&#(\d+);/g, (_, code: string) => `&#x${Number(code).toString(16)};`),
		url,
		url.toLowerCase(),
		encodeURIComponent(url),
		encodeURIComponent(url).toLowerCase(),
		new URLSearchParams([['', secret]]).toString().slice(1).toLowerCase(),
		JSON.stringify(secret).slice(1, -1),
		JSON.stringify(JSON.stringify(secret)).slice(3, -3),
		secret.replace(/[^\w ]/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
		hex,
		hex.toUpperCase(),
		...['', 'a', 'ab'].flatMap((start) => [
			Buffer.from(`${start}${secret}end`).toString('base64'),
			Buffer.from(`${start}${secret}`).toString('base64url'),
		]),
	])('%s', (form) => {
		const redacted = redact(`before ${form} after`, [secret]);
		expect(redacted).toMatch(/^before .{0,4}….{0,8} after$/);
	});
});

test.each(['Ab1', '%', '%25', '&#', '\\', '+ ', '/', 'QWIxQWIx', '416231'])(
	'known secrets are looked for in no time in a body made of %s',
	(piece) => {
		const { user: before } = process.cpuUsage();
		const secrets = [TOKEN, 'p/q+"r<é> & \\\'s7', '%%25&amp;//++ x'];
		readKpnError(piece.repeat(20_000), secrets);
		expect((process.cpuUsage().user - before) / 1000).toBeLessThan(300);
	},
);

test.each([
	'Bearer authentication is required',
	'Invalid access token',
	'The Authorization header is missing',
	'authorization: failed for this app',
	'Basic plan: upgrade first',
	'No secret was found',
	'See https://developer.kpn.com/token',
])('words that only speak of secrets stay: %s', (text) => {
	expect(redact(text)).toBe(text);
});

test.each(['bearer ', 'authorization:', 'eyJaaaaa-', '//a', 'secret:', 'Basic 1'])(
	'secrets are looked for in no time in a body made of %s',
	(piece) => {
		const { user: before } = process.cpuUsage();
		readKpnError(piece.repeat(20_000));
		expect((process.cpuUsage().user - before) / 1000).toBeLessThan(300);
	},
);
