import type { IDataObject } from 'n8n-workflow';

import { definedFields } from './definedFields';
import { isRecord } from './isRecord';
import { ERROR_CODES, STATUSES } from './reportCodes';

export type EventKind = 'deliveryReport' | 'inboundSms';

/** What the headers of a request say. */
interface WebhookHeaders {
	/** Which attempt it is, from 1. */
	attempt?: number;
	/** The key that it is signed with. */
	keyId?: string;
}

export interface WebhookEvent {
	kind: EventKind;
	/** The n8n item's json. */
	json: IDataObject;
	/** Equal for repeats only. Undefined if the payload has nothing that identifies the event. */
	identity?: string;
}

type Fields = Map<string, unknown>;

/**
 * Reads the events of a verified body. The shape of a delivery report is not published and an
 * account can exclude any field of it: what is recognised is read, nothing is insisted on, and the
 * payload itself goes with the item untouched.
 *
 * @returns undefined if the body is no JSON object, nor a list of such
 */
export function readEvents(body: Buffer, headers: WebhookHeaders): WebhookEvent[] | undefined {
	const payloads = payloadsOf(body);
	return payloads?.map((payload) => {
		const fields = fieldsOf(payload);
		return isInbound(fields)
			? inboundEvent(payload, fields)
			: reportEvent(payload, fields, headers);
	});
}

function payloadsOf(body: Buffer): IDataObject[] | undefined {
	let parsed: unknown;
	try {
		// A byte order mark is no part of the JSON.
		const text = body.toString('utf8').replace(/^\uFEFF/, '');
		parsed = JSON.parse(text);
		if (/\d{16}/.test(text)) parsed = JSON.parse(withLongNumbersAsText(text));
	} catch {
		return undefined;
	}
	const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
	return list.length > 0 && list.every(isRecord) ? list : undefined;
}

/** JSON in which whole numbers too long for JavaScript are texts, so that they keep their digits. */
const withLongNumbersAsText = (json: string): string =>
	json.replace(/"(?:\\.|[^"\\])*"|-?\d[\d.eE+-]*/g, (token) =>
		/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
	);

/** KPN writes its fields in several ways: their names are compared without case and underscores. */
function fieldsOf(payload: IDataObject): Fields {
	const fields: Fields = new Map();
	for (const [name, value] of Object.entries(payload)) {
		const plain = name.replace(/_/g, '').toLowerCase();
		if (!fields.has(plain)) fields.set(plain, value);
	}
	return fields;
}

/** An inbound SMS has `timestamp_utc`; without it, sender and content but no word on a status. */
function isInbound(fields: Fields): boolean {
	if (fields.has('timestamputc')) return true;
	const ofReport = ['status', 'statuscode', 'errorcode', 'statusdatetime', 'dlrid'];
	return (
		fields.has('sender') && fields.has('content') && !ofReport.some((name) => fields.has(name))
	);
}

function inboundEvent(payload: IDataObject, fields: Fields): WebhookEvent {
	const sender = numberOf(fields, 'sender');
	const messageId = textOf(fields, 'messageid');
	const sentAt = textOf(fields, 'timestamputc');
	const content = fields.get('content');
	return {
		kind: 'inboundSms',
		identity: messageId && `inbound ${messageId}`,
		json: definedFields({
			event: 'inboundSms',
			sender,
			recipient: numberOf(fields, 'recipient'),
			messageId,
			content: typeof content === 'string' ? content : (textOf(fields, 'content') ?? ''),
			sentAt: utcOf(sentAt),
			contentType: textOf(fields, 'type'),
			body: payload,
		}),
	};
}

function reportEvent(payload: IDataObject, fields: Fields, headers: WebhookHeaders): WebhookEvent {
	const statusCode = statusCodeOf(fields);
	const status = statusCode === undefined ? undefined : STATUSES[statusCode];
	const errorCode = textOf(fields, 'errorcode')?.replace(/^\d{1,2}$/, (code) =>
		code.padStart(3, '0'),
	);
	const recipient = numberOf(fields, 'recipientphonenumber') ?? numberOf(fields, 'recipient');
	const messageId = textOf(fields, 'messageid');
	const documentId = textOf(fields, 'documentid');
	const dlrId = textOf(fields, 'dlrid');
	const id = messageId ?? dlrId;
	const statusName = status?.name ?? textOf(fields, 'status')?.toLowerCase();
	return {
		kind: 'deliveryReport',
		// A message has several reports. A document id is that of a whole call, with any number of them.
		identity: id && ['report', id, statusCode ?? statusName, errorCode].join(' '),
		json: definedFields({
			event: 'deliveryReport',
			status: statusName,
			statusCode,
			errorCode,
			errorMessage: errorCode === undefined ? undefined : ERROR_CODES[errorCode],
			final: status?.final,
			recipient,
			messageId,
			documentId,
			dlrId,
			customerId: textOf(fields, 'customerid'),
			messageType: textOf(fields, 'messagetype'),
			message: textOf(fields, 'message'),
			statusAt: epochOf(fields.get('statusdatetime')),
			attempt: headers.attempt,
			keyId: headers.keyId,
			body: payload,
		}),
	};
}

/** From a number or from KPN's name of the status, in either of the two fields. */
function statusCodeOf(fields: Fields): number | undefined {
	const candidates = ['statuscode', 'status'].map((name) => textOf(fields, name)?.toLowerCase());
	for (const text of candidates) {
		const named = Object.entries(STATUSES).find(
			([code, { name }]) => text === code || text === name,
		);
		if (named) return Number(named[0]);
	}
	const number = candidates.find((text) => text !== undefined && /^\d{1,9}$/.test(text));
	return number === undefined ? undefined : Number(number);
}

/** A phone number as E.164 where it is one. A name or a short code stays as it is. */
function numberOf(fields: Fields, name: string): string | undefined {
	const text = textOf(fields, name);
	const digits = /^(?:\+|00)?([1-9]\d{7,14})$/.exec(text ?? '')?.[1];
	if (digits !== undefined) return `+${digits}`;
	// KPN also writes Dutch numbers without their country.
	const dutch = /^0([1-9]\d{8,10})$/.exec(text ?? '')?.[1];
	return dutch === undefined ? text : `+31${dutch}`;
}

function textOf(fields: Fields, name: string): string | undefined {
	const value = fields.get(name);
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** KPN's `timestamp_utc` has no mark of a zone: it is UTC. */
function utcOf(text: string | undefined): string | undefined {
	if (text === undefined) return undefined;
	return isoOf(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
}

/** An epoch, in seconds or in milliseconds: KPN does not document which. Or a date as text. */
function epochOf(value: unknown): string | undefined {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof number === 'number' && Number.isFinite(number)) {
		return isoOf(number * (Math.abs(number) < 1e11 ? 1000 : 1));
	}
	return typeof value === 'string' ? utcOf(value) : undefined;
}

function isoOf(time: number | string): string | undefined {
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
