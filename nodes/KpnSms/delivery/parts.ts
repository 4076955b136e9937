/** How a text travels: GSM 03.38's 7-bit alphabet, or UCS-2 once one character is not in it. */
export interface TextSize {
	encoding: 'GSM-7' | 'UCS-2';
	/** What the phone gets as one text is sent, and billed, as this many SMS. */
	parts: number;
	/** Characters as a person counts them: an emoji is one. */
	characters: number;
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

const graphemes = new Intl.Segmenter();

/**
 * Counts the parts of a text. A character that takes two units (an extension character's escape, a
 * surrogate pair) is never cut in two by the end of a part.
 */
export function textSize(content: string): TextSize {
	const symbols = [...content];
	const gsm = symbols.every((symbol) => SEPTETS.has(symbol));
	const units = symbols.map((symbol) => (gsm ? (SEPTETS.get(symbol) ?? 1) : symbol.length));
	const room = gsm ? GSM_7 : UCS_2;
	const total = units.reduce((sum, unit) => sum + unit, 0);
	return {
		encoding: gsm ? 'GSM-7' : 'UCS-2',
		parts: total <= room.single ? 1 : countParts(units, room.part),
		characters: gsm ? symbols.length : [...graphemes.segment(content)].length,
	};
}

function countParts(units: number[], room: number): number {
	let parts = 1;
	let used = 0;
	for (const unit of units) {
		if (used + unit > room) {
			parts++;
			used = 0;
		}
		used += unit;
	}
	return parts;
}
