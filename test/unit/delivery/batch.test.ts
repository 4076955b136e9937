import fc from 'fast-check';

import { batch, messagesOf, type Message } from '../../../nodes/KpnSms/delivery/batch';

const drafts = fc.array(
	fc.record({
		sender: fc.constantFrom('A', 'B', 'C'),
		recipients: fc.array(fc.constantFrom('+31612345670', '+31612345671'), { minLength: 1 }),
	}),
);

test('for any drafts and limits each message is in exactly one call, in order, within the limit', () => {
	fc.assert(
		fc.property(drafts, fc.integer({ min: 1, max: 7 }), (list, limit) => {
			const messages = list.flatMap((one, itemIndex) =>
				messagesOf({ ...one, itemIndex, content: 'x' }),
			);
			const calls = batch(messages, limit);
			expect(calls.flat()).toHaveLength(messages.length);
			expect(new Set(calls.flat())).toEqual(new Set(messages));
			for (const call of calls) {
				expect(call.length).toBeGreaterThanOrEqual(1);
				expect(call.length).toBeLessThanOrEqual(limit);
				expect(new Set(call.map(({ sender }) => sender)).size).toBe(1);
			}
			for (const sender of 'ABC') {
				const own = (message: Message) => message.sender === sender;
				expect(calls.flat().filter(own)).toEqual(messages.filter(own));
				const count = messages.filter(own).length;
				expect(calls.filter(([first]) => first && own(first))).toHaveLength(
					Math.ceil(count / limit),
				);
			}
		}),
	);
});
