import fc from 'fast-check';

import { readEvents } from '../../../nodes/shared/webhookEvent';

const read = (payload: unknown, delivery = {}) =>
	readEvents(Buffer.from(JSON.stringify(payload)), delivery) ?? [];
const item = (payload: object, delivery = {}) => read(payload, delivery)[0]?.json;

test('a delivery report gives all that is known of it', () => {
	const body = {
		DLRID: 'd1',
		CustomerId: 'c1',
		MessageType: 'sms',
		RecipientPhonenumber: '31612345670',
		Message: 'Hello',
		StatusDateTime: 1714487862,
		document_id: 'doc',
		message_id: 'm1',
		Status: 4,
		ErrorCode: '002',
		Unheard: { of: ['it'] },
	};
	expect(item(body, { attempt: 2, keyId: 'wk_1' })).toEqual({
		event: 'deliveryReport',
		status: 'failed',
		statusCode: 4,
		errorCode: '002',
		errorMessage: 'Number unknown or invalid',
		final: true,
		recipient: '+31612345670',
		messageId: 'm1',
		documentId: 'doc',
		dlrId: 'd1',
		customerId: 'c1',
		messageType: 'sms',
		message: 'Hello',
		statusAt: '2024-04-30T14:37:42.000Z',
		attempt: 2,
		keyId: 'wk_1',
		body,
	});
});

test('an inbound SMS gives KPN’s own fields', () => {
	const body = {
		sender: '31600000000',
		recipient: '3197000000000',
		message_id: '6W0000001G7BB999.3197000000000',
		content: 'STOP',
		timestamp_utc: '2024-04-30T14:37:42.218159',
		type: 'text/unicode/*',
	};
	expect(item(body)).toEqual({
		event: 'inboundSms',
		sender: '+31600000000',
		recipient: '+3197000000000',
		messageId: '6W0000001G7BB999.3197000000000',
		content: 'STOP',
		sentAt: '2024-04-30T14:37:42.218Z',
		contentType: 'text/unicode/*',
		body,
	});
});

test.each([
	[1, 'delivered', true],
	[2, 'queued', false],
	[3, 'accepted', false],
	[4, 'failed', true],
	[5, 'rejected', true],
	[6, 'expired', true],
])('status %i is %s, final: %s', (statusCode, status, final) => {
	for (const Status of [statusCode, String(statusCode), status, status.toUpperCase()]) {
		expect(item({ Status })).toMatchObject({ status, statusCode, final });
	}
	expect(item({ status: 'something', Status_Code: statusCode })).toMatchObject({ status, final });
});

test('a status that KPN does not list is shown as it is, and not called final', () => {
	expect(item({ Status: 'Parked' })).toEqual({
		event: 'deliveryReport',
		status: 'parked',
		body: { Status: 'Parked' },
	});
	expect(item({ StatusCode: 9 })).toMatchObject({ statusCode: 9 });
	expect(item({ StatusCode: 9 })).not.toHaveProperty('final');
});

test.each(['error_code', 'ErrorCode', 'ERRORCODE', 'Error_Code'])('%s is read', (name) => {
	expect(item({ [name]: 7 })).toMatchObject({
		errorCode: '007',
		errorMessage: 'Out of coverage: worth trying later',
	});
});

test.each([
	['31612345670', '+31612345670'],
	['+31612345670', '+31612345670'],
	['0031612345670', '+31612345670'],
	['0612345670', '+31612345670'],
	['31970123456789', '+31970123456789'],
	['1234', '1234'],
	['MyCompany', 'MyCompany'],
])('the number %s becomes %s', (written, number) => {
	expect(item({ RecipientPhonenumber: written })).toMatchObject({ recipient: number });
	expect(item({ sender: written, content: 'x' })).toMatchObject({ sender: number });
});

