import { connectionFailure } from '../../../nodes/KpnSms/send/connectionFailure';
import { outcomeOfResponse } from '../../../nodes/KpnSms/send/outcome';
import { tokenFailure } from '../../../nodes/shared/tokenFailure';
import { RETURN_CODES } from '../../../nodes/shared/returnCodes';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const answer = (statusCode: number, body = '', headers = {}) =>
	outcomeOfResponse({ statusCode, body, headers }, NOW);
const withId = '{"document_id":"5f0e","status":"OK"}';

test.each([200, 201, 202])('%i with a document_id is accepted', (statusCode) => {
	expect(answer(statusCode, withId)).toEqual({
		outcome: 'accepted',
		documentId: '5f0e',
		status: 'OK',
	});
});

test.each([
	'{"status":"OK"}',
	'{"document_id":""}',
	'{"document_id":" "}',
	'{"document_id":null}',
	'{"document_id": null, "result": {"documentId": ""}}',
	'{}',
	'{"error":"no"}',
])('a success that says %s has no document_id: refused, by KPN’s own words', (body) => {
	expect(answer(200, body)).toMatchObject({ outcome: 'refused', retryable: false });
});

test.each([
	'',
	'null',
	'[]',
	'"OK"',
	'0',
	'false',
	'{"document_id":"5f0',
	'<html><title>Welcome</title></html>',
	'OK',
	'{"document_ids":["5f0e"]}',
	'{"document-id":"5f0e"}',
	'{"document":{"id":"5f0e"}}',
	'{"docId":"5f0e"}',
	'{"id":7}',
	'{"result":{"message_id":"5f0e"}}',
	...['null', ' Undefined', 'n/a', 'none', '00', 'a b', 'x'.repeat(50_000), 'T0kenT0ken'].map(
		(id) => JSON.stringify({ document_id: id, status: 'OK' }),
	),
])('a success that says %.40p cannot be read: unknown', (body) => {
	const given = { statusCode: 200, body, headers: {} };
	expect(outcomeOfResponse(given, NOW, ['T0kenT0ken'])).toMatchObject({
		outcome: 'unknown',
		statusCode: 200,
	});
});

test.each([203, 204, 205, 206, 207, 226])(
	'%i is none of KPN’s successes: unknown',
	(statusCode) => {
		expect(answer(statusCode, withId)).toMatchObject({ outcome: 'unknown', statusCode });
		expect(answer(statusCode, '{"status":"OK"}')).toMatchObject({ outcome: 'unknown', statusCode });
	},
);

test.each([
	{ success: false },
	{ errors: ['No such number'] },
	{ statusCode: 400 },
	{ code: '500' },
	{ Error: 'No' },
	{ ErrorCode: '7' },
	{ error_description: 'No' },
	{ Status: 'FAILED' },
	{ state: 'failed' },
	{ result: 'FAILED' },
	{ status: { code: 'FAILED' } },
	{ status: { name: 'REJECTED' } },
	{ status: ['FAILED'] },
	{ messages: [{ status: 'OK' }, { status: 'FAILED' }] },
	{ response: { error: { code: 7 } } },
	{ status: 'UNSUCCESSFUL' },
	{ status: 'UNDELIVERABLE' },
	{ status: 'BLOCKED' },
	{ status: 'KO' },
	{ status: false },
	{ status: '500 Accepted' },
	{ errorResponse: { code: '0', message: 'No' } },
	{ fault: { faultstring: 'No' } },
	{ error: true },
])('a document ID beside %j is no success', (said) => {
	const body = JSON.stringify({ document_id: '5f0e', ...said });
	expect(answer(200, body)).toMatchObject({
		outcome: 'unknown',
		meaning: expect.stringMatching(/says at the same time that it failed/),
	});
});

test('nor is one beside a text of 20,000 levels', () => {
	const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
	expect(answer(200, `{"document_id":"5f0e","b":${deep}}`)).toMatchObject({ outcome: 'unknown' });
});

