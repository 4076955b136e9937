import { SENDER_CHARACTERS, SMS_APIS, type SmsApi } from '../../shared/kpn';
import { readMobileNumber, splitMobileNumbers } from './mobileNumber';

/** The fields of one item as the workflow gives them: an expression can yield anything. */
export interface DraftFields {
	sender: unknown;
	mobileNumber: unknown;
	content: unknown;
}

/** An item's SMS, checked and normalised: ready for KPN. */
export interface Draft {
	itemIndex: number;
	sender: string;
	/** E.164, each once, in the order given. */
	recipients: string[];
	/** As typed; nothing trimmed or replaced. */
	content: string;
}

/** Why an item cannot be sent: each line names the field, what it got, and what would be right. */
export interface Refusal {
	itemIndex: number;
	problems: string[];
}

export const isRefusal = (draft: Draft | Refusal): draft is Refusal => 'problems' in draft;

/** Checks everything about an item that can be checked without KPN. Never throws. */
export function draft(itemIndex: number, fields: DraftFields, api: SmsApi): Draft | Refusal {
	const problems: string[] = [];
	const sender = readSender(fields.sender, problems);
	const recipients = readRecipients(fields.mobileNumber, api, problems);
	const content = readContent(fields.content, api, problems);
	return problems.length > 0 ? { itemIndex, problems } : { itemIndex, sender, recipients, content };
}

function readSender(value: unknown, problems: string[]): string {
	const sender = asText(value)?.trim();
	if (sender === undefined || sender === '') {
		problems.push(
			`Sender is ${describe(value)}. Enter a name or a short code of 1 to ${SENDER_CHARACTERS} characters.`,
		);
		return '';
	}
	const length = [...sender].length;
	if (length > SENDER_CHARACTERS) {
		problems.push(
			`Sender has ${length} characters. KPN takes ${SENDER_CHARACTERS} at most: shorten it.`,
		);
	}
	return sender;
}

function readRecipients(value: unknown, api: SmsApi, problems: string[]): string[] {
	const given = splitMobileNumbers(value);
	if (given.length === 0) {
		problems.push(
			`Mobile Number is ${describe(value)}. Enter a number such as 0612345678 or +31612345678.`,
		);
	}
	const recipients = new Set<string>();
	for (const one of given) {
		const read = readMobileNumber(one, SMS_APIS[api].abroad);
		if ('problem' in read) problems.push(`Mobile Number ${read.problem}`);
		else recipients.add(read.number);
	}
	return [...recipients];
}

function readContent(value: unknown, api: SmsApi, problems: string[]): string {
	const content = asText(value);
	if (content === undefined || content.trim() === '') {
		problems.push(`Content is ${describe(value)}. Enter the text of the SMS.`);
		return '';
	}
	const longest = SMS_APIS[api].contentCharacters;
	// By code point, so that an emoji counts once: rather let KPN refuse than refuse what it takes.
	const length = [...content].length;
	if (longest !== undefined && length > longest) {
		problems.push(`Content has ${length} characters. KPN takes ${longest} at most: shorten it.`);
	}
	return content;
}

/** Text as it is, a number as its digits; anything else is no text for an SMS. */
function asText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** What a field got, in words that give nothing of its value away. */
function describe(value: unknown): string {
	if (value === undefined || value === null) return 'empty (the expression found nothing)';
	if (typeof value === 'string') return 'empty';
	if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
	if (typeof value === 'object') return 'an object instead of text';
	return `${String(value)} instead of text`;
}