test.each([
	[1714487862, '2024-04-30T14:37:42.000Z'],
	['1714487862', '2024-04-30T14:37:42.000Z'],
	[1714487862218, '2024-04-30T14:37:42.218Z'],
	['2024-04-30T14:37:42', '2024-04-30T14:37:42.000Z'],
	['2024-04-30T16:37:42+02:00', '2024-04-30T14:37:42.000Z'],
])('the time %j is %s', (StatusDateTime, statusAt) => {
	expect(item({ StatusDateTime })).toMatchObject({ statusAt });
});

test.each(['soon', '', null, 1e300, {}])('the time %j is left out', (StatusDateTime) => {
	expect(item({ StatusDateTime })).not.toHaveProperty('statusAt');
});

test('a report whose text was called content is no inbound SMS', () => {
	const payload = { sender: 'MyCompany', content: 'Hello', status: 1 };
	expect(item(payload)).toMatchObject({ event: 'deliveryReport' });
});

test.each<[object, string | undefined]>([
	[{ message_id: 'm1', DLRID: 'd1', Status: 4, ErrorCode: 2 }, 'report m1 4 002'],
	[{ message_id: 'm1', Status: 'Delivered' }, 'report m1 1 '],
	[{ DLRID: 'd1' }, 'report d1  '],
	[{ document_id: 'doc', RecipientPhonenumber: '31612345670' }, undefined],
	[{ RecipientPhonenumber: '31612345670', Status: 1 }, undefined],
	[{ sender: '31612345670', content: 'x', message_id: 'm1' }, 'inbound m1'],
	[{ sender: '31612345670', content: 'x' }, undefined],
	[{}, undefined],
])('what identifies %j: %s', (payload, identity) => {
	expect(read(payload)[0]?.identity).toBe(identity);
});

test('the time of a repeat may be another', () => {
	const [first, second] = [1714487862, 1714487922].map(
		(StatusDateTime) => read({ message_id: 'm1', Status: 1, StatusDateTime })[0]?.identity,
	);
	expect(first).toBe(second);
});

test('an inbound SMS without text has an empty content', () => {
	const payload = { sender: '31612345670', timestamp_utc: '2024-04-30T14:37:42' };
	expect(item(payload)).toMatchObject({ event: 'inboundSms', content: '' });
	expect(item({ ...payload, content: null })).toMatchObject({ content: '' });
	expect(item({ ...payload, content: ' ' })).toMatchObject({ content: ' ' });
});

test('numbers that are too long for JavaScript keep their digits', () => {
	const long = '1234567890123456789';
	const json = `{"DLRID":${long},"list":[-${long},1.5,12,1e3],"text":"${long} \\"${long}, ","${long}":9007199254740991}`;
	const [event] = readEvents(Buffer.from(json), {}) ?? [];
	expect(event?.json).toMatchObject({ dlrId: long });
	expect(event?.json.body).toEqual({
		DLRID: long,
		list: [`-${long}`, 1.5, 12, 1000],
		text: `${long} "${long}, `,
		[long]: 9007199254740991,
	});
});

test('a text full of quotes and digits is read in time', () => {
	const text = JSON.stringify({ Message: '\\"'.repeat(10_000) + '9'.repeat(20_000) });
	const started = performance.now();
	expect(readEvents(Buffer.from(text), {})).toHaveLength(1);
	expect(performance.now() - started).toBeLessThan(100);
});

test('any JSON object gives an event with the payload untouched, never a throw', () => {
	const names = fc.constantFrom('Status', 'error_code', 'sender', 'StatusDateTime', 'content', 'x');
	fc.assert(
		fc.property(fc.dictionary(names, fc.jsonValue(), { noNullPrototype: true }), (payload) => {
			fc.pre(!/\d{16}/.test(JSON.stringify(payload)));
			const sent = JSON.parse(JSON.stringify(payload)) as object;
			expect(item(sent)).toMatchObject({ event: expect.stringMatching(/^(del|inb)/), body: sent });
		}),
	);
});

test('any bytes give events or undefined, never a throw', () => {
	fc.assert(
		fc.property(fc.uint8Array(), (bytes) => {
			expect(readEvents(Buffer.from(bytes), {}) ?? []).toBeInstanceOf(Array);
		}),
	);
});
