import { MAX_SENDER_CHARACTERS, SMS_APIS, type SmsApi } from '../../shared/kpnApi';
import { joinSentences } from '../../shared/kpnError';
import { readMobileNumber, splitMobileNumbers } from './mobileNumber';
import { MIN_EXPIRY_ABROAD, type SendOptions } from './options';
import { MAX_PARTS, MAX_UNITS, textSize, type TextSize } from './parts';
import { replaceSpecialCharacters, printable } from './specialCharacters';

/** The body of a send call for one item, as declared. Its values are unchecked: an expression can yield anything. */
export interface DeclaredBody {
	sender?: unknown;
	messages?: Array<{ mobile_number?: unknown; content?: unknown }>;
}

/** So many numbers take some milliseconds to read. */
export const MAX_NUMBERS = 1000;

/** An item's SMS, checked and normalised: ready for KPN. */
export interface ValidItem {
	itemIndex: number;
	sender: string;
	/** E.164, each once, in the order given. */
	recipients: string[];
	/** As typed; nothing trimmed, and nothing replaced unless the options ask for it. */
	content: string;
	size: TextSize;
	options: SendOptions;
	/** With the recipient, what the message is sent once per, in all executions together. */
	onceKey?: string;
}

/** Why an item cannot be sent: each line names the field, what it got, and what would be right. */
export interface InvalidItem {
	itemIndex: number;
	problems: string[];
	/** Whether it was only to be tried out. */
	dryRun?: boolean;
	/** Mobile Number as it was given. */
	recipient?: string;
}

export const isInvalid = (item: object): item is InvalidItem => 'problems' in item;

/** The field that the text comes from, for the words about it. */
export interface TextField {
	field: string;
	/** What else is to be known of its length. */
	note?: string;
}

const CONTENT: TextField = { field: 'Content' };

/** Checks everything about an item that can be checked without KPN. Never throws. */
export function checkItem(
	itemIndex: number,
	{ sender: givenSender, messages: [message] = [] }: DeclaredBody,
	options: SendOptions,
	api: SmsApi,
	text: TextField = CONTENT,
	input: object = {},
): ValidItem | InvalidItem {
	const problems = [...options.problems];
	const recipient = asText(message?.mobile_number)?.slice(0, MAX_RECIPIENT_CHARACTERS);
	const invalidItem: InvalidItem = { itemIndex, problems, dryRun: options.dryRun, recipient };
	const sender = readSender(givenSender, problems);
	const recipients = readRecipients(message?.mobile_number, options, api, problems);
	const content = readContent(message?.content, options, api, problems, text);
	const values = [givenSender, message?.mobile_number, message?.content];
	if (values.some((value) => value === undefined || value === null))
		problems.push(availableFields(input));
	if (problems.length > 0) return invalidItem;
	const size = textSize(content);
	checkParts(size, options, problems, text);
	return problems.length > 0
		? invalidItem
		: { itemIndex, sender, recipients, content, size, options };
}

