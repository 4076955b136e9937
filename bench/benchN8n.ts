import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { INode } from 'n8n-workflow';

import { DEFAULT_N8N_VERSION } from '../dev/n8n/cache';
import { addCredential, sandboxCredential } from '../dev/n8n/credentials';
import { PackedN8n } from '../dev/n8n/packedN8n';
import { postJson } from '../dev/n8n/rest';
import { activate, type StoredWorkflow } from '../dev/n8n/workflows';
import { CREDENTIAL_TYPE, TOKEN_PATH, type SmsApi } from '../nodes/shared/kpnApi';
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
	/** Webhook path of each contender's workflow. */
	private readonly paths = new Map<string, string>();
	contenders: Contender[] = [];

	private constructor(private readonly n8n: PackedN8n) {}

	/** With the workflows of all contenders. */
	static async start(kpn: string): Promise<BenchN8n> {
		const n8n = await BenchN8n.startEmpty();
		n8n.contenders = contenders(kpn, await n8n.addCredentials(kpn));
		for (const contender of n8n.contenders) await n8n.addContender(contender);
		return n8n;
	}

	/** @param env settings of this n8n */
	static async startEmpty(env: Record<string, string> = {}): Promise<BenchN8n> {
		const ownNodes = path.join(__dirname, 'nodes');
		const options = { NODE_OPTIONS: '--expose-gc', ...env };
		return new BenchN8n(
			await PackedN8n.start({ version: DEFAULT_N8N_VERSION, ownNodes, env: options }),
		);
	}

	get url(): string {
		return this.n8n.url;
	}

	get pid(): number {
		return this.n8n.pid;
	}

	get userFolder(): string {
		return this.n8n.userFolder;
	}

	contender(name: string): Contender {
		const found = this.contenders.find((one) => one.name === name);
		if (!found) throw new Error(`There is no contender ${name}`);
		return found;
	}

	/** For an n8n that was taken down, or that still works on what nobody waits for any more. */
	async restart(): Promise<void> {
		await this.n8n.restart('kill');
	}

	async stop(): Promise<void> {
		await this.n8n.remove();
	}

	/** Sends so many items through a contender's workflow. Rejects if it takes longer. */
	async measure(
		contender: Contender,
		count: number,
		withinMs: number,
		triesLeft = 6,
	): Promise<Reading> {
		const webhook = `${this.url}/webhook/${this.paths.get(contender.name)}`;
		const signal = AbortSignal.timeout(withinMs);
		const response = await postJson(webhook, { count }, { signal });
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

	private async addCredentials(url: string): Promise<Credentials> {
		return {
			oAuth2Api: await this.addCredential('oAuth2Api', {
				...KEY,
				grantType: 'clientCredentials',
				accessTokenUrl: `${url}${TOKEN_PATH}`,
				authentication: 'body',
				scope: '',
			}),
			[CREDENTIAL_TYPE]: await this.addKpnCredential(url),
		};
	}

	/** @returns its id; its name is its type's */
	async addCredential(type: string, data: object): Promise<string> {
		return (await addCredential(this.n8n.rest, type, type, data)).id;
	}

	async addKpnCredential(url: string, smsApi?: SmsApi): Promise<string> {
		return await this.addCredential(CREDENTIAL_TYPE, sandboxCredential({ ...KEY, url }, smsApi));
	}

	/** A contender that sends to a KPN and with options of its own. */
	async addVariant(
		contender: Contender,
		name: string,
		{ baseUrl, smsApi }: { baseUrl: string; smsApi: SmsApi },
		options: Record<string, number> = {},
	): Promise<Contender> {
		const { node } = contender;
		if (!node) throw new Error(`${contender.name} is not in n8n`);
		const id = await this.addKpnCredential(baseUrl, smsApi);
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
		const { rest } = this.n8n;
		await activate(
			rest,
			await rest.post<StoredWorkflow>('/workflows', {
				name,
				active: false,
				nodes,
				connections,
				settings,
			}),
		);
	}
}