test.each([
	...[{}, [], null, '', '0', 0, 'none', false, { code: null, message: '' }].flatMap((nothing) => [
		{ error: nothing },
		{ fault: nothing },
		{ errors: nothing, errorResponse: nothing, ErrorCode: nothing },
	]),
	...[null, 0, {}, '', 'n/a'].map((status) => ({ status })),
	...['OK', 'ok', 'Success', 'ACCEPTED', '202 Accepted', 200, true].map((status) => ({ status })),
	{ success: true, statusCode: 201, code: '200' },
	{ defaultSender: 'Demo', countryCode: 'NL', message: 'Failed before, and now sent' },
])('a document ID beside %j is a success', (said) => {
	const body = JSON.stringify({ document_id: '5f0e', ...said });
	expect(answer(200, body)).toMatchObject({ outcome: 'accepted', documentId: '5f0e' });
});

test('a document_id of another shape or in another place is one all the same: never refused', () => {
	expect(answer(200, '{"document_id":12}')).toMatchObject({
		outcome: 'accepted',
		documentId: '12',
	});
	for (const id of ['{}', '["a"]', 'true', '0']) {
		expect(answer(200, `{"document_id":${id}}`)).toMatchObject({ outcome: 'unknown' });
	}
	for (const body of [
		'[{"document_id":"5f0e"}]',
		'{"documentId": "5f0e"}',
		'{"document_id":null,"result":{"document_id" : 12}}',
	]) {
		expect(answer(200, body)).toMatchObject({ outcome: 'unknown', statusCode: 200 });
	}
});

test.each([301, 302, 303, 307, 308])(
	'%i is refused; with a document ID it may have been taken, but is no success',
	(code) => {
		const headers = { location: 'https://elsewhere.example/send' };
		expect(answer(code, withId, headers)).toMatchObject({
			outcome: 'unknown',
			kpn: { message: expect.stringContaining('location: https://elsewhere.example/send') },
		});
		expect(answer(code, '{"status":"OK"}', headers)).toMatchObject({
			outcome: 'refused',
			kpn: { message: expect.stringContaining('location: https://elsewhere.example/send') },
		});
	},
);

test.each([
	[400, 'refused'],
	[401, 'refused'],
	[403, 'refused'],
	[404, 'refused'],
	[405, 'refused'],
	[412, 'refused'],
	[402, 'refused'],
	[407, 'refused'],
	[409, 'unknown'],
	[410, 'refused'],
	[413, 'refused'],
	[418, 'refused'],
	[422, 'refused'],
	[444, 'unknown'],
	[460, 'unknown'],
	[499, 'unknown'],
	[429, 'refused'],
	[503, 'refused'],
	[408, 'unknown'],
	[500, 'unknown'],
	[502, 'unknown'],
	[504, 'unknown'],
	[599, 'unknown'],
])(
	'%i is %s; with a document ID it is not retried, for KPN may have taken it',
	(statusCode, outcome) => {
		expect(answer(statusCode, '{"status":"OK","requestId":"5f0e"}')).toMatchObject({
			outcome,
			statusCode,
		});
		for (const body of [withId, '{"error":{"document-ids":["5f0e"]}}', '{"document":{"id":7}}']) {
			const given = answer(statusCode, body, { 'retry-after': '0' });
			expect(given).toMatchObject({ outcome: 'unknown', statusCode, retryable: false });
			expect('retry' in given && given.retry).toBeFalsy();
		}
	},
);

test('too many calls a second are no used-up quota: what to do is to retry', () => {
	const fault = (errorcode: string) => JSON.stringify({ fault: { detail: { errorcode } } });
	expect(answer(429, fault('policies.ratelimit.SpikeArrestViolation'))).toMatchObject({
		outcome: 'refused',
		meaning: expect.stringMatching(/fewer calls a second/),
		advice: expect.stringMatching(/Retry.*only what was not sent/),
	});
	expect(answer(429, fault('policies.ratelimit.QuotaViolation'))).toMatchObject({
		advice: expect.stringMatching(/quota/),
	});
});

