import type { IDataObject } from 'n8n-workflow';

import { eventId, ProcessedEvents } from '../../../nodes/KpnSmsTrigger/processedEvents';

let triggers = 0;
const newTrigger = () => `trigger ${++triggers}`;
const idOf = (index: number) => `event${String(index).padStart(7, '0')}`;
const add = (events: ProcessedEvents, id: string) => {
	events.begin(id);
	events.finish(id);
};
const a = idOf(1);
const b = idOf(2);

test('what was stored is known, in this process and from what is saved', () => {
	const saved: IDataObject = {};
	const trigger = newTrigger();
	add(new ProcessedEvents(saved, trigger), a);
	expect(new ProcessedEvents(saved).state(a)).toBe('stored');
	expect(new ProcessedEvents({}, trigger).state(a)).toBe('stored');
	expect(new ProcessedEvents({}, newTrigger()).state(a)).toBeUndefined();
});

test('what is being stored is neither stored nor new, and new again if it fails', () => {
	const saved: IDataObject = {};
	const trigger = newTrigger();
	const events = new ProcessedEvents(saved, trigger);
	events.begin(a);
	expect(new ProcessedEvents({}, trigger).state(a)).toBe('storing');
	expect(saved).toEqual({});
	events.forgetUnlessStored(a);
	expect(events.state(a)).toBeUndefined();
	add(events, b);
	events.forgetUnlessStored(b);
	expect(events.state(b)).toBe('stored');
});

test('the oldest go out: a thousand are saved, sixty thousand kept in the process', () => {
	const trigger = newTrigger();
	const events = new ProcessedEvents({}, trigger);
	for (let index = 0; index < 60_050; index++) events.begin(idOf(index));
	expect(events.state(idOf(49))).toBeUndefined();
	expect(events.state(idOf(50))).toBe('storing');
	const saved: IDataObject = {};
	const others = new ProcessedEvents(saved, newTrigger());
	for (let index = 0; index < 1050; index++) add(others, idOf(index));
	expect(saved.events).toHaveLength(1000);
	expect(new ProcessedEvents(saved).state(idOf(49))).toBeUndefined();
	expect(new ProcessedEvents(saved).state(idOf(50))).toBe('stored');
});

test('of two processes, each keeps what the other has saved, and saves its own again', () => {
	const one = newTrigger();
	const other = newTrigger();
	// Both have read the same, and the second saves over the first.
	add(new ProcessedEvents({}, one), a);
	const saved: IDataObject = {};
	add(new ProcessedEvents(saved, other), b);
	expect(new ProcessedEvents(saved).state(a)).toBeUndefined();
	add(new ProcessedEvents(saved, one), idOf(3));
	for (const id of [a, b, idOf(3)]) expect(new ProcessedEvents(saved).state(id)).toBe('stored');
	// A thousand of one's own put out those that are older, not those of the other.
	for (let index = 10; index < 800; index++) add(new ProcessedEvents(saved, one), idOf(index));
	expect(new ProcessedEvents(saved).state(b)).toBe('stored');
});

test.each([undefined, null, 'text', 7, {}, [null, 7, { a: 1 }]])(
	'static data that holds %j instead does no harm',
	(events) => {
		const saved = { events } as IDataObject;
		const processed = new ProcessedEvents(saved, newTrigger());
		expect(processed.state(a)).toBeUndefined();
		add(processed, a);
		expect(saved.events).toEqual([expect.stringContaining(a)]);
	},
);

test('equal identities are the same event, whatever the bytes; without one, equal bytes are', () => {
	const body = Buffer.from('{"Status":1}');
	const other = Buffer.from('{"Status":2}');
	expect(eventId(['m1'], body)).toBe(eventId(['m1'], other));
	expect(eventId(['m1'], body)).not.toBe(eventId(['m2'], body));
	expect(eventId([undefined], body)).toBe(eventId([undefined], body));
	expect(eventId([undefined], body)).not.toBe(eventId([undefined], other));
	expect(eventId(['m1', undefined], body)).not.toBe(eventId(['m1', undefined], other));
	expect(eventId(['m1'], body)).toHaveLength(12);
});
