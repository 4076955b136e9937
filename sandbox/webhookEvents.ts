import { randomBytes, randomUUID } from 'node:crypto';
import type { WebhookDeliveries } from './webhookDeliveries';
import { parseInput, inboundSchema, planSchema } from './schemas';
import type { Match, ReportPlan } from './schemas';
import { asE164, readMobileNumber } from './mobileNumber';
import type { Phones } from './phones';
import { phoneStatusOf, NO_WEBHOOK } from './statusTexts';
import type { SandboxRecord } from './record';
import type { WebhookSettings } from './webhookSettings';
import type { AcceptedMessage } from './types';
import type { InboundSms } from './webhookTypes';

interface EventDependencies {
	settings: WebhookSettings;
	deliveries: WebhookDeliveries;
	record: SandboxRecord;
	reportAfterMs: number;
	virtualNumber: string;
	phones: Phones;
}

/** KPN's events: delivery reports and inbound SMS. */
export class WebhookEvents {
	private plans: ReportPlan[] = [];

	constructor(private readonly dependencies: EventDependencies) {
		dependencies.record.subscribe((change) => {
			if (change.event !== 'messages') return;
			for (const [reports, messages] of this.byReports(change.messages)) {
				// Rejected only if deliveries are cancelled.
				this.report(messages, reports).catch(() => {});
			}
		});
	}

	/** @throws TypeError saying in words what is wrong with the plan */
	addPlan(plan: unknown): void {
		this.plans.push(parseInput(planSchema, plan, 'a plan of reports'));
	}

	/** @throws TypeError saying in words what is wrong with the SMS */
	receiveSms(sms: unknown): InboundSms {
		const { settings, deliveries, record, virtualNumber } = this.dependencies;
		const { sender, content, recipient } = parseInput(inboundSchema, sms, 'an inbound SMS');
		const from = readMobileNumber(sender)?.e164;
		if (from === undefined) throw new TypeError(`Not a mobile number: ${sender}`);
		const to = asE164(recipient ?? virtualNumber);
		const inbound: InboundSms = {
			sender: from,
			recipient: to,
			messageId: `${randomBytes(8).toString('hex').toUpperCase()}.${withoutPlus(to)}`,
			content,
			sentAt: new Date().toISOString(),
			webhookUrl: settings.webhookUrl ?? null,
			...(settings.webhookUrl === undefined && { posted: NO_WEBHOOK }),
		};
		record.addInbound(inbound);
		if (inbound.webhookUrl !== null) {
			deliveries.deliver(inbound, inbound.webhookUrl, inboundPayload(inbound)).catch(() => {});
		}
		return inbound;
	}

	reset(): void {
		this.plans = [];
	}

	/** The messages of a call that get the same reports wait together: a call holds up to 200. */
	private byReports(messages: AcceptedMessage[]): Map<ReportPlan['reports'], AcceptedMessage[]> {
		const groups = new Map<ReportPlan['reports'], AcceptedMessage[]>();
		for (const message of messages) {
			const plan = this.plans.findLast(({ match }) => matches(match, message));
			const reports = plan?.reports ?? this.dependencies.phones.reportsFor(message.recipient);
			const group = groups.get(reports) ?? [];
			groups.set(reports, group);
			group.push(message);
		}
		return groups;
	}

	/** The phones know what becomes of messages, also without a webhook. */
	private async report(messages: AcceptedMessage[], reports: ReportPlan['reports']): Promise<void> {
		const { settings, deliveries, reportAfterMs, record } = this.dependencies;
		// As it is when KPN takes the messages.
		const { webhookUrl: registered } = settings;
		for (const { status, errorCode, afterMs = reportAfterMs } of reports) {
			await deliveries.pause(afterMs);
			record.progress(messages, { fate: phoneStatusOf(status, errorCode) });
			const excluded = settings.excludedFields;
			for (const message of messages) {
				const { api, webhookUrl = registered } = message;
				// v1 knows no delivery reports.
				if (api === 'v1' || webhookUrl === undefined) continue;
				const fields = Object.entries(reportPayload(message, status, errorCode));
				const payload = Object.fromEntries(fields.filter(([name]) => !excluded.includes(name)));
				// The next report does not wait until this one is taken.
				deliveries.deliver(message, webhookUrl, payload).catch(() => {});
			}
		}
	}
}

// The names are those that are known of KPN's reports; how they belong together is not published.
function reportPayload(
	{ documentId, recipient, content }: AcceptedMessage,
	status: number,
	errorCode: string | undefined,
): object {
	return {
		DLRID: randomUUID(),
		CustomerId: 'sandbox',
		MessageType: 'sms_dlr',
		RecipientPhonenumber: withoutPlus(recipient),
		Message: content,
		StatusDateTime: Math.floor(Date.now() / 1000),
		document_id: documentId,
		Status: status,
		...(errorCode !== undefined && { ErrorCode: errorCode }),
	};
}

function inboundPayload({ sender, recipient, messageId, content, sentAt }: InboundSms): object {
	return {
		sender: withoutPlus(sender),
		recipient: withoutPlus(recipient),
		message_id: messageId,
		content,
		// KPN writes microseconds, and no mark of the zone.
		timestamp_utc: sentAt.replace('Z', '000'),
		type: 'text/unicode/*',
	};
}

/** As KPN writes a number in an event: without +. */
const withoutPlus = (e164: string) => e164.replace(/^\+/, '');

function matches(match: Match = {}, message: AcceptedMessage): boolean {
	const { content = '', mobileNumber, sender } = match;
	if (sender !== undefined && sender !== message.sender) return false;
	if (mobileNumber !== undefined && asE164(mobileNumber) !== message.recipient) return false;
	return message.content.includes(content);
}