test('the beginning of an answer that is too long says nothing of it; its status does', () => {
	const long = (statusCode: number, body: string) =>
		outcomeOfResponse({ statusCode, body, headers: {}, truncated: true }, NOW);
	expect(long(200, '{"status":"OK"}')).toMatchObject({ outcome: 'unknown' });
	expect(long(200, withId)).toMatchObject({ outcome: 'unknown' });
	expect(long(400, '{"message":"No"}')).toMatchObject({ outcome: 'refused' });
	expect(long(204, '{}')).toMatchObject({ outcome: 'unknown' });
	expect(long(502, withId)).toMatchObject({ outcome: 'unknown' });
});

test('no text of an answer brings out a secret', () => {
	const secret = 'TopSecret/+123';
	const headers = {
		location: `https://x.example/?t=${encodeURIComponent(secret)}`,
		sunset: secret,
		'quota-reset-utc': secret,
	};
	for (const [statusCode, body] of [
		[200, JSON.stringify({ document_id: 'd', status: secret })],
		[400, JSON.stringify({ errorResponse: { message: secret, code: secret, info: secret } })],
		[302, secret],
		[500, `<title>${secret}</title>`],
		[200, JSON.stringify({ status: secret })],
	] as const) {
		const outcome = outcomeOfResponse({ statusCode, body, headers }, NOW, [secret, undefined]);
		expect(JSON.stringify(outcome)).not.toMatch(/TopSecret/);
		expect(JSON.stringify(outcome)).toContain('…');
	}
});

test('KPN’s 14 return codes have words for what they mean and what to do', () => {
	const codes = [200, 201, 202, 302, 400, 401, 403, 404, 405, 412, 429, 500, 502, 503];
	for (const code of codes) {
		expect(RETURN_CODES[code]?.meaning).toMatch(/\w{3}/);
		expect(RETURN_CODES[code]?.advice).toMatch(/\w{3}.*\.$/);
	}
});

test.each([401, 403, 404])(
	'%i names the product and the choice of API as the likely cause',
	(code) => {
		const outcome = answer(code);
		expect(outcome).toMatchObject({
			advice: expect.stringMatching(/SMS product.*credential.*SMS API/),
			affectsEveryCall: true,
		});
	},
);

test.each([
	[{ 'retry-after': '7' }, 7000],
	[{ 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9000],
	[{ 'quota-reset-utc': String(NOW + 5000) }, 5000],
	[{ 'quota-reset-utc': String((NOW + 5000) / 1000) }, 5000],
	[{ 'quota-reset-utc': '2026-01-01T00:00:03' }, 3000],
	[{ 'quota-reset-utc': '2026-01-01 00:00:03' }, 3000],
	[{ 'quota-reset-utc': 'Thu, 01 Jan 2026 00:00:04 GMT' }, 4000],
	[{ 'quota-reset-utc': '2025-12-31T23:00:00Z' }, 0],
	[{ 'quota-reset-utc': 'soon' }, undefined],
	[{ 'quota-reset-utc': '0' }, undefined],
	[{ 'quota-reset-utc': '0x7fffffffff' }, undefined],
	[{ 'retry-after': '0x10' }, undefined],
	[{ 'retry-after': '1e9' }, undefined],
	[{ 'retry-after': '-7' }, undefined],
	[{ 'retry-after': 'in 5 minutes' }, undefined],
	[{}, undefined],
])('after 429, %p asks to wait %p ms', (headers, afterMs) => {
	expect(answer(429, '', headers)).toMatchObject({ retryable: true, retry: { afterMs } });
});

test.each(['TBD', '0', '1', 'v1', 'version 2', 'false', '2025', 'n/a'])(
	'a sunset of %p is no date: a 404 has its own words',
	(sunset) => {
		expect(answer(404, '', { sunset })).toEqual(answer(404));
	},
);

test('the reset of the quota is waited for only where the quota is why', () => {
	const quota = { 'quota-limit': '1000', 'quota-used': '5', 'quota-reset-utc': String(NOW + 9e8) };
	expect(answer(503, '', quota)).toHaveProperty('retry', { afterMs: undefined });
	expect(answer(429, '', quota)).toHaveProperty('retry', { afterMs: undefined });
	const usedUp = { ...quota, 'quota-used': '1000' };
	expect(answer(503, '', usedUp)).toHaveProperty('retry', { afterMs: undefined });
	expect(answer(429, '', usedUp)).toHaveProperty('retry', { afterMs: 9e8 });
	expect(answer(503, '', { ...usedUp, 'retry-after': '7' })).toHaveProperty('retry', {
		afterMs: 7000,
	});
});

test('only a connection that never stood is a refusal', () => {
	for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CERT_HAS_EXPIRED']) {
		expect(connectionFailure(wrapped(code))).toMatchObject({
			outcome: 'refused',
			systemCode: code,
		});
	}
	for (const code of [
		'ECONNRESET',
		'ETIMEDOUT',
		'ECONNABORTED',
		'ERR_CANCELED',
		'EPIPE',
		'EPROTO',
	]) {
		expect(connectionFailure(wrapped(code))).toMatchObject({
			outcome: 'unknown',
			systemCode: code,
		});
	}
	for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']) {
		expect(connectionFailure({ code, syscall: 'connect' })).toMatchObject({ outcome: 'refused' });
		expect(connectionFailure({ code, syscall: 'read' })).toMatchObject({ outcome: 'unknown' });
		const cause = { code, syscall: 'connect' };
		expect(connectionFailure({ code, cause })).toMatchObject({ outcome: 'refused' });
	}
	expect(connectionFailure({ code: 'EADDRNOTAVAIL', syscall: 'connect' })).toMatchObject({
		outcome: 'refused',
	});
	for (const error of [new Error('odd'), 'odd', undefined, null]) {
		expect(connectionFailure(error)).toMatchObject({ outcome: 'unknown', retryable: false });
	}
});

