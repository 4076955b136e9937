import fc from 'fast-check';

import { decrypt, encrypt } from '../../../nodes/KpnSmsTrigger/encrypt';

test('a text decrypts with its password, and shows nothing of the text', () => {
	fc.assert(
		fc.property(fc.string({ minLength: 8 }), fc.string(), (text, password) => {
			const encrypted = encrypt(text, password);
			expect(encrypted).not.toContain(text);
			expect(decrypt(encrypted, password)).toBe(text);
		}),
	);
});

test('it does not decrypt with another password, altered, or where it is not encrypted', () => {
	const encrypted = encrypt('a secret', 'password');
	expect(decrypt(encrypted, 'Password')).toBeUndefined();
	expect(
		decrypt(
			encrypted.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
			'password',
		),
	).toBeUndefined();
	for (const none of ['', 'x', 'plain text that is long enough to hold a tag']) {
		expect(decrypt(none, 'password')).toBeUndefined();
	}
});

test('the same text is encrypted differently every time', () => {
	expect(encrypt('a secret', 'password')).not.toBe(encrypt('a secret', 'password'));
});
