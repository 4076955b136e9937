import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { INode } from 'n8n-workflow';

import { installThisPackage } from '../dev/n8n/communityPackage';
import type { N8nInstallation } from '../dev/n8n/install';
import { buildOwnNodes } from '../dev/n8n/ownNodes';
import { freePort } from '../dev/n8n/ports';
import { N8nRest } from '../dev/n8n/rest';
import { startN8n, type RunningN8n } from '../dev/n8n/run';
import { activate, type StoredWorkflow } from '../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../nodes/shared/kpnApi';
import { contenders, type Contender, type Credentials } from './contenders';

/** What n8n's process spent on one node of a workflow. */
export interface Reading {
	wallMs: number;
	cpuMs: number;
	/** How much the process grew over what it had, at its peak. */
	grownMB?: number;
	peakMB?: number;
	/** The longest pause of the event loop. */
	pauseMs?: number;
	/** Items that came out. */
	items?: number;
	failed?: number;
	/** Of what KPN SMS says of its messages. */
	accepted?: number;
	unknown?: number;
}

const KEY = { clientId: 'sandbox-key', clientSecret: 'sandbox-secret' };

type NodeOf = Pick<INode, 'name' | 'type'> & Partial<INode>;

/** The real n8n with the packed package, the bench's own nodes, and a workflow for each contender. */
export class BenchN8n {
	private running!: RunningN8n;
	private rest!: N8nRest;
	/** Webhook path of each contender's workflow. */
	private readonly paths = new Map<string, string>();
	contenders: Contender[] = [];

	private constructor(
		private readonly installation: N8nInstallation,
		readonly userFolder: string,
		private readonly port: number,
		private readonly kpn: string,
		private readonly env: Record<string, string>,
	) {}

	/** @param options settings of this n8n, and whether it has the contenders' workflows */
	static async start(
		installation: N8nInstallation,
		kpn: string,
		options: { env?: Record<string, string>; contenders?: boolean } = {},
	): Promise<BenchN8n> {
		const userFolder = await mkdtemp(path.join(tmpdir(), 'kpn-sms-bench-'));
		await installThisPackage(userFolder);
		const nodes = path.join(userFolder, 'bench-nodes');
		const env = await buildOwnNodes(path.join(__dirname, 'nodes'), nodes, installation);
		const n8n = new BenchN8n(installation, userFolder, await freePort(), kpn, {
			...env,
			...options.env,
		});
		await n8n.begin();
		if (options.contenders === false) return n8n;
		const credentials = await n8n.addCredentials();
		n8n.contenders = contenders(kpn, credentials);
		for (const contender of n8n.contenders) await n8n.addContender(contender);
		return n8n;
	}

	get url(): string {
		return this.running.url;
	}

	get pid(): number {
		return this.running.pid;
	}

	private async begin(): Promise<void> {
		this.running = await startN8n({
			installation: this.installation,
			userFolder: this.userFolder,
			port: this.port,
			env: {
				...this.env,
				NODE_OPTIONS: `--expose-gc --require ${path.join(__dirname, 'twilioOnLoopback.cjs')}`,
				BENCH_KPN: this.kpn,
				...this.env,
			},
		});
		this.rest = new N8nRest(this.running.url);
		await this.rest.logIn();
	}

	/** For an n8n that was taken down, or that still works on what nobody waits for any more. */
	async restart(): Promise<void> {
		await this.running.kill();
		await this.begin();
	}

	async stop(): Promise<void> {
		await this.running.stop();
		await rm(this.userFolder, { recursive: true, force: true });
	}

	/** Sends so many items through a contender's workflow. Rejects if it takes longer. */
	async measure(
		contender: Contender,
		count: number,
		withinMs: number,
		triesLeft = 6,
	): Promise<Reading> {
		const webhook = `${this.url}/webhook/${this.paths.get(contender.name)}`;
		const body = JSON.stringify({ count });
		const response = await post(webhook, body, { signal: AbortSignal.timeout(withinMs) });
		const text = await response.text();
		if (response.status === 503 && triesLeft > 0) {
			// n8n was too busy to look after its database, and does so in some seconds.
			await delay(5000);
			return await this.measure(contender, count, withinMs, triesLeft - 1);
		}
		if (!response.ok) {
			const { message } = JSON.parse(text) as { message?: string };
			throw new Error(`n8n answered ${response.status}: ${message}`);
		}
		return JSON.parse(text) as Reading;
	}

