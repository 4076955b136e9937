import type { IncomingHttpHeaders } from 'node:http';
import type { Fault, InboundRequest, PhoneChange, PhoneState, ReportPlan } from './schemas';
import type { CapacitySettings, CapacityChange } from './capacity';
import type { WebhookSettings } from './webhookSettings';
import type {
	InboundSms,
	MessageProgress,
	SettingsCall,
	WebhookDelivery,
	WebhookOptions,
} from './webhookTypes';

/** Which of KPN's two send APIs a call went to. */
export type SmsApi = 'v1' | 'current';

export interface SandboxOptions extends WebhookOptions {
	/** Default 0: any free port. */
	port?: number;
	/** Default 127.0.0.1. */
	host?: string;
	/** Default 'sandbox-key'. */
	clientId?: string;
	/** Default 'sandbox-secret'. */
	clientSecret?: string;
	/** Default 3599, as KPN's. */
	tokenLifetimeSeconds?: number;
	/** Calls until KPN's gateway answers 429. Default 100000. */
	quotaLimit?: number;
	/** Delay of every send answer, like a network. The messages are taken before it. Default 0. */
	delayMs?: number;
}

/** One request to the token URL. */
export interface TokenCall {
	method: string;
	query: Record<string, string>;
	form: Record<string, string>;
	headers: IncomingHttpHeaders;
	/** What was answered; null while nothing is, or if the connection was broken. */
	status: number | null;
}

/** One request to a send URL, also a refused or a faulted one. */
export interface SendCall {
	api: SmsApi;
	method: string;
	headers: IncomingHttpHeaders;
	/** The parsed JSON, or the raw text where it is none. */
	body: unknown;
	/** What was answered; null while nothing is, or if the connection was broken. */
	status: number | null;
	/** Whether KPN took its messages, whatever it answered. */
	accepted: boolean;
	/** The document id under which the messages were taken. */
	documentId?: string;
	/** Calls in flight when it arrived, itself included. */
	inFlight: number;
	/** The fault that was injected into it. */
	fault?: Fault;
}

/** What this KPN took and would deliver: one entry per message × recipient. */
export interface AcceptedMessage extends MessageProgress {
	documentId: string;
	api: SmsApi;
	sender: string;
	/** E.164, with +. */
	recipient: string;
	content: string;
	/** Into how many SMS the content is split. */
	parts: number;
	encoding: 'GSM-7' | 'UCS-2';
	/** ISO 8601, UTC. */
	receivedAt: string;
	subAccount?: string;
	webhookUrl?: string;
	/** Seconds, a string as KPN has it. */
	expireIn?: string;
}

/** One suggestion of the phone page, of what to try first. */
export interface Suggestion {
	words: string;
	/** Where to do it, if not on the page itself. */
	link?: { words: string; url: string };
}

/** A running stand-in for KPN. The lists are live: they grow as calls come in. */
export interface Sandbox {
	/** The base URL, e.g. http://127.0.0.1:4040. */
	readonly url: string;
	readonly clientId: string;
	readonly clientSecret: string;
	readonly tokenCalls: TokenCall[];
	readonly calls: SendCall[];
	readonly messages: AcceptedMessage[];
	readonly settingsCalls: SettingsCall[];
	/** Every attempt to deliver an event. */
	readonly deliveries: WebhookDelivery[];
	readonly inbound: InboundSms[];
	/** What the phone page suggests; filled in by the program that starts the sandbox. */
	readonly suggestions: Suggestion[];
	/** What is configured; it outlives a reset. */
	readonly settings: WebhookSettings;
	/** Throws a TypeError in words if the fault is not one. */
	inject(fault: Fault): void;
	/** How many calls it takes now, and how fast it answers. */
	readonly capacity: CapacitySettings;
	/** Changes the fields that are given. Throws a TypeError that says what is wrong. */
	setCapacity(change: CapacityChange): Promise<void>;
	/** What KPN reports on messages from now on. Throws a TypeError in words if the plan is not one. */
	planReports(plan: ReportPlan): void;
	/** What a phone is from now on; the others are `on`. Throws a TypeError in words if it cannot be so. */
	switchPhone(phone: PhoneChange): void;
	/** The phones that are not `on`, by number. */
	readonly phoneStates: ReadonlyMap<string, PhoneState>;
	/** A phone sends an SMS to a virtual number. Throws a TypeError in words if it cannot. */
	receiveSms(sms: InboundRequest): InboundSms;
	/** Every token issued so far is from now on answered with 401. */
	expireTokens(): void;
	/** New connections are refused and idle ones closed; calls in flight are still answered. */
	stopListening(): Promise<void>;
	/** Listens on the same port again. */
	resumeListening(): Promise<void>;
	/** Removes the messages of both directions from the phones, and nothing else. */
	clear(): void;
	/** Puts back what the last `clear` has removed. */
	undoClear(): void;
	/** Forgets calls, messages, events still to come, faults, tokens, the rate and the quota used. */
	reset(): void;
	/** Ends at once, also with calls in flight. */
	close(): Promise<void>;
}
