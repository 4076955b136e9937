import fc from 'fast-check';

import { batch } from '../../../nodes/KpnSms/send/batch';
import { messagesOf, type Message } from '../../../nodes/KpnSms/send/message';
import { validItem } from '../../support/unit/validItem';

const drafts = fc.array(
	fc.record({
		sender: fc.constantFrom('A', 'B', 'C'),
		recipients: fc.array(fc.constantFrom('+31612345670', '+31612345671'), { minLength: 1 }),
		subAccount: fc.constantFrom(undefined, 'one', 'two'),
		messagesPerCall: fc.constantFrom(undefined, 2),
	}),
);

test('for any drafts and limits each message is in exactly one call, in order, within the limit', () => {
	fc.assert(
		fc.property(drafts, fc.integer({ min: 1, max: 7 }), (list, limit) => {
			const messages = list.flatMap(({ subAccount, messagesPerCall, ...draft }, itemIndex) =>
				messagesOf(validItem({ ...draft, itemIndex }, { subAccount, messagesPerCall })),
			);
			const calls = batch(messages, limit);
			expect(calls.flat()).toHaveLength(messages.length);
			expect(new Set(calls.flat())).toEqual(new Set(messages));
			for (const call of calls) {
				const most = call[0]?.item.options.call.messagesPerCall ?? 0;
				expect(call.length).toBeGreaterThanOrEqual(1);
				expect(call.length).toBeLessThanOrEqual(Math.min(limit, most));
				expect(new Set(call.map(sharedBy)).size).toBe(1);
			}
			for (const shared of new Set(messages.map(sharedBy))) {
				const own = messages.filter((message) => sharedBy(message) === shared);
				const theirs = calls.filter(([first]) => first && sharedBy(first) === shared);
				expect(theirs.flat()).toEqual(own);
				const size = Math.min(limit, own[0]?.item.options.call.messagesPerCall ?? 0);
				expect(theirs).toHaveLength(Math.ceil(own.length / size));
			}
		}),
	);
});

/** What the messages of one call have in common. */
const sharedBy = ({ item: { sender, options } }: Message) => JSON.stringify([sender, options.call]);
