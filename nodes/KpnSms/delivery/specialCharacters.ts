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
