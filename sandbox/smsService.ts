import { randomUUID } from 'node:crypto';
import { SegmentedMessage } from 'sms-segments-calculator';
import { invalidToken, jsonResponse, quotaViolation, errorResponse } from './responses';
import type { HttpResponse } from './responses';
import { problemOf, submissionSchemas } from './submission';
import type { Submission } from './submission';
import type { Tokens } from './tokens';
import type { AcceptedMessage, SendCall, SmsApi } from './types';

const API_VERSION: Record<SmsApi, string> = { v1: '1', current: '1.0.6' };

/** What KPN makes of a call: a refusal, or the messages it can take. */
export type CallResult =
	{ refused: HttpResponse } | { documentId: string; messages: AcceptedMessage[] };

/** KPN behind its gateway: what it takes, and what it answers when nothing goes wrong. */
export class SmsService {
	private quotaUsed = 0;

	private readonly schemas: ReturnType<typeof submissionSchemas>;

	constructor(
		private readonly tokens: Tokens,
		private readonly quotaLimit: number,
		httpOnLoopback: boolean,
	) {
		this.schemas = submissionSchemas(httpOnLoopback);
	}

	/** Judges a call in the gateway's order: method, token, body, quota. Takes nothing yet. */
	check({ api, method, headers, body }: SendCall): CallResult {
		if (method !== 'POST') {
			return { refused: errorResponse(405, 'Method not allowed', { allow: 'POST' }) };
		}
		if (!this.tokens.accepts(headers.authorization)) return { refused: invalidToken() };
		if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
			return { refused: errorResponse(400, 'The content type must be application/json') };
		}
		const submission = this.schemas[api].safeParse(body);
		if (!submission.success) return { refused: errorResponse(400, problemOf(submission.error)) };
		const subAccount = api === 'current' ? headers.subaccount : undefined;
		return this.checkQuota(api, submission.data, subAccount?.toString());
	}

	/** Counts a call as taken: KPN's quota is one of calls, however many messages are in each. */
	countCall(): void {
		this.quotaUsed++;
	}

	/** KPN's answer to a call it took. */
	success(api: SmsApi, documentId: string): HttpResponse {
		return jsonResponse(
			200,
			{ document_id: documentId, status: 'OK' },
			{ ...this.quotaHeaders(), 'api-version': API_VERSION[api], sunset: 'n/a' },
		);
	}

	reset(): void {
		this.quotaUsed = 0;
	}

	private checkQuota(api: SmsApi, submission: Submission, subAccount?: string): CallResult {
		const documentId = randomUUID();
		const messages = acceptedMessages(submission, { api, documentId, subAccount });
		if (this.quotaUsed >= this.quotaLimit) {
			return { refused: quotaViolation(this.quotaHeaders()) };
		}
		return { documentId, messages };
	}

	// KPN publishes the names of these headers only. The interval is made up; the time is in
	// milliseconds because the gateway, Apigee, counts its quotas so.
	private quotaHeaders(): Record<string, string> {
		const now = new Date();
		return {
			'quota-limit': String(this.quotaLimit),
			'quota-used': String(this.quotaUsed),
			'quota-interval': '1',
			'quota-time-unit': 'month',
			'quota-reset-UTC': String(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)),
		};
	}
}

function acceptedMessages(
	{ sender, messages, webhook_url: webhookUrl, expirein: expireIn }: Submission,
	call: { api: SmsApi; documentId: string; subAccount: string | undefined },
): AcceptedMessage[] {
	const { subAccount, ...ids } = call;
	const receivedAt = new Date().toISOString();
	let count = 0;
	return messages.flatMap(({ content, mobile_number }) => {
		const { segmentsCount, encodingName } = new SegmentedMessage(content);
		return mobile_number.map(({ e164 }) => ({
			id: `${call.documentId}.${count++}`,
			...ids,
			sender,
			recipient: e164,
			content,
			parts: segmentsCount,
			encoding: encodingName,
			receivedAt,
			...(subAccount !== undefined && { subAccount }),
			...(webhookUrl !== undefined && { webhookUrl }),
			...(expireIn !== undefined && { expireIn }),
		}));
	});
}
