import type { IncomingHttpHeaders } from 'node:http';
import type { KeyStatus } from './settingsSchemas';

export type { WebhookConfig } from './settingsSchemas';

export interface SigningKey {
	key_id: string;
	secret: string;
	status: KeyStatus;
	/** ISO 8601, UTC; so is `updated_at`. */
	created_at: string;
	updated_at: string;
}

/** One request to the webhook settings API. */
export interface SettingsCall {
	method: string;
	/** Below the base of the API, e.g. `/applications/keys`. */
	path: string;
	headers: IncomingHttpHeaders;
	/** The parsed JSON, or the raw text where it is none. */
	body: unknown;
	/** What was answered; null while nothing is, or if the connection was broken. */
	status: number | null;
}

/** One attempt to deliver an event to a webhook URL. */
export interface WebhookDelivery {
	event: 'deliveryReport' | 'inboundSms';
	/** The `id` of the message that is reported on, or the `messageId` of the inbound SMS. */
	id: string;
	url: string;
	headers: Record<string, string>;
	/** The bytes that were signed. */
	body: string;
	attempt: number;
	/** What the webhook answered; null while nothing has come, or if nothing did. */
	status: number | null;
	/** Why nothing was sent or answered. */
	problem?: string;
	/** Not even tried. */
	notSent?: true;
}

/** What became of a message, as its phone shows it. */
export interface PhoneStatus {
	state: 'accepted' | 'delivered' | 'failed';
	words: string;
}

/** The result of the latest attempt to post a report or an inbound SMS to its webhook. */
export interface WebhookStatus {
	taken: boolean;
	words: string;
}

/** A change of a message or an inbound SMS. */
export interface MessageProgress {
	/** The sandbox's own for a message to one recipient; of an inbound SMS its `messageId`. */
	id: string;
	fate?: PhoneStatus;
	posted?: WebhookStatus;
}

/** An SMS that a phone sent to a virtual number. */
export interface InboundSms {
	/** E.164, with +. */
	sender: string;
	/** E.164, with +. */
	recipient: string;
	messageId: string;
	content: string;
	/** ISO 8601, UTC. */
	sentAt: string;
	/** Where KPN delivers it; null if no webhook is configured. */
	webhookUrl: string | null;
	posted?: WebhookStatus;
}

export interface WebhookOptions {
	/**
	 * Whether the app has KPN's webhook products, of which there are two: `configuration` is the one
	 * without that for signing keys. Without a product, its URLs answer 403. Default true.
	 */
	webhookProducts?: boolean | 'configuration';
	/**
	 * Whether a webhook URL may be http on this machine. KPN wants https, but an n8n that is being
	 * tried out has no certificate. Default true.
	 */
	httpOnLoopback?: boolean;
	/** When the attempts to deliver an event are made. Default [0, 600, 1800, 4200], KPN's sped up a hundred times. */
	attemptsAfterMs?: number[];
	/** From a message to the report on it. Default 300. */
	reportAfterMs?: number;
	/** Where inbound SMS go. Default +3197000000000. */
	virtualNumber?: string;
}
