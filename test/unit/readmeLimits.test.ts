import { MOST_OPEN_MESSAGES } from '../../nodes/KpnSms/delivery/deliver';
import { LONGEST_WAIT_MS } from '../../nodes/KpnSms/delivery/outcome';
import { MOST_NUMBERS } from '../../nodes/KpnSms/delivery/draft';
import {
	LONGEST_EXPIRY,
	readOptions,
	SHORTEST_EXPIRY_ABROAD,
} from '../../nodes/KpnSms/delivery/options';
import { readMobileNumber } from '../../nodes/KpnSms/delivery/mobileNumber';
import { LARGEST_WINDOW } from '../../nodes/KpnSms/delivery/callWindow';
import { MOST_PARTS, textSize } from '../../nodes/KpnSms/delivery/parts';
import { replaceSpecialCharacters } from '../../nodes/KpnSms/delivery/specialCharacters';
import { deadlineOf } from '../../nodes/KpnSms/message/sendRequest';
import { SENDER_CHARACTERS, SMS_APIS } from '../../nodes/shared/kpn';
import { readDocument, table } from './documents';

const readme = readDocument('README.md');

/** The largest value of an option that is not refused. */
const most = (name: string, value: (size: number) => unknown, sizes: number[]) =>
	sizes.findLast((size) => readOptions({ [name]: value(size) }, 'current').problems.length === 0);

const url = (length: number) => 'https://n8n.example.com/'.padEnd(length, 'x');

const abroad = 'problem' in readMobileNumber('+32470123456', SMS_APIS.v1.abroad);

/** What each limit is in the code, by its name in the README. */
const LIMITS: Record<string, unknown> = {
	'Messages in a call, current SMS API': SMS_APIS.current.messagesPerCall,
	'Messages in a call, SMS v1': SMS_APIS.v1.messagesPerCall,
	'Countries, SMS v1': abroad ? 'The Netherlands only' : 'all',
	'Numbers in one item': MOST_NUMBERS,
	'Characters of a sender': SENDER_CHARACTERS,
	'Characters of a text, current SMS API': SMS_APIS.current.contentCharacters,
	'Parts of a text': MOST_PARTS,
	'Expire After, for numbers abroad': `${SHORTEST_EXPIRY_ABROAD} seconds at least`,
	'Expire After': `${LONGEST_EXPIRY} seconds at most`,
	'Delivery Report URL': `https, ${most('deliveryReportUrl', url, [2047, 2048, 2049])} characters`,
	'Calls on their way at once': LARGEST_WINDOW,
	'Messages on their way at once, in one execution': MOST_OPEN_MESSAGES.toLocaleString('en'),
	'Wait for an answer': `${deadlineOf({}) / 1000} seconds`,
	'Maximum Retries': `${most('maximumRetries', Number, [9, 10, 11])} at most`,
	'Longest pause before the node asks again': `${LONGEST_WAIT_MS / 1000} seconds`,
};

test('the limits are those of the code', () => {
	const rows = table(readme, 'What');
	expect(rows.map(({ What }) => What)).toEqual(Object.keys(LIMITS));
	for (const { What = '', 'How much': told = '' } of rows) {
		const limit = String(LIMITS[What]);
		expect([What, told.slice(0, limit.length)]).toEqual([What, limit]);
		// 200 is no 2000.
		expect(told.slice(limit.length)).not.toMatch(/^\d/);
	}
	expect(readOptions({ deliveryReportUrl: 'http://n8n.example.com' }, 'current').problems).toEqual([
		expect.stringContaining('https'),
	]);
});

test('the parts of a text of so many characters are those that the node counts', () => {
	const rows = table(readme, 'Characters in the text');
	const partsOf = (character: string, count: number) =>
		String(textSize(character.repeat(count)).parts);
	let next = 1;
	for (const row of rows) {
		const [first = 0, last = 0] = (row['Characters in the text'] ?? '').split(' – ').map(Number);
		expect(first).toBe(next);
		next = last + 1;
		for (const count of [first, last]) {
			expect(partsOf('a', count)).toBe(row['Parts, GSM-7']);
			expect(partsOf('ж', count)).toBe(row['Parts, UCS-2']);
		}
	}
	expect(rows).toHaveLength(6);
});

test('the characters that count as two are named', () => {
	const [, named = ''] = /In GSM-7, `([^`]+)` count as two/.exec(readme) ?? [];
	const double = [...named].filter((character) => character !== ' ');
	expect(double.sort()).toEqual([...'€[]{}\\^~|'].sort());
	for (const character of double) {
		expect(textSize(character.repeat(80))).toMatchObject({ encoding: 'GSM-7', parts: 1 });
		expect(textSize(character.repeat(81))).toMatchObject({ encoding: 'GSM-7', parts: 2 });
	}
	expect(textSize('🎉'.repeat(36))).toMatchObject({ encoding: 'UCS-2', parts: 2 });
});

test('Replace Special Characters does what the README says it does', () => {
	expect(replaceSpecialCharacters('“ –')).toBe('" -');
	expect(textSize(replaceSpecialCharacters('“Hello” – …')).encoding).toBe('GSM-7');
	expect(replaceSpecialCharacters('🎉')).toBe('🎉');
});
