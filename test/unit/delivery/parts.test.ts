import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';

import { textSize } from '../../../nodes/KpnSms/delivery/parts';

test.each([
	['a'.repeat(160), 'GSM-7', 1],
	['a'.repeat(161), 'GSM-7', 2],
	['a'.repeat(306), 'GSM-7', 2],
	['a'.repeat(307), 'GSM-7', 3],
	['€'.repeat(80), 'GSM-7', 1],
	['€'.repeat(81), 'GSM-7', 2],
	['a'.repeat(152) + '€'.repeat(5), 'GSM-7', 2],
	['ш'.repeat(70), 'UCS-2', 1],
	['ш'.repeat(71), 'UCS-2', 2],
	['ш'.repeat(134), 'UCS-2', 2],
	['ш'.repeat(135), 'UCS-2', 3],
	['😀'.repeat(35), 'UCS-2', 1],
	['😀'.repeat(36), 'UCS-2', 2],
	['“quoted”', 'UCS-2', 1],
	['', 'GSM-7', 1],
])('%p is %s in %i parts', (content, encoding, parts) => {
	expect(textSize(content)).toMatchObject({ encoding, parts });
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
