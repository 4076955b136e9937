/** A phone puts a text together from at most so many parts (3GPP TS 23.040). */
export const MAX_PARTS = 255;

/** How a text travels: GSM 03.38's 7-bit alphabet, or UCS-2 once one character is not in it. */
export interface TextSize {
	encoding: 'GSM-7' | 'UCS-2';
	/** How many SMS the text is sent, and billed, as. */
	parts: number;
	/** User-perceived characters: an emoji is one. */
	characters: number;
	/** The first few characters that are outside GSM's alphabet and make the text UCS-2. */
	specialCharacters?: string[];
}

// GSM 03.38, basic character set (with its line feed and carriage return) and extension table.
const BASIC =
	'@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENSION = '\f^{}\\[~]|€';

const SEPTETS = new Map<string, number>([
	...[...BASIC].map((character) => [character, 1] as const),
	...[...EXTENSION].map((character) => [character, 2] as const),
]);

/** Septets and UCS-2 units that fit in one SMS, alone and as a part of a longer text (3GPP TS 23.040). */
const GSM_7 = { single: 160, part: 153 };
const UCS_2 = { single: 70, part: 67 };

/** No text of more UTF-16 units fits in `MAX_PARTS`, whatever it is made of. */
export const MAX_UNITS = MAX_PARTS * GSM_7.part;

/** A user-perceived character. Intl.Segmenter needs memory by the square of the length. */
const CHARACTERS =
	/\r\n|\p{RI}{2}|\p{ExtPict}[\p{EMod}\ufe0f]?(?:\u200d\p{ExtPict}[\p{EMod}\ufe0f]?)*|\P{M}\p{M}*|\p{M}/gu;

const MAX_SPECIAL_CHARACTERS = 10;

export const isGsm = (character: string): boolean => SEPTETS.has(character);

/**
 * Counts the parts of a text. A character that takes two units (an extension character's escape, a
 * surrogate pair) is never cut in two by the end of a part.
 */
export function textSize(content: string): TextSize {
	const symbols = [...content];
	if (symbols.every(isGsm)) {
		const units = symbols.map((symbol) => SEPTETS.get(symbol) ?? 1);
		return { encoding: 'GSM-7', parts: countParts(units, GSM_7), characters: symbols.length };
	}
	const characters = content.match(CHARACTERS) ?? [];
	return {
		encoding: 'UCS-2',
		parts: countParts(
			symbols.map((symbol) => symbol.length),
			UCS_2,
		),
		characters: characters.length,
		specialCharacters: [
			...new Set(characters.filter((character) => ![...character].every(isGsm))),
		].slice(0, MAX_SPECIAL_CHARACTERS),
	};
}

function countParts(units: number[], { single, part }: { single: number; part: number }): number {
	if (units.reduce((sum, unit) => sum + unit, 0) <= single) return 1;
	let parts = 1;
	let used = 0;
	for (const unit of units) {
		if (used + unit > part) {
			parts++;
			used = 0;
		}
		used += unit;
	}
	return parts;
}
