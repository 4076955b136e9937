import { SENDER_CHARACTERS, SMS_APIS, type SmsApi } from '../../shared/kpn';
import { readMobileNumber, splitMobileNumbers } from './mobileNumber';
import { SHORTEST_EXPIRY_ABROAD, type SendOptions } from './options';
import { MOST_PARTS, textSize, type TextSize } from './parts';
import { replaceSpecialCharacters } from './specialCharacters';

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
	/** As typed; nothing trimmed, and nothing replaced unless the options ask for it. */
	content: string;
	size: TextSize;
	options: SendOptions;
}

/** Why an item cannot be sent: each line names the field, what it got, and what would be right. */
export interface Refusal {
	itemIndex: number;
	problems: string[];
	/** Whether it was only to be tried out. */
	dryRun?: boolean;
}

export const isRefusal = (one: object): one is Refusal => 'problems' in one;

/** Checks everything about an item that can be checked without KPN. Never throws. */
export function draft(
	itemIndex: number,
	fields: DraftFields,
	options: SendOptions,
	api: SmsApi,
): Draft | Refusal {
	const problems = [...options.problems];
	const sender = readSender(fields.sender, problems);
	const recipients = readRecipients(fields.mobileNumber, options, api, problems);
	const content = readContent(fields.content, options, api, problems);
	if (problems.length > 0) return { itemIndex, problems, dryRun: options.dryRun };
	const size = textSize(content);
	checkParts(size, options, problems);
	return problems.length > 0
		? { itemIndex, problems, dryRun: options.dryRun }
		: { itemIndex, sender, recipients, content, size, options };
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

function readRecipients(
	value: unknown,
	{ defaultCountry, call }: SendOptions,
	api: SmsApi,
	problems: string[],
): string[] {
	const given = splitMobileNumbers(value);
	if (given.length === 0) {
		problems.push(
			`Mobile Number is ${describe(value)}. Enter a number such as 0612345678 or +31612345678.`,
		);
	}
	const recipients = new Set<string>();
	for (const one of given) {
		const read = readMobileNumber(one, SMS_APIS[api].abroad, defaultCountry);
		if ('problem' in read) problems.push(`Mobile Number ${read.problem}`);
		else recipients.add(read.number);
	}
	const toAbroad = [...recipients].some((recipient) => !recipient.startsWith('+31'));
	if (toAbroad && call.expireIn !== undefined && call.expireIn < SHORTEST_EXPIRY_ABROAD) {
		problems.push(
			`Expire After is ${call.expireIn} seconds. For numbers abroad KPN wants at least ${SHORTEST_EXPIRY_ABROAD}.`,
		);
	}
	return [...recipients];
}

function readContent(
	value: unknown,
	options: SendOptions,
	api: SmsApi,
	problems: string[],
): string {
	const typed = asText(value);
	if (typed === undefined || typed.trim() === '') {
		problems.push(`Content is ${describe(value)}. Enter the text of the SMS.`);
		return '';
	}
	const content = options.replaceSpecialCharacters ? replaceSpecialCharacters(typed) : typed;
	const longest = SMS_APIS[api].contentCharacters;
	// By code point, so that an emoji counts once: rather let KPN refuse than refuse what it takes.
	const length = [...content].length;
	if (longest !== undefined && length > longest) {
		problems.push(`Content has ${length} characters. KPN takes ${longest} at most: shorten it.`);
	}
	return content;
}

function checkParts(size: TextSize, { maximumParts }: SendOptions, problems: string[]): void {
	if (size.parts > MOST_PARTS) {
		problems.push(
			`Content takes ${size.parts} parts. A phone puts at most ${MOST_PARTS} together: shorten it.`,
		);
	}
	if (maximumParts === undefined || size.parts <= maximumParts) return;
	const special = size.specialCharacters?.slice(0, SPECIAL_CHARACTERS_NAMED).join(' ');
	const why =
		special === undefined
			? 'Shorten it.'
			: `${special} ${size.specialCharacters?.length === 1 ? 'makes' : 'make'} it UCS-2, with 70 characters a part instead of 160: leave that out, turn on Replace Special Characters, or shorten it.`;
	problems.push(`Content takes ${size.parts} parts, and Maximum Parts is ${maximumParts}. ${why}`);
}

const SPECIAL_CHARACTERS_NAMED = 5;

/** Text as it is, a number as its digits; anything else is no text for an SMS. */
function asText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** What a field got, in words that give nothing of its value away. */
function describe(value: unknown): string {
	if (value === undefined || value === null) return 'empty: there is no value for it';
	if (typeof value === 'string') return 'empty';
	if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
	if (typeof value === 'object') return 'an object instead of text';
	return `${String(value)} instead of text`;
}
