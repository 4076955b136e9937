import type { IDataObject } from 'n8n-workflow';

import { draft, isRefusal, type Draft } from '../../nodes/KpnSms/delivery/draft';
import { outputItem, type ItemResult } from '../../nodes/KpnSms/delivery/item';
import { readOptions } from '../../nodes/KpnSms/delivery/options';
import { outcomeOfAnswer, type Outcome } from '../../nodes/KpnSms/delivery/outcome';
import eventSchema from '../../nodes/KpnSmsTrigger/__schema__/v1.0.0.json';
import sendSchema from '../../nodes/KpnSms/__schema__/v1.0.0/message/send.json';
import { readEvents } from '../../nodes/shared/webhookEvent';
import { aNode } from './delivery/drafts';
import { codesIn, readDocument, table } from './documents';

const readme = readDocument('README.md');
const reports = readDocument('docs/delivery-reports.md');

const node = aNode();

function drafted(mobileNumber: string, options: object = {}): Draft {
	const message = { mobile_number: mobileNumber, content: 'See you at “seven” 🎉' };
	const fields = { sender: 'Demo App', messages: [message] };
	const one = draft(0, fields, readOptions({ ...options }, 'current'), 'current');
	if (isRefusal(one)) throw new Error(one.problems.join(' '));
	return one;
}

const answer = (statusCode: number, body: object, headers: Record<string, string> = {}): Outcome =>
	outcomeOfAnswer({ statusCode, body: JSON.stringify(body), headers }, Date.now());

const accepted = (id: string) =>
	answer(
		200,
		{ document_id: id, status: 'OK' },
		{ 'quota-limit': '10', 'quota-used': '1', sunset: '2030-01-01' },
	);

const before = (documentId: string): Outcome => ({
	outcome: 'accepted',
	documentId,
	acceptedBefore: true,
});

const TWO = '0612345670, 0612345671';

/** Every way in which an item can come out. */
const RESULTS: ItemResult[] = [
	{ draft: drafted('0612345670'), outcomes: [accepted('a')] },
	{ draft: drafted(TWO), outcomes: [accepted('a'), accepted('b')] },
	{ draft: drafted('0612345670'), outcomes: [before('a')] },
	{ draft: drafted(TWO), outcomes: [before('a'), accepted('b')] },
	{ draft: drafted('0612345670', { dryRun: true }), outcomes: [] },
	{ draft: drafted('0612345670', { dryRun: true }), outcomes: [], sentBefore: 0 },
	{ draft: drafted('0612345670'), outcomes: [{ outcome: 'sentBefore' }] },
	{
		draft: drafted('0612345670'),
		outcomes: [answer(400, { errorResponse: { message: 'No', code: '1' } })],
	},
	{ draft: drafted(TWO), outcomes: [accepted('a'), answer(500, {})] },
	{ itemIndex: 0, problems: ['Sender is empty.'] },
];

const items = RESULTS.map((result) => outputItem(result, node).json);

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();
const keysOf = (objects: object[]) => sorted(objects.flatMap((one) => Object.keys(one)));
const named = (document: string, column: string) =>
	sorted(table(document, column).flatMap((row) => codesIn(row[column] ?? '')));
const words = (output: string) =>
	table(readme, 'Output').find((row) => row.Output?.includes(output))?.['What it says'] ?? '';

test('the outputs of an item are those that it can have', () => {
	expect(named(readme, 'Output')).toEqual(keysOf(items));
	expect(named(readme, 'Output')).toEqual(
		expect.arrayContaining(Object.keys(sendSchema.properties)),
	);
});

test('the outcomes are those that an item can have', () => {
	const outcomes = sorted(items.map(({ outcome }) => String(outcome)));
	expect(sorted(codesIn(words('`outcome`')))).toEqual(outcomes);
	const dutch = table(readDocument('docs/nl/README.md'), '`outcome`');
	expect(sorted(dutch.flatMap((row) => codesIn(row['`outcome`'] ?? '')))).toEqual(outcomes);
});

test('what deliveries say of each recipient', () => {
	const deliveries = items.flatMap(({ deliveries: list }) => (list ?? []) as IDataObject[]);
	expect(deliveries).toHaveLength(6);
	expect(sorted(codesIn(words('`deliveries`')))).toEqual(keysOf(deliveries));
});

test('an item has a document_id if and only if it is accepted', () => {
	for (const { outcome, document_id: id } of items) {
		expect(id !== undefined).toBe(outcome === 'accepted');
	}
});

const eventOf = (payload: object) =>
	readEvents(Buffer.from(JSON.stringify(payload)), { attempt: 1, keyId: 'wk_1' })?.[0]?.json ?? {};

const REPORT = {
	DLRID: '1',
	CustomerId: 'c',
	MessageType: 'm',
	Message: 'Hello',
	RecipientPhonenumber: '31612345670',
	StatusDateTime: 1_700_000_000,
	Status: 4,
	ErrorCode: '006',
	document_id: 'a',
	message_id: 'b',
};

const INBOUND = {
	sender: '31612345670',
	recipient: '3197000000000',
	message_id: 'b',
	content: 'Yes',
	timestamp_utc: '2024-04-30T14:37:42.218159',
	type: 'text/unicode/*',
};

test('the outputs of a delivery report and of an inbound SMS are those that they can have', () => {
	const rows = table(reports, 'Output').map((row) => codesIn(row.Output ?? '')[0]);
	const inbound = rows.lastIndexOf('event');
	expect(rows.slice(0, inbound).sort()).toEqual(keysOf([eventOf(REPORT)]));
	expect(rows.slice(inbound).sort()).toEqual(keysOf([eventOf(INBOUND)]));
	expect(Object.keys(eventSchema.properties).sort()).toEqual(
		keysOf([eventOf(REPORT), eventOf(INBOUND)]),
	);
});