test('a token that cannot be had is a refusal, in words about what is at fault', () => {
	const invalid = '{"ErrorCode":"invalid_client","Error":"ClientId is Invalid"}';
	for (const error of [
		{ status: 401, body: invalid },
		{ cause: { status: 401, body: '' } },
		{ response: { status: 500, data: invalid } },
		{ body: { error: 'invalid_client' } },
	]) {
		expect(tokenFailure(error)).toMatchObject({
			outcome: 'refused',
			meaning: expect.stringMatching(/Client ID.*Client Secret/),
			retryable: false,
		});
	}
	expect(tokenFailure({ status: 401, body: invalid })).toMatchObject({
		kpn: { message: 'ClientId is Invalid', code: 'invalid_client' },
	});
	expect(tokenFailure({ status: 404, body: '<html/>' })).toMatchObject({
		outcome: 'refused',
		advice: expect.stringContaining('Base URL'),
	});
	expect(tokenFailure({ response: { status: 503 } })).toMatchObject({
		outcome: 'refused',
		retryable: true,
		retry: {},
	});
	for (const status of [408, 409, 429, 444, 460, 499, 500, 504]) {
		expect(tokenFailure({ status, body: '' })).toMatchObject({
			outcome: 'refused',
			meaning: expect.stringMatching(/KPN’s token server failed/),
			advice: expect.stringMatching(/Retry does so/),
			retryable: true,
			retry: {},
		});
	}
	expect(tokenFailure(wrapped('ECONNRESET'))).toMatchObject({
		outcome: 'refused',
		retryable: true,
		systemCode: 'ECONNRESET',
	});
	expect(tokenFailure(new Error('KPN SMS needs n8n 1.121 or newer'))).toMatchObject({
		meaning: expect.stringContaining('needs n8n 1.121'),
	});
});

/** As n8n hands it on: its own error around that of its HTTP library. */
const wrapped = (code: string) =>
	new Error('failed', { cause: Object.assign(new Error(code), { code }) });

test('a pause that is too long for the node to wait is said, with its end', () => {
	const now = Date.UTC(2030, 0, 1, 12);
	const asked = (seconds: string) =>
		outcomeOfResponse({ statusCode: 429, headers: { 'retry-after': seconds }, body: '' }, now);
	expect(asked('3600')).toMatchObject({
		advice: 'KPN asks to wait until 13:00 UTC, longer than the node waits: send the rest then.',
	});
	expect(asked('60')).not.toMatchObject({ advice: expect.stringMatching(/asks to wait/) });
});
