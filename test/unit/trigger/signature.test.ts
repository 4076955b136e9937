import { createHmac } from 'node:crypto';

import fc from 'fast-check';

import { readHeaders, isSigned, type SignedHeaders } from '../../../nodes/KpnSmsTrigger/signature';

const NOW = 1_714_487_862_000;

const sign = (body: Buffer, secret: string) =>
	createHmac('sha256', secret).update(body).digest('hex');

const headers = (changes: Record<string, string | string[] | undefined> = {}) => ({
	'x-kpn-webhook-signature': 'a'.repeat(64),
	'x-kpn-webhook-timestamp': String(NOW / 1000),
	'x-kpn-webhook-key-id': 'wk_1',
	'x-kpn-webhook-attempt': '1',
	...changes,
});

const signed = (body: Buffer, secret: string, keyId?: string): SignedHeaders => ({
	signature: Buffer.from(sign(body, secret), 'hex'),
	timestamp: NOW / 1000,
	keyId,
});

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const secrets = fc.string({ minLength: 1 }).filter((secret) => secret.trim() !== '');

test('KPN’s four headers are read', () => {
	expect(readHeaders(headers(), NOW, 300)).toEqual({
		signature: Buffer.from('a'.repeat(64), 'hex'),
		timestamp: NOW / 1000,
		keyId: 'wk_1',
		attempt: 1,
	});
});

test('key id and attempt may be missing, or the attempt unreadable', () => {
	const names = { 'x-kpn-webhook-key-id': undefined, 'x-kpn-webhook-attempt': undefined };
	expect(readHeaders(headers(names), NOW, 300)).toMatchObject({ keyId: undefined });
	for (const attempt of ['0', '-1', 'first', '1, 1', '1e3']) {
		const read = readHeaders(headers({ 'x-kpn-webhook-attempt': attempt }), NOW, 300);
		expect(read).toMatchObject({ attempt: undefined });
	}
});

test('any text is refused as a signature unless it is 64 digits of hex, of either case', () => {
	fc.assert(
		fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
			fc.pre(!/^[0-9a-f]{64}$/i.test(text));
			const read = readHeaders(headers({ 'x-kpn-webhook-signature': text }), NOW, 300);
			expect(read).toMatch(/signature/);
		}),
	);
	const upper = headers({ 'x-kpn-webhook-signature': 'A'.repeat(64) });
	expect(readHeaders(upper, NOW, 300)).toEqual(readHeaders(headers(), NOW, 300));
});

test('a timestamp passes exactly within the tolerance, to both sides', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: -2000, max: 2000 }),
			fc.integer({ min: 1, max: 1000 }),
			(age, tolerance) => {
				const stamp = { 'x-kpn-webhook-timestamp': String(NOW / 1000 - age) };
				const passes = typeof readHeaders(headers(stamp), NOW, tolerance) === 'object';
				expect(passes).toBe(Math.abs(age) <= tolerance);
			},
		),
	);
});

test.each([
	['2', 60],
	['3', 180],
	['4', 420],
	['5', 0],
])('attempt %s may have the time of the first, %i s before', (attempt, late) => {
	const at = (age: number) =>
		readHeaders(
			headers({
				'x-kpn-webhook-attempt': attempt,
				'x-kpn-webhook-timestamp': String(NOW / 1000 - age),
			}),
			NOW,
			300,
		);
	expect(at(300 + late)).toHaveProperty('signature');
	expect(at(301 + late)).toBe('its timestamp is too old');
});

test.each(['', '1e9', '-1', '1714487862.5', ' 1714487862', '1714487862000000'])(
	'the timestamp %j is none',
	(stamp) => {
		expect(readHeaders(headers({ 'x-kpn-webhook-timestamp': stamp }), NOW, 300)).toMatch(
			/timestamp/,
		);
	},
);

test('a body signed with the secret verifies, whatever its bytes', () => {
	fc.assert(
		fc.property(bytes, secrets, (body, secret) => {
			expect(isSigned(signed(body, secret), body, [{ secret }])).toBe(true);
		}),
	);
});

test('a body with any byte altered, added or removed does not verify', () => {
	fc.assert(
		fc.property(bytes, bytes, secrets, (body, other, secret) => {
			fc.pre(!body.equals(other));
			expect(isSigned(signed(body, secret), other, [{ secret }])).toBe(false);
		}),
	);
});

test('another secret does not verify', () => {
	fc.assert(
		fc.property(bytes, secrets, secrets, (body, secret, other) => {
			// HMAC pads a short key with zero bytes.
			fc.pre(secret.replace(/\0+$/, '') !== other.replace(/\0+$/, ''));
			expect(isSigned(signed(body, secret), body, [{ secret: other }])).toBe(false);
		}),
	);
});

test.each([[[]], [[{ secret: '' }]], [[{ secret: ' ' }, { secret: '\t' }]]])(
	'without a secret (%j) nothing verifies',
	(keys) => {
		const body = Buffer.from('{}');
		for (const { secret } of [{ secret: '' }, ...keys]) {
			expect(isSigned(signed(body, secret), body, keys)).toBe(false);
		}
	},
);

test('a key id chooses the key: a right signature under another id does not verify', () => {
	const body = Buffer.from('{}');
	const keys = [
		{ keyId: 'wk_old', secret: 'old' },
		{ keyId: 'wk_new', secret: 'new' },
	];
	expect(isSigned(signed(body, 'old', 'wk_old'), body, keys)).toBe(true);
	expect(isSigned(signed(body, 'new', 'wk_new'), body, keys)).toBe(true);
	expect(isSigned(signed(body, 'old', 'wk_new'), body, keys)).toBe(false);
	expect(isSigned(signed(body, 'old', 'wk_other'), body, keys)).toBe(false);
	expect(isSigned(signed(body, 'old'), body, keys)).toBe(true);
});

test('where the ids of the keys are not known, all are tried', () => {
	const body = Buffer.from('{}');
	const keys = [{ secret: 'new' }, { secret: 'old' }];
	expect(isSigned(signed(body, 'old', 'wk_any'), body, keys)).toBe(true);
});