	private async addCredentials(): Promise<Credentials> {
		const data = {
			oAuth2Api: {
				...KEY,
				grantType: 'clientCredentials',
				accessTokenUrl: `${this.kpn}/oauth/client_credential/accesstoken`,
				authentication: 'body',
				scope: '',
			},
			twilioApi: { authType: 'authToken', accountSid: 'AC0', authToken: 'token' },
			[CREDENTIAL_TYPE]: {
				...KEY,
				smsApi: 'current',
				environment: 'custom',
				baseUrl: this.kpn,
			},
		};
		const ids = await Promise.all(
			Object.entries(data).map(async ([type, values]) => {
				return [type, await this.addCredential(type, values)];
			}),
		);
		return Object.fromEntries(ids) as Credentials;
	}

	/** @returns its id; its name is its type's */
	async addCredential(type: string, data: object): Promise<string> {
		return (await this.rest.post<{ id: string }>('/credentials', { name: type, type, data })).id;
	}

	/** A contender that sends to a KPN and with options of its own. */
	async addVariant(
		contender: Contender,
		name: string,
		kpn: { baseUrl: string; smsApi: string },
		options: Record<string, number> = {},
	): Promise<Contender> {
		const { node } = contender;
		if (!node) throw new Error(`${contender.name} is not in n8n`);
		const id = await this.addCredential(CREDENTIAL_TYPE, {
			...KEY,
			environment: 'custom',
			...kpn,
		});
		const variant = {
			...contender,
			name,
			node: {
				...node,
				parameters: { ...node.parameters, options },
				credentials: { [CREDENTIAL_TYPE]: { id, name: CREDENTIAL_TYPE } },
			},
		};
		await this.addContender(variant);
		return variant;
	}

	private async addContender({ name, node }: Contender): Promise<void> {
		if (!node) return;
		const items = { count: '={{ $json.body.count }}' };
		const webhook = await this.addWorkflow(name, [
			{ name: 'Items', type: 'CUSTOM.items', parameters: items },
			{ name: 'Start', type: 'CUSTOM.meter', parameters: { mark: 'start' } },
			{ name: 'Contender', ...node },
			{ name: 'Stop', type: 'CUSTOM.meter', parameters: { mark: 'stop' } },
		]);
		this.paths.set(name, webhook);
	}

	/** A workflow of a webhook and these nodes in a line, of which n8n keeps no execution. */
	async addWorkflow(name: string, nodes: NodeOf[]): Promise<string> {
		const webhook = name.replace(/\W+/g, '-').toLowerCase();
		const first: NodeOf = {
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			webhookId: webhook,
			parameters: { httpMethod: 'POST', path: webhook, responseMode: 'lastNode', options: {} },
		};
		await this.add(name, [first, ...nodes]);
		return webhook;
	}

	async add(name: string, line: NodeOf[]): Promise<void> {
		const nodes = line.map((node, index) => ({
			id: String(index),
			typeVersion: 1,
			position: [index * 224, 0],
			parameters: {},
			...node,
		}));
		const connections = Object.fromEntries(
			nodes
				.slice(1)
				.map(({ name: to }, index) => [
					nodes[index]?.name,
					{ main: [[{ node: to, type: 'main', index: 0 }]] },
				]),
		);
		const settings = {
			executionOrder: 'v1',
			saveDataSuccessExecution: 'none',
			saveDataErrorExecution: 'none',
			saveExecutionProgress: false,
		};
		await activate(
			this.rest,
			await this.rest.post<StoredWorkflow>('/workflows', {
				name,
				active: false,
				nodes,
				connections,
				settings,
			}),
		);
	}
}

/** Posts JSON to a webhook, which answers a moment after its workflow was activated. */
export async function post(url: string, body: string, init: RequestInit = {}): Promise<Response> {
	const headers = { 'content-type': 'application/json', ...init.headers };
	for (let attempt = 1; ; attempt++) {
		const response = await fetch(url, { ...init, method: 'POST', headers, body });
		if (response.status !== 404 || attempt === 60) return response;
		await delay(500);
	}
}