function readSender(value: unknown, problems: string[]): string {
	const sender = asText(value)?.trim();
	if (sender === undefined || sender === '') {
		const advice = `Enter a name or a short code of 1 to ${MAX_SENDER_CHARACTERS} characters.`;
		problems.push(noValueProblem('Sender', value, advice));
		return '';
	}
	if ([...sender.slice(0, 3 * MAX_SENDER_CHARACTERS)].length > MAX_SENDER_CHARACTERS) {
		problems.push(
			`Sender has ${characterCount(sender)} characters. KPN takes ${MAX_SENDER_CHARACTERS} at most: shorten it.`,
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
	const recipients = new Set<string>();
	/** By what is wrong with them. */
	const invalid = new Map<string, Array<string | undefined>>();
	let count = 0;
	for (const number of splitMobileNumbers(value)) {
		if (++count > MAX_NUMBERS) {
			problems.push(
				`Mobile Number has more than ${MAX_NUMBERS} numbers. Give each number an item of its own.`,
			);
			return [];
		}
		const read = readMobileNumber(number, SMS_APIS[api].abroad, defaultCountry);
		if ('number' in read) {
			recipients.add(read.number);
			continue;
		}
		const same = invalid.get(read.problem) ?? [];
		same.push(read.shown);
		invalid.set(read.problem, same);
	}
	if (count === 0) {
		const advice = 'Enter a number such as 0612345678 or +31612345678.';
		problems.push(
			Array.isArray(value)
				? `Mobile Number is a list without a number. ${advice}`
				: noValueProblem('Mobile Number', value, advice),
		);
	}
	for (const [problem, numbers] of invalid) problems.push(invalidNumbersProblem(problem, numbers));
	const toAbroad = [...recipients].some((recipient) => !recipient.startsWith('+31'));
	if (toAbroad && call.expireIn !== undefined && call.expireIn < MIN_EXPIRY_ABROAD) {
		problems.push(
			`Expire After is ${call.expireIn}. For numbers abroad KPN wants at least ${MIN_EXPIRY_ABROAD} seconds.`,
		);
	}
	return [...recipients];
}

/** The first number with what is wrong; then the others, as many as a person reads. */
function invalidNumbersProblem(
	problem: string,
	[first, ...others]: Array<string | undefined>,
): string {
	const sentence = ['Mobile Number', first, problem].filter(Boolean).join(' ');
	if (others.length === 0) return sentence;
	const shown = others.slice(0, MAX_NUMBERS_SHOWN).filter((number) => number !== undefined);
	return `${sentence} The same holds for ${joinNames(shown, others.length)}.`;
}

/** `a, b and 3 more`: those that are named, of so many. */
function joinNames(shown: string[], total: number): string {
	const more = total - shown.length;
	const all = more > 0 ? [...shown, `${more} more`] : shown;
	return new Intl.ListFormat('en-GB').format(all);
}

function readContent(
	value: unknown,
	options: SendOptions,
	api: SmsApi,
	problems: string[],
	{ field, note }: TextField,
): string {
	const typed = asText(value) ?? '';
	// With a letter and its accent made one, a text may come to half.
	const isReplaced = options.replaceSpecialCharacters && typed.length <= 2 * MAX_UNITS;
	const content = isReplaced ? replaceSpecialCharacters(typed) : typed;
	if (!VISIBLE.test(content)) {
		const advice = 'Enter the text of the SMS.';
		problems.push(
			!VISIBLE.test(typed)
				? noValueProblem(field, value, advice)
				: `${field} is empty without its special characters. ${advice}`,
		);
		return '';
	}
	const maxCharacters = SMS_APIS[api].maxContentCharacters;
	// By code point, so that an emoji counts once: rather let KPN refuse than refuse what it takes.
	if (
		content.length > MAX_UNITS ||
		(maxCharacters !== undefined && [...content].length > maxCharacters)
	) {
		const limit =
			maxCharacters === undefined
				? `A phone puts at most ${MAX_PARTS} parts together`
				: `KPN takes ${maxCharacters} at most`;
		problems.push(
			joinSentences(
				`${field} has ${characterCount(content)} characters. ${limit}: shorten it.`,
				note ?? '',
			),
		);
	}
	return content;
}

function checkParts(
	size: TextSize,
	{ maximumParts }: SendOptions,
	problems: string[],
	{ field, note }: TextField,
): void {
	if (size.parts > MAX_PARTS) {
		problems.push(
			`${field} takes ${size.parts} parts. A phone puts at most ${MAX_PARTS} together: shorten it.`,
		);
	}
	if (maximumParts === undefined || size.parts <= maximumParts) return;
	const special = size.specialCharacters
		?.slice(0, MAX_SPECIAL_CHARACTERS_SHOWN)
		.map(printable)
		.join(' ');
	const why =
		special === undefined
			? 'Shorten it.'
			: `${special} ${size.specialCharacters?.length === 1 ? 'makes' : 'make'} it UCS-2, with 70 characters a part instead of 160: leave that out, turn on Replace Special Characters, or shorten it.`;
	problems.push(
		joinSentences(
			`${field} takes ${size.parts} parts, and Maximum Parts is ${maximumParts}. ${why}`,
			note ?? '',
		),
	);
}

/** A text without any would be billed, and show nothing. */
const VISIBLE = /[^\s\p{Cf}]/u;

/** So many of a list a person reads. */
const MAX_NUMBERS_SHOWN = 10;
const MAX_SPECIAL_CHARACTERS_SHOWN = 5;
const MAX_FIELDS_SHOWN = 10;
const MAX_FIELD_CHARACTERS = 40;
const MAX_RECIPIENT_CHARACTERS = 200;

/** In words where counting would take long. */
const characterCount = (text: string): string =>
	text.length > MAX_UNITS ? 'far too many' : String([...text].length);

/** Text as it is, a number as its digits; anything else is no text for an SMS. */
function asText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** Perhaps the field has another name: those that there are. */
function availableFields(input: object): string {
	const names = Object.keys(input);
	if (names.length === 0) return 'The item has no fields.';
	const shown = names
		.slice(0, MAX_FIELDS_SHOWN)
		.map((name) => `“${name.slice(0, MAX_FIELD_CHARACTERS)}”`);
	return `The item has the ${names.length === 1 ? 'field' : 'fields'} ${joinNames(shown, names.length)}.`;
}

/** What is wrong with a field that has no text, in words that give nothing of its value away. */
function noValueProblem(field: string, value: unknown, advice: string): string {
	if (value === undefined || value === null) {
		return `${field} is empty: its expression gives nothing for this item. Open the field, and look at its preview.`;
	}
	return `${field} is ${describeValue(value)}. ${advice}`;
}

function describeValue(value: unknown): string {
	if (typeof value === 'string') return 'empty';
	if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
	if (typeof value === 'object') return 'an object instead of text';
	return typeof value === 'boolean' || typeof value === 'number'
		? `${value} instead of text`
		: 'not text';
}
