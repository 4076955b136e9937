import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import unicodeToGsm from 'sms-segments-calculator/dist/libs/UnicodeToGSM';

import { textSize } from '../../../nodes/KpnSms/check/parts';

const repeated = (character: string, times: number) => ({
	text: character.repeat(times),
	toString: () => `${times} × ${JSON.stringify(character)}`,
});

test.each([
	[repeated('a', 160), 'GSM-7', 1],
	[repeated('a', 161), 'GSM-7', 2],
	[repeated('a', 306), 'GSM-7', 2],
	[repeated('a', 307), 'GSM-7', 3],
	[repeated('€', 80), 'GSM-7', 1],
	[repeated('€', 81), 'GSM-7', 2],
	[repeated('ш', 70), 'UCS-2', 1],
	[repeated('ш', 71), 'UCS-2', 2],
	[repeated('ш', 134), 'UCS-2', 2],
	[repeated('ш', 135), 'UCS-2', 3],
	[repeated('😀', 35), 'UCS-2', 1],
	[repeated('😀', 36), 'UCS-2', 2],
	[repeated('👍🏽', 17), 'UCS-2', 1],
	[repeated('👍🏽', 18), 'UCS-2', 2],
	[repeated('“', 1), 'UCS-2', 1],
	[repeated('', 0), 'GSM-7', 1],
])('%s is %s in %i parts', ({ text }, encoding, parts) => {
	expect(textSize(text)).toMatchObject({ encoding, parts });
});

test('no part ends within an extension character', () => {
	expect(textSize('a'.repeat(152) + '€'.repeat(5)).parts).toBe(2);
	expect(textSize('a'.repeat(152) + '€'.repeat(77)).parts).toBe(3);
});

test('an emoji counts as one character, with its skin tone too', () => {
	expect(textSize('👍🏽 ok').characters).toBe(4);
	expect(textSize('héllo').characters).toBe(5);
});

// The library is the peer to compare with; it takes 1 ms for a text, too much for thousands.
test('the parts of any text are those that sms-segments-calculator counts', () => {
	const characters = fc.constantFrom(...'abcé€^{}\n @', 'ш', '😀', '“', '中');
	fc.assert(
		fc.property(fc.array(characters, { minLength: 1, maxLength: 400 }), (list) => {
			const content = list.join('');
			const peer = new SegmentedMessage(content);
			expect(textSize(content)).toMatchObject({
				encoding: peer.encodingName,
				parts: peer.segmentsCount,
			});
		}),
	);
});

test('GSM 03.38’s basic set takes one septet a character, its extension set two', () => {
	for (let code = 0; code <= 0xffff; code++) {
		const character = String.fromCharCode(code);
		const septets = unicodeToGsm[code]?.length;
		const size = textSize(septets === undefined ? character : character.repeat(153));
		expect([code, size.encoding]).toEqual([code, septets === undefined ? 'UCS-2' : 'GSM-7']);
		if (septets !== undefined) {
			expect([code, size.parts]).toEqual([code, septets === 1 ? 1 : 3]);
		}
	}
});

test('the characters that make a text UCS-2 are named, each once', () => {
	expect(textSize('“Hi” “you” 👍🏽').specialCharacters).toEqual(['“', '”', '👍🏽']);
	expect(textSize('Hi €').specialCharacters).toBeUndefined();
});
