import { createHmac } from 'node:crypto';

import type { INode } from 'n8n-workflow';

import { startSandbox, type Sandbox, type SandboxOptions, type SigningKey } from '../../../sandbox';

import { TriggerCredentials } from './triggerCredentials';
import { TriggerHost } from './triggerHost';

const SECRET = 'a secret of KPN’s signing key';
export const PREVIOUS_SECRET = 'the secret before that one';

export interface TriggerSetup {
	sandbox: Sandbox;
	credentials: TriggerCredentials;
	/** An n8n with one workflow, whose trigger is such a node. */
	host(changes?: Partial<INode>): Promise<TriggerHost>;
	/** The same, published. */
	published(changes?: Partial<INode>): Promise<TriggerHost>;
	/** The calls that changed something at KPN. */
	changes(): string[];
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
	credentials.set('kpn', {
		clientId: sandbox.clientId,
		clientSecret: sandbox.clientSecret,
		smsApi: 'current',
		environment: 'custom',
		baseUrl: sandbox.url,
	});
	credentials.set('typed', { secret: SECRET, previousSecret: PREVIOUS_SECRET });
	const hosts: TriggerHost[] = [];
	const newHost = async (changes?: Partial<INode>) => {
		const host = new TriggerHost(triggerNode(changes), credentials);
		hosts.push(host);
		await host.listen();
		return host;
	};
	return {
		sandbox,
		credentials,
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
		credentials: {
			kpnSmsOAuth2Api: { id: 'kpn', name: 'KPN' },
			kpnSmsWebhookApi: { id: 'typed', name: 'Typed' },
		},
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
	const { secret = SECRET, keyId = 'wk_typed', age = 0, attempt = 1 } = signing;
	return {
		'content-type': 'application/json',
		'x-kpn-webhook-signature': createHmac('sha256', secret).update(body).digest('hex'),
		'x-kpn-webhook-timestamp': String(Math.floor(Date.now() / 1000) - age),
		'x-kpn-webhook-key-id': keyId,
		'x-kpn-webhook-attempt': String(attempt),
	};
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
