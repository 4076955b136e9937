import type { Payload } from './history';

/** In every event that has them; nobody may find them in what n8n keeps or writes. */
export const PERSONAL = ['61234567', 'Private words'];

interface Event {
	kind: 'deliveryReport' | 'inboundSms';
	body: Record<string, unknown>;
}

/** By which an event is known in n8n. Not a part of another mark, nor of an id. */
export const markOf = (index: number): string => `#${index}#`;

const report = (mark: string, id: object, Status = 1): Event => ({
	kind: 'deliveryReport',
	body: {
		...id,
		CustomerId: 'sandbox',
		MessageType: 'sms_dlr',
		RecipientPhonenumber: '31612345670',
		Message: 'Private words',
		StatusDateTime: 1714487862,
		// That of a call with any number of messages: it does not identify an event.
		document_id: mark,
		Status,
	},
});

const inbound = (mark: string, id: object): Event => ({
	kind: 'inboundSms',
	body: {
		sender: '31612345670',
		recipient: '3197000000000',
		...id,
		content: `Private words ${mark}`,
		timestamp_utc: '2024-04-30T14:37:42.218159',
		type: 'text/unicode/*',
	},
});

/**
 * The events in one body.
 *
 * @param before how many deliveries there were: the next report is on the message of the one before
 */
export function eventsOf(payload: Payload, index: number): Event[] {
	const mark = markOf(index);
	switch (payload) {
		case 'report':
			return [report(mark, { DLRID: `d${index}` }, 2)];
		case 'report by message id':
			return [report(mark, { message_id: `m${index}`, DLRID: `d${index}` })];
		case 'next report':
			return [report(mark, { DLRID: `d${index - 1}` })];
		case 'report without identity':
			return [report(mark, {})];
		case 'inbound':
			return [inbound(mark, { message_id: `6W.${index}` })];
		case 'inbound without identity':
			return [inbound(mark, {})];
		case 'two reports':
			return [report(mark, { DLRID: `d${index}` }, 3), report(mark, { DLRID: `d${index}-2` }, 4)];
		case 'both kinds':
			return [
				report(mark, { DLRID: `d${index}` }, 3),
				inbound(mark, { message_id: `6W.${index}` }),
			];
	}
}
