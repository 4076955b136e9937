import { baseUrlOf } from '../../nodes/shared/kpnApi';

/** Base URL of the credential, which is where the token and the messages go. */

const custom = (baseUrl: unknown) => baseUrlOf({ environment: 'custom', baseUrl });

test.each([
	'',
	' ',
	undefined,
	null,
	7,
	'api.example',
	'localhost:4040',
	'ftp://api.example',
	'https://',
])('%p is no address to call', (given) => {
	expect(() => custom(given)).toThrow(
		/^The Base URL in the credential is not an address: write it like https:/,
	);
});

test.each([
	['https://api.example/?key=hush', /has a \?/],
	['https://api.example/#hush', /has a #/],
	['https://api.example?', /has a \?/],
	['https://name:hush@api.example', /has a name or a password in it/],
	['https://hush@api.example', /has a name or a password in it/],
])('%s is refused in words that do not repeat it', (given, words) => {
	expect(() => custom(given)).toThrow(words);
	expect(() => custom(given)).toThrow(/^The Base URL in the credential/);
	expect(() => custom(given)).not.toThrow(/hush/);
});

test.each([
	['https://api.example', 'https://api.example'],
	[' https://api.example/ ', 'https://api.example'],
	['http://localhost:4040//', 'http://localhost:4040'],
	['https://api.example/kpn/', 'https://api.example/kpn'],
])('%p is %s', (given, url) => {
	expect(custom(given)).toBe(url);
});
