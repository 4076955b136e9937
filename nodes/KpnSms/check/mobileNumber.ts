import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/mobile';

import { printable } from './specialCharacters';

const HOME_COUNTRY = 'NL';

/**
 * Dutch mobile numbers as most lists have them, by KPN's page: 06 but for 060, 067 and 069. The library
 * takes ten times as long to say the same of them. It has the last word on 066.
 */
const PLAIN_DUTCH_NUMBER = /^(\+31|0031|0)(6[1-58]\d{7})$/;

/** Far more than any number has, in any notation. */
const MAX_NUMBER_CHARACTERS = 100;

/** Of lists within lists: what is nested deeper is not a list of numbers. */
const MAX_NESTING = 100;

/** Between commas, semicolons or lines; but 3,16E+10 is one number of a sheet, not two. */
const NUMBER_PATTERN = /\d{1,3},\d{1,20}E\+?\d+|[^,;\s][^,;\r\n]*/gi;

/** How a sheet shows a long number in a column that is not text. */
const SCIENTIFIC_NOTATION = /^\d+(?:[.,]\d+)?E\+?\d+$/i;

/** A number that software has stored as a decimal, such as 612345678.0: the decimals are not part of it. */
const DECIMAL = /^([+\d][\d\s]{6,})\.(\d{1,2})$/;

/** What numbers in sheets are surrounded by: quotes, and the scheme of a link. */
const SURROUNDING_CHARACTERS = /^['’‘`"“”]*(?:(?:tel|sms):)?|['’‘`"“”]+$/gi;

/** The characters that numbers are written with. */
const NUMBER_CHARACTER = /[\p{Nd}\p{Pd}\s()+./]/u;

/** With fewer digits it is not a mistyped number, but something else. */
const MIN_DIGITS = 6;

/**
 * Splits a list of numbers: text with commas, semicolons or lines, a number from a sheet, or an
 * array of these. Blanks are dropped. A generator, so that the caller can stop before the end of a
 * list that is too long.
 */
export function* splitMobileNumbers(value: unknown): Generator<unknown> {
	// Not recursive: a list that is nested deeply enough would overflow the stack.
	const lists: Array<Iterator<unknown>> = [[value].values()];
	for (let list = lists.at(-1); list; list = lists.at(-1)) {
		const next = list.next();
		const entry: unknown = next.value;
		if (next.done) lists.pop();
		else if (Array.isArray(entry) && lists.length <= MAX_NESTING) lists.push(entry.values());
		else if (typeof entry === 'string')
			for (const [number] of entry.matchAll(NUMBER_PATTERN)) yield number;
		else if (entry !== undefined && entry !== null) yield entry;
	}
}

/**
 * Reads a number in any common notation, into E.164. Which numbers are mobile comes from
 * libphonenumber's metadata, which agrees with KPN's list for the Netherlands: 06 but for 060, 067
 * and 069, and 097.
 *
 * @param abroad whether numbers outside the Netherlands are reached
 * @param defaultCountry ISO code of the country of a number without a country code
 * @returns the number; or what is wrong with it, to be read after `shown`, which is as much of it as
 * may be shown
 */
export function readMobileNumber(
	value: unknown,
	abroad: boolean,
	defaultCountry: CountryCode = HOME_COUNTRY,
): { number: string } | { problem: string; shown?: string } {
	if (typeof value !== 'string' && typeof value !== 'number') {
		return { problem: 'has an entry that is neither text nor a number.' };
	}
	const typed = String(value).trim();
	const [, prefix, plain] = PLAIN_DUTCH_NUMBER.exec(typed) ?? [];
	if (plain !== undefined && (prefix === '+31' || defaultCountry === HOME_COUNTRY))
		return { number: `+31${plain}` };
	// A number copied from a contact list can contain invisible characters.
	const text = typed
		.slice(-MAX_NUMBER_CHARACTERS)
		.replace(/\p{Cf}/gu, '')
		.trim()
		.replace(SURROUNDING_CHARACTERS, '')
		.trim()
		.replace(DECIMAL, (whole, number: string, decimals: string) =>
			Number(decimals) === 0 ? number : whole,
		);
	const parsed = parsePhoneNumberFromString(text, {
		defaultCountry,
		extract: false,
	});
	const isCalculated = DECIMAL.test(text) || /^-\d/.test(text);
	if (!parsed || parsed.ext || typed.length > MAX_NUMBER_CHARACTERS || isCalculated) {
		return {
			shown: lastDigits(text),
			problem: `is not a phone number${invalidReason(text)}`,
		};
	}
	if (!parsed.isValid()) {
		return {
			shown: lastDigits(text),
			problem: `is not a mobile number. ${EXAMPLES[defaultCountry] ?? `One of ${countryName(defaultCountry)} is written as people there do`}; one abroad starts with + and its country code.`,
		};
	}
	if (!abroad && parsed.country !== HOME_COUNTRY) {
		return {
			shown: lastDigits(text),
			problem:
				'is not in the Netherlands, and KPN’s SMS v1 reaches no other country. For numbers abroad, choose the current SMS API in the credential.',
		};
	}
	return { number: parsed.number };
}

const EXAMPLES: Partial<Record<CountryCode, string>> = {
	NL: 'A Dutch one is 06 and 8 digits, or starts with 097',
};

const countryName = (code: CountryCode): string =>
	new Intl.DisplayNames('en', { type: 'region' }).of(code) ?? code;

/** The problem of something that is not a number at all, with advice. */
function invalidReason(text: string): string {
	if (SCIENTIFIC_NOTATION.test(text)) {
		return ': a sheet has shortened it, and its digits are lost. Make the column text in the sheet, and enter the number there again.';
	}
	if (DECIMAL.test(text)) {
		return ': it has digits after a decimal point. Make the column text where it comes from.';
	}
	if (/^-\d/.test(text)) return ': it begins with a minus. Take that out.';
	const oddCharacter = [...text].find((character) => !NUMBER_CHARACTER.test(character));
	const digits = text.match(/\p{Nd}/gu)?.length ?? 0;
	return oddCharacter !== undefined && digits >= MIN_DIGITS
		? `: it has “${printable(oddCharacter)}” in it, which no number has. Take that out.`
		: '. Write it like 0612345678 or +31612345678.';
}

/** Enough to find the number in the input, too little to disclose it. */
function lastDigits(text: string): string {
	const compact = [...text.replace(/[\s().-]/g, '')];
	const end = compact.slice(-3).map(printable).join('');
	return compact.length > 3 ? `“…${end}”` : `“${end}”`;
}
