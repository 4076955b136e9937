import smartEncoding from 'sms-segments-calculator/dist/libs/SmartEncodingMap';

import { isGsm } from './parts';

/**
 * Puts a letter of GSM's alphabet in place of each character outside it that has a look-alike there:
 * “ ” – … and many others. A text with one such character is billed as UCS-2, 70 characters a part.
 */
export const replaceSpecialCharacters = (content: string): string =>
	[...content.normalize('NFC')]
		.map((character) => (isGsm(character) ? character : (smartEncoding[character] ?? character)))
		.join('');

/** A character as it is, or its code point if it is invisible. */
export const printable = (character: string): string =>
	/^[\p{C}\p{Z}]+$/u.test(character)
		? [...character]
				.map((one) => `[U+${one.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`)
				.join('')
		: character;
