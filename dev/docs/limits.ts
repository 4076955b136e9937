import { MAX_WINDOW } from '../../nodes/KpnSms/rate/callWindow';
import { MAX_OPEN_MESSAGES } from '../../nodes/KpnSms/send/sendCalls';
import { MAX_NUMBERS } from '../../nodes/KpnSms/check/checkItem';
import { MAX_EXPIRY, readOptions, MIN_EXPIRY_ABROAD } from '../../nodes/KpnSms/check/options';
import { MAX_RETRY_WAIT_MS } from '../../nodes/KpnSms/send/outcome';
import { MAX_PARTS, textSize } from '../../nodes/KpnSms/check/parts';
import { timeoutOf } from '../../nodes/KpnSms/operations/requestSettings';
import { MAX_SENDER_CHARACTERS, SMS_APIS } from '../../nodes/shared/kpnApi';
import { list, table } from './markdown';

/** All that has a limit, and what a text costs. */
export function limits(): Record<string, string> {
	const { v1, current } = SMS_APIS;
	const week = 7 * 24 * 60 * 60;
	return {
		limits: list([
			`**Messages in a call**: ${current.maxMessagesPerCall} on the current SMS API, counted as messages × recipients; ${v1.maxMessagesPerCall} on SMS v1`,
			`**Countries**: ${v1.abroad ? 'all' : 'SMS v1 reaches the Netherlands only'}`,
			`**Numbers in one item**: ${MAX_NUMBERS}; for more, an item for each number`,
			`**Characters of a sender**: ${MAX_SENDER_CHARACTERS}`,
			`**Characters of a text**: ${current.maxContentCharacters} on the current SMS API`,
			`**Parts of a text**: ${MAX_PARTS}; no phone puts more together`,
			`**Expire After**: ${MIN_EXPIRY_ABROAD} seconds at least for numbers abroad; ${MAX_EXPIRY} at most, which is ${MAX_EXPIRY / week} weeks: no SMS can be kept longer`,
			`**Delivery Report URL**: https, ${largest('deliveryReportUrl', urlOf)} characters`,
			`**Maximum Retries**: ${largest('maximumRetries', Number)}`,
			`**Calls on their way at once**: ${MAX_WINDOW}; fewer where KPN takes no more`,
			`**Messages on their way at once**, in one execution: ${MAX_OPEN_MESSAGES}`,
			`**Wait for an answer**: ${timeoutOf({}) / 1000} seconds, unless the node’s Timeout (Settings tab) says otherwise`,
			`**Longest pause before the node asks again**: ${MAX_RETRY_WAIT_MS / 1000} seconds; if KPN asks for more, the messages come out as not sent`,
		]),
		parts: table(['Characters in the text', 'Parts, GSM-7', 'Parts, UCS-2'], partsOfTexts(306)),
	};
}

const urlOf = (length: number) => 'https://n8n.example.com/'.padEnd(length, 'x');

/** The largest value of an option that is not refused. */
function largest(option: string, valueFor: (size: number) => unknown): number {
	const isTaken = (size: number) =>
		readOptions({ [option]: valueFor(size) }, 'current').problems.length === 0;
	let size = 10;
	while (isTaken(size + 1) || !isTaken(size))
		if (++size > 10_000) throw new Error(`${option} has no limit`);
	return size;
}

/** A row for each range of lengths, up to `longest`, that has the same parts in both alphabets. */
function partsOfTexts(longest: number): Array<[range: string, gsm: number, ucs2: number]> {
	const rows: Array<{ first: number; gsm: number; ucs2: number }> = [];
	for (let length = 1; length <= longest; length++) {
		const gsm = textSize('a'.repeat(length)).parts;
		const ucs2 = textSize('ж'.repeat(length)).parts;
		const last = rows.at(-1);
		if (last?.gsm !== gsm || last.ucs2 !== ucs2) rows.push({ first: length, gsm, ucs2 });
	}
	return rows.map(({ first, gsm, ucs2 }, index) => [
		`${first} – ${(rows[index + 1]?.first ?? longest + 1) - 1}`,
		gsm,
		ucs2,
	]);
}
