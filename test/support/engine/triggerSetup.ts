import type { INode } from 'n8n-workflow';

import { sandboxCredential } from '../../../dev/n8n/credentials';
import {
	signedHeaders,
	startSandbox,
	type Sandbox,
	type SandboxOptions,
	type SigningKey,
} from '../../../sandbox';

import { sender } from '../sandbox/client';
import { waitUntil } from '../waitUntil';
import { TriggerCredentials } from './triggerCredentials';
import { TriggerHost } from './triggerHost';

const SECRET = 'a secret of KPN’s signing key';
export const PREVIOUS_SECRET = 'the secret before that one';

export interface TriggerSetup {
	sandbox: Sandbox;
	credentials: TriggerCredentials;
	/** Ids of the two credentials: a process of n8n's remembers keys by these. */
	kpnId: string;
	typedId: string;
	/** An n8n with one workflow, whose trigger is such a node. */
	host(changes?: Partial<INode>): Promise<TriggerHost>;
	/** The same, published. */
	published(changes?: Partial<INode>): Promise<TriggerHost>;
	/** The calls that changed something at KPN. */
	changes(): string[];
	/** Where KPN sends the application's events. */
	configured(): string | undefined;
	untilConfigured(url: string | undefined): Promise<void>;
	/** Sends an SMS by KPN's API, on which KPN then reports. */
	sendSms(): Promise<void>;
	/** Delivers a report as KPN signs it with its active key, or with another; gives the status of the answer. */
	report(host: TriggerHost, payload?: object, key?: SigningKey): Promise<number>;
	close(): Promise<void>;
}

export async function startTriggerSetup(options: SandboxOptions = {}): Promise<TriggerSetup> {
	const sandbox = await startSandbox({
		attemptsAfterMs: [0, 40, 80, 120],
		reportAfterMs: 0,
		...options,
	});
	const credentials = new TriggerCredentials();
	setups++;
	const [kpnId, typedId] = [`kpn ${setups}`, `typed ${setups}`];
	credentials.set(kpnId, sandboxCredential(sandbox));
	credentials.set(typedId, { secret: SECRET, previousSecret: PREVIOUS_SECRET });
	const hosts: TriggerHost[] = [];
	const newHost = async (changes?: Partial<INode>) => {
		const chosen = {
			kpnSmsOAuth2Api: { id: kpnId, name: 'KPN' },
			kpnSmsWebhookApi: { id: typedId, name: 'Typed' },
		};
		const host = new TriggerHost(triggerNode({ credentials: chosen, ...changes }), credentials);
		hosts.push(host);
		await host.listen();
		return host;
	};
	const configured = () => sandbox.settings.application?.webhook_url;
	return {
		sandbox,
		credentials,
		kpnId,
		typedId,
		configured,
		untilConfigured: async (url) => await waitUntil(() => configured() === url),
		sendSms: async () => {
			const send = await sender(sandbox);
			const messages = [{ content: 'Hello', mobile_number: '+31612345670' }];
			expect((await send({ messages })).status).toBe(200);
		},
		host: newHost,
		published: async (changes) => {
			const host = await newHost(changes);
			await host.publish();
			return host;
		},
		changes: () =>
			sandbox.settingsCalls
				.filter(({ method }) => method !== 'GET')
				.map(({ method, path }) => `${method} ${path}`),
		report: async (host, payload = REPORT, key = sandbox.settings.activeKey) => {
			const body = JSON.stringify(payload);
			return (await post(host.url, body, signed(body, { keyId: key?.key_id, secret: key?.secret })))
				.status;
		},
		close: async () => {
			await sandbox.close();
			await Promise.all(hosts.map(async (host) => await host.close()));
		},
	};
}

export type TriggerTest = (setup: TriggerSetup, sandbox: Sandbox) => Promise<void>;

/** With an n8n and a KPN of its own, so that several can run at the same time. */
export async function withTriggerSetup(body: TriggerTest, options?: SandboxOptions): Promise<void> {
	const setup = await startTriggerSetup(options);
	try {
		await body(setup, setup.sandbox);
	} finally {
		await setup.close();
	}
}

/** Most of the time is spent waiting, so several run at the same time. */
export const act = (promise: string, body: TriggerTest, options?: SandboxOptions) =>
	test.concurrent(promise, async () => await withTriggerSetup(body, options));

/** Where somebody else's webhook is at KPN. */
export const actOnTheirs = (promise: string, body: TriggerTest) =>
	act(promise, async (setup, sandbox) => {
		sandbox.settings.application = { webhook_url: ELSEWHERE, privacy_config };
		sandbox.settings.addKey({ secret: 'theirs' });
		await body(setup, sandbox);
	});

/** What others have set at KPN. */
export const ELSEWHERE = 'https://elsewhere.example.com/kpn';
export const TEAM = 'https://team.example.com/kpn';
export const privacy_config = {
	excluded_fields: { sms_dlr: ['Message'], other_service: ['Name'] },
};

/** A node that takes their place. */
export const takeOver = { parameters: { additionalOptions: { takeOver: true } } };

let setups = 0;
let nodes = 0;

export function triggerNode({ parameters, ...changes }: Partial<INode> = {}): INode {
	nodes++;
	return {
		id: `trigger-${nodes}`,
		name: 'KPN SMS Trigger',
		type: 'n8n-nodes-kpn-sms.kpnSmsTrigger',
		typeVersion: 1,
		position: [0, 0],
		webhookId: `0f4f1a52-3b5e-4a57-9c55-${String(nodes).padStart(12, '0')}`,
		...changes,
		parameters: { registration: 'automatic', ...parameters },
	};
}

/** A delivery report as KPN sends it, as far as that is known. */
export const REPORT = {
	DLRID: 'd1',
	RecipientPhonenumber: '31612345670',
	StatusDateTime: 1714487862,
	document_id: '6f7a9f0a-0000-4000-8000-000000000000',
	Status: 1,
};

interface Signing {
	secret?: string;
	keyId?: string;
	/** Seconds that the timestamp is before now. */
	age?: number;
	attempt?: number;
}

/** The headers with which KPN sends a body. */
export function signed(body: string | Buffer, signing: Signing = {}): Record<string, string> {
	const { secret = SECRET, keyId = 'wk_typed', age = 0, attempt } = signing;
	const timestamp = Math.floor(Date.now() / 1000) - age;
	return signedHeaders(body, { secret, keyId, attempt, timestamp });
}

export async function post(
	url: string,
	body: string | Buffer,
	headers: Record<string, string> | Array<[string, string]>,
): Promise<{ status: number; json: unknown }> {
	const answer = await fetch(url, { method: 'POST', body, headers });
	const text = await answer.text();
	return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) };
}
