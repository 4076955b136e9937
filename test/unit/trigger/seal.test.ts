import fc from 'fast-check';

import { seal, unseal } from '../../../nodes/KpnSmsTrigger/seal';

test('a seal opens with its password, and shows nothing of the text', () => {
	fc.assert(
		fc.property(fc.string({ minLength: 8 }), fc.string(), (text, password) => {
			const sealed = seal(text, password);
			expect(sealed).not.toContain(text);
			expect(unseal(sealed, password)).toBe(text);
		}),
	);
});

test('it does not open with another password, altered, or where it is no seal', () => {
	const sealed = seal('a secret', 'password');
	expect(unseal(sealed, 'Password')).toBeUndefined();
	expect(
		unseal(
			sealed.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
			'password',
		),
	).toBeUndefined();
	for (const none of ['', 'x', 'plain text that is long enough to hold a tag']) {
		expect(unseal(none, 'password')).toBeUndefined();
	}
});

test('the same text is sealed differently every time', () => {
	expect(seal('a secret', 'password')).not.toBe(seal('a secret', 'password'));
});
