import type { IDataObject } from 'n8n-workflow';

import { deliveryOf, Repeats } from '../../../nodes/KpnSmsTrigger/repeats';

let scopes = 0;
const newScope = () => `scope ${++scopes}`;

test('what was added is known, in this process and from what is stored', () => {
	const stored: IDataObject = {};
	const scope = newScope();
	new Repeats(stored, scope).add('a');
	expect(new Repeats(stored).has('a')).toBe(true);
	expect(new Repeats({}, scope).has('a')).toBe(true);
	expect(new Repeats({}, newScope()).has('a')).toBe(false);
});

test('what was forgotten is new again', () => {
	const repeats = new Repeats({}, newScope());
	repeats.add('a');
	repeats.add('b');
	repeats.forget('a');
	expect([repeats.has('a'), repeats.has('b')]).toEqual([false, true]);
});

test('the oldest go out: a thousand are stored, five thousand kept in the process', () => {
	const stored: IDataObject = {};
	const repeats = new Repeats(stored, newScope());
	for (let index = 0; index < 5050; index++) repeats.add(String(index));
	expect(stored.taken).toHaveLength(1000);
	expect([repeats.has('49'), repeats.has('50'), repeats.has('5049')]).toEqual([false, true, true]);
	const elsewhere = new Repeats(stored);
	expect([elsewhere.has('4049'), elsewhere.has('4050')]).toEqual([false, true]);
});

test.each([undefined, null, 'text', 7, {}, [null, 7, { a: 1 }]])(
	'static data that holds %j instead does no harm',
	(taken) => {
		const stored = { taken } as IDataObject;
		const repeats = new Repeats(stored);
		expect(repeats.has('a')).toBe(false);
		repeats.add('a');
		expect(stored.taken).toEqual(['a']);
	},
);

test('the same bytes are the same delivery; without an identity, only at the same time', () => {
	const body = Buffer.from('{"Status":1}');
	const other = Buffer.from('{"Status":2}');
	expect(deliveryOf(body, true, 1)).toBe(deliveryOf(body, true, 2));
	expect(deliveryOf(body, true, 1)).not.toBe(deliveryOf(other, true, 1));
	expect(deliveryOf(body, false, 1)).toBe(deliveryOf(body, false, 1));
	expect(deliveryOf(body, false, 1)).not.toBe(deliveryOf(body, false, 2));
	expect(deliveryOf(body, true, 1)).toHaveLength(12);
});
