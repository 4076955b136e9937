import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/mobile';

import { visible } from './specialCharacters';

const HOME = 'NL';

/** Far more than any number has, however it is written. */
const LONGEST_NUMBER = 100;

/** Lists within lists: what goes deeper is no list of numbers. */
const DEEPEST = 100;

/** Between commas, semicolons or lines; but 3,16E+10 is one number of a sheet, not two. */
const ONE_NUMBER = /\d{1,3},\d{1,20}E\+?\d+|[^,;\s][^,;\r\n]*/gi;

/** How a sheet shows a long number in a column that is not text. */
const SHORTENED = /^\d+(?:[.,]\d+)?E\+?\d+$/i;

/** A number that somebody's software counts with, such as 612345678.0: the digits after it are none of it. */
const DECIMAL = /^([+\d][\d\s]{6,})\.(\d{1,2})$/;

/** What people's sheets have around a number: quotes, and what makes a link of it. */
const AROUND = /^['’‘`"“”]*(?:(?:tel|sms):)?|['’‘`"“”]+$/gi;

/** All that numbers are written with, to a person. */
const OF_NUMBERS = /[\p{Nd}\p{Pd}\s()+./]/u;

/** With fewer digits it is no number with something wrong in it, but something else. */
const FEWEST_DIGITS = 6;

/**
 * One field, many ways to list numbers: text with commas, semicolons or lines, a number from a
 * sheet, or an array of these. Blanks are dropped. One by one, so that nobody has to read a list to
 * its end that is too long.
 */
export function* splitMobileNumbers(value: unknown): Generator<unknown> {
	// Not by calling itself, which for a list nested deep enough would throw.
	const lists: Array<Iterator<unknown>> = [[value].values()];
	for (let list = lists.at(-1); list; list = lists.at(-1)) {
		const next = list.next();
		const one: unknown = next.value;
		if (next.done) lists.pop();
		else if (Array.isArray(one) && lists.length <= DEEPEST) lists.push(one.values());
		else if (typeof one === 'string') for (const [number] of one.matchAll(ONE_NUMBER)) yield number;
		else if (one !== undefined && one !== null) yield one;
	}
}

/**
 * Reads a number however people write it, into E.164. Which numbers are mobile comes from
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
	defaultCountry: CountryCode = HOME,
): { number: string } | { problem: string; shown?: string } {
	if (typeof value !== 'string' && typeof value !== 'number') {
		return { problem: 'has an entry that is neither text nor a number.' };
	}
	// Marks that cannot be seen come along when a number is copied from a contact list.
	const typed = String(value).trim();
	const text = typed
		.slice(-LONGEST_NUMBER)
		.replace(/\p{Cf}/gu, '')
		.trim()
		.replace(AROUND, '')
		.trim()
		.replace(DECIMAL, (whole, number: string, decimals: string) =>
			Number(decimals) === 0 ? number : whole,
		);
	const parsed = parsePhoneNumberFromString(text, {
		defaultCountry,
		extract: false,
	});
	const counted = DECIMAL.test(text) || /^-\d/.test(text);
	if (!parsed || parsed.ext || typed.length > LONGEST_NUMBER || counted) {
		return {
			shown: shownOf(text),
			problem: `is not a phone number${whyNone(text)}`,
		};
	}
	if (!parsed.isValid()) {
		return {
			shown: shownOf(text),
			problem: `is not a mobile number. ${EXAMPLES[defaultCountry] ?? `One of ${countryName(defaultCountry)} is written as people there do`}; one abroad starts with + and its country code.`,
		};
	}
	if (!abroad && parsed.country !== HOME) {
		return {
			shown: shownOf(text),
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

/** What is wrong with something that is no number at all, and what to do. */
function whyNone(text: string): string {
	if (SHORTENED.test(text)) {
		return ': a sheet has shortened it, and its digits are lost. Make the column text in the sheet, and enter the number there again.';
	}
	if (DECIMAL.test(text)) {
		return ': it has digits after a decimal point. Make the column text where it comes from.';
	}
	if (/^-\d/.test(text)) return ': it begins with a minus. Take that out.';
	const odd = [...text].find((character) => !OF_NUMBERS.test(character));
	const digits = text.match(/\p{Nd}/gu)?.length ?? 0;
	return odd !== undefined && digits >= FEWEST_DIGITS
		? `: it has “${visible(odd)}” in it, which no number has. Take that out.`
		: '. Write it like 0612345678 or +31612345678.';
}

/** Enough to find the number in one's data, too little to give it away. */
function shownOf(text: string): string {
	const compact = [...text.replace(/[\s().-]/g, '')];
	const end = compact.slice(-3).map(visible).join('');
	return compact.length > 3 ? `“…${end}”` : `“${end}”`;
}
