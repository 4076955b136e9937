import { readMobileNumber } from './mobileNumber';
import type { Recipient } from './mobileNumber';
import type { SmsApi } from './types';
import { webhookUrlProblem } from './webhookUrl';

export const DEFAULT_SENDER = 'KPN';

/** A call's body that KPN takes. */
export interface Submission {
	sender: string;
	messages: Array<{ content: string; recipients: Recipient[] }>;
	webhookUrl?: string;
	expireIn?: string;
}

/** What is wrong with a call's body, in words. The whole call is refused: all or nothing. */
export class BadSubmission extends Error {}

const MAX_SENDER = 11;
const MAX_CONTENT = 1000;
const MAX_MESSAGES_TIMES_RECIPIENTS = 200;
const MIN_EXPIRE_IN_ABROAD = 21;

const TOP_LEVEL: Record<SmsApi, readonly string[]> = {
	v1: ['sender', 'messages'],
	current: ['sender', 'messages', 'webhook_url', 'expirein'],
};
const MESSAGE = ['content', 'mobile_number'];

/**
 * Reads a parsed body as one of KPN's two APIs does. Fields that the API doesn't document are
 * refused, so that a misspelt one is noticed here instead of being ignored.
 *
 * @param httpOnLoopback whether a webhook on this machine may do without TLS
 * @throws BadSubmission naming what is wrong
 */
export function readSubmission(api: SmsApi, body: unknown, httpOnLoopback: boolean): Submission {
	const call = requireObject('the body', body);
	requireKnownFields('the body', call, TOP_LEVEL[api]);
	const sender = call.sender === undefined ? DEFAULT_SENDER : requireText('sender', call.sender);
	if (sender.length > MAX_SENDER) {
		throw new BadSubmission(`sender has ${sender.length} characters; at most ${MAX_SENDER} may be`);
	}
	const { messages: list } = call;
	if (!Array.isArray(list)) throw new BadSubmission('messages must be a list');
	if (list.length === 0) throw new BadSubmission('messages is empty');
	if (api === 'v1' && list.length > 1) {
		throw new BadSubmission(`messages has ${list.length} messages; v1 takes one a call`);
	}
	const messages = list.map((message: unknown, index) => readMessage(api, index, message));
	checkTotal(messages);
	return {
		sender,
		messages,
		...(call.webhook_url !== undefined && {
			webhookUrl: webhookUrl(call.webhook_url, httpOnLoopback),
		}),
		...(call.expirein !== undefined && { expireIn: expireIn(call.expirein, messages) }),
	};
}

function readMessage(api: SmsApi, index: number, value: unknown) {
	const name = `messages[${index}]`;
	const message = requireObject(name, value);
	requireKnownFields(name, message, MESSAGE);
	const content = requireText(`${name}.content`, message.content);
	// UTF-16 units: KPN doesn't say what a character is, and this is the narrowest reading.
	if (api === 'current' && content.length > MAX_CONTENT) {
		throw new BadSubmission(
			`${name}.content has ${content.length} characters; at most ${MAX_CONTENT} may be`,
		);
	}
	const written = requireText(`${name}.mobile_number`, message.mobile_number).split(',');
	if (api === 'v1' && written.length > 1) {
		throw new BadSubmission(`${name}.mobile_number has several numbers; v1 takes one`);
	}
	const recipients = written.map((number) => readRecipient(api, name, number));
	return { content, recipients };
}

function readRecipient(api: SmsApi, message: string, written: string): Recipient {
	const recipient = readMobileNumber(written);
	if (recipient === undefined) {
		throw new BadSubmission(`${message}.mobile_number "${written}" is not a mobile number`);
	}
	if (api === 'v1' && recipient.abroad) {
		throw new BadSubmission(`${message}.mobile_number "${written}" is not a Dutch mobile number`);
	}
	return recipient;
}

function checkTotal(messages: Submission['messages']): void {
	const total = messages.reduce((sum, { recipients }) => sum + recipients.length, 0);
	if (total > MAX_MESSAGES_TIMES_RECIPIENTS) {
		throw new BadSubmission(
			`messages × recipients is ${total}; at most ${MAX_MESSAGES_TIMES_RECIPIENTS} may be`,
		);
	}
}

function webhookUrl(value: unknown, httpOnLoopback: boolean): string {
	const url = requireText('webhook_url', value);
	const problem = webhookUrlProblem(url, httpOnLoopback);
	if (problem !== undefined) throw new BadSubmission(problem);
	return url;
}

function expireIn(value: unknown, messages: Submission['messages']): string {
	const written = requireText('expirein', value);
	if (!/^[1-9]\d*$/.test(written)) {
		throw new BadSubmission('expirein must be a string with a whole number of seconds');
	}
	const abroad = messages.some(({ recipients }) => recipients.some((each) => each.abroad));
	if (abroad && Number(written) < MIN_EXPIRE_IN_ABROAD) {
		throw new BadSubmission(`expirein must be at least ${MIN_EXPIRE_IN_ABROAD} for numbers abroad`);
	}
	return written;
}

function requireObject(name: string, value: unknown): Record<string, unknown> {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		throw new BadSubmission(`${name} must be a JSON object`);
	}
	return { ...value };
}

function requireText(name: string, value: unknown): string {
	if (value === undefined) throw new BadSubmission(`${name} is missing`);
	if (typeof value !== 'string') throw new BadSubmission(`${name} must be a string`);
	if (value === '') throw new BadSubmission(`${name} is empty`);
	return value;
}

function requireKnownFields(name: string, value: object, known: readonly string[]): void {
	const unknown = Object.keys(value).find((field) => !known.includes(field));
	if (unknown !== undefined) throw new BadSubmission(`${name} has an unknown field: ${unknown}`);
}
