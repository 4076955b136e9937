import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/mobile';

import { visible } from './specialCharacters';

const HOME = 'NL';

/** Far more than any number has, however it is written. */
const LONGEST_NUMBER = 100;

/**
 * One field, many ways to list numbers: text with commas, semicolons or lines, a number from a
 * sheet, or an array of these. Blanks are dropped. One by one, so that nobody has to read a list to
 * its end that is too long.
 */
export function* splitMobileNumbers(value: unknown): Generator<unknown> {
	if (Array.isArray(value)) {
		for (const one of value) yield* splitMobileNumbers(one);
	} else if (typeof value === 'string') {
		for (const [one] of value.matchAll(/[^,;\s][^,;\r\n]*/g)) yield one;
	} else if (value !== undefined && value !== null) {
		yield value;
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
		.trim();
	const shown = `“${shorten(text)}”`;
	const parsed = parsePhoneNumberFromString(text, {
		defaultCountry,
		extract: false,
	});
	if (!parsed || parsed.ext || typed.length > LONGEST_NUMBER) {
		return {
			shown,
			problem: 'is not a phone number. Write it like 0612345678 or +31612345678.',
		};
	}
	if (!parsed.isValid()) {
		return {
			shown,
			problem:
				'is not a mobile number. A Dutch one is 06 and 8 digits, or starts with 097; one abroad starts with + and its country code.',
		};
	}
	if (!abroad && parsed.country !== HOME) {
		return {
			shown,
			problem:
				'is not in the Netherlands, and KPN’s SMS v1 reaches no other country. For numbers abroad, choose the current SMS API in the credential.',
		};
	}
	return { number: parsed.number };
}

/** Enough to find the number in one's data, too little to give it away. */
function shorten(text: string): string {
	const compact = [...text.replace(/[\s().-]/g, '')];
	const end = compact.slice(-3).map(visible).join('');
	return compact.length > 3 ? `…${end}` : end;
}
