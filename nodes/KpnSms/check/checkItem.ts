import type { IDataObject } from 'n8n-workflow';

import { MAX_SENDER_CHARACTERS, SMS_APIS, type SmsApi } from '../../shared/kpnApi';
import { joinSentences } from '../../shared/kpnError';
import { readMobileNumber, splitMobileNumbers } from './mobileNumber';
import { MIN_EXPIRY_ABROAD, readOnceKey, type SendOptions } from './options';
import { MAX_PARTS, MAX_UNITS, textSize, type TextSize } from './parts';
import {
	availableFields,
	characterCount,
	invalidNumbersProblem,
	MAX_SPECIAL_CHARACTERS_SHOWN,
	noValueProblem,
} from './problems';
import { replaceSpecialCharacters, printable } from './specialCharacters';

/** The body of a send call for one item, as declared. Its values are unchecked: an expression can yield anything. */
export interface DeclaredBody {
	sender?: unknown;
	messages?: Array<{ mobile_number?: unknown; content?: unknown }>;
}

/** This many numbers take some milliseconds to read. */
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
	/** Send Once Per: sent once for this and the recipient, in all executions together. */
	onceKey?: string;
	/** The fields of the input item, if they are to be in the output as well. */
	inputFields?: IDataObject;
}

/** Why an item cannot be sent: each line names the field, what it got, and what would be right. */
export interface InvalidItem {
	itemIndex: number;
	problems: string[];
	/** Whether Dry Run is on. */
	dryRun?: boolean;
	/** Mobile Number as it was given. */
	recipient?: string;
	/** As of a ValidItem. */
	inputFields?: IDataObject;
}

export const isInvalid = (item: object): item is InvalidItem => 'problems' in item;

/** The field that the text comes from, as problems name it. */
export interface TextField {
	field: string;
	/** What else to say about its length. */
	note?: string;
}

const CONTENT: TextField = { field: 'Content' };

/** An item with its parameters evaluated, unchecked. */
export interface EvaluatedItem {
	itemIndex: number;
	body: DeclaredBody;
	options: object;
	/** Content, unless said otherwise. */
	text?: TextField;
	/** The fields that the item came with. */
	input: IDataObject;
}

/** Checks everything about an item that can be checked without KPN. Never throws. */
export function checkItem(
	{ itemIndex, body, options: given, text = CONTENT, input }: EvaluatedItem,
	options: SendOptions,
	api: SmsApi,
): ValidItem | InvalidItem {
	const { sender: givenSender, messages: [message] = [] } = body;
	const problems = [...options.problems];
	const sender = readSender(givenSender, problems);
	const recipients = readRecipients(message?.mobile_number, options, api, problems);
	const content = readContent(message?.content, options, api, problems, text);
	const values = [givenSender, message?.mobile_number, message?.content];
	if (values.some((value) => value === undefined || value === null))
		problems.push(availableFields(input));
	const size = problems.length === 0 ? textSize(content) : undefined;
	if (size) checkParts(size, options, problems, text);
	const { key: onceKey, problem } = readOnceKey(given);
	if (problem !== undefined) problems.push(problem);
	const inputFields = options.includeInputFields ? input : undefined;
	if (problems.length > 0 || !size) {
		const recipient = asText(message?.mobile_number)?.slice(0, MAX_RECIPIENT_CHARACTERS);
		return { itemIndex, problems, dryRun: options.dryRun, recipient, inputFields };
	}
	return { itemIndex, sender, recipients, content, size, options, onceKey, inputFields };
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
	/** By problem. */
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

function readContent(
	value: unknown,
	options: SendOptions,
	api: SmsApi,
	problems: string[],
	{ field, note }: TextField,
): string {
	const typed = asText(value) ?? '';
	// Composing letters with their accents can halve the length of a text.
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
	// Counted by code point, so that an emoji is one: a text is not to be refused that KPN would take.
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

/** A text without a visible character would be billed, and show nothing. */
const VISIBLE = /[^\s\p{Cf}]/u;

/** How much of Mobile Number, as it was given, an invalid item shows. */
const MAX_RECIPIENT_CHARACTERS = 200;

/** Text as it is, a number as its digits; undefined for anything else. */
function asText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}
