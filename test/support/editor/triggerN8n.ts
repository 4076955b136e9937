import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { INode } from 'n8n-workflow';

import { n8nVersion } from '../../../dev/n8n/cache';
import { installThisPackage } from '../../../dev/n8n/communityPackage';
import { installN8n, type N8nInstallation } from '../../../dev/n8n/install';
import { freePort } from '../../../dev/n8n/ports';
import { N8nRest, OWNER } from '../../../dev/n8n/rest';
import { startN8n, type RunningN8n } from '../../../dev/n8n/run';
import {
	activate,
	deactivate,
	type CredentialReference,
	type StoredWorkflow,
} from '../../../dev/n8n/workflows';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { waitUntil } from '../waitUntil';

interface Publication {
	status: string;
	triggers: Array<{ errorMessage: string | null }>;
}

/** The real n8n with the packed package, and a KPN that sends to it. */
export class TriggerN8n {
	readonly rest: N8nRest;

	private constructor(
		readonly sandbox: Sandbox,
		private readonly installation: N8nInstallation,
		private readonly userFolder: string,
		private readonly port: number,
		private running: RunningN8n,
		readonly credential: CredentialReference,
		private readonly shared: boolean,
	) {
		this.rest = new N8nRest(running.url);
	}

	/** @param shared another n8n's KPN, for a second n8n on the same application */
	static async start(shared?: Sandbox): Promise<TriggerN8n> {
		const say = (words: string) => void process.stderr.write(`${words}\n`);
		const installation = await installN8n({ version: n8nVersion(), onStep: say });
		const userFolder = await mkdtemp(join(tmpdir(), 'kpn-sms-trigger-'));
		await installThisPackage(userFolder);
		const sandbox =
			shared ?? (await startSandbox({ reportAfterMs: 50, attemptsAfterMs: [0, 2000, 4000, 8000] }));
		const port = await freePort();
		const running = await startN8n({ installation, userFolder, port });
		const credential = { id: '', name: 'KPN SMS' };
		const n8n = new TriggerN8n(
			sandbox,
			installation,
			userFolder,
			port,
			running,
			credential,
			shared !== undefined,
		);
		await n8n.rest.logIn();
		credential.id = await n8n.addCredential(credential.name, 'kpnSmsOAuth2Api', {
			clientId: sandbox.clientId,
			clientSecret: sandbox.clientSecret,
			smsApi: 'current',
			environment: 'custom',
			baseUrl: sandbox.url,
		});
		return n8n;
	}

	get logFile(): string {
		return this.running.logFile;
	}

	/** A webhook URL of this n8n. */
	webhookUrl(webhookId: string): string {
		return `${this.running.url}/webhook/${webhookId}/webhook`;
	}

	/** The types that n8n has loaded, `nodes` or `credentials`, as its editor gets them. */
	async types<T>(kind: string): Promise<T[]> {
		const login = await fetch(`${this.running.url}/rest/login`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ emailOrLdapLoginId: OWNER.email, password: OWNER.password }),
		});
		const cookie = login.headers.getSetCookie().join('; ');
		const answer = await fetch(`${this.running.url}/types/${kind}.json`, { headers: { cookie } });
		return (await answer.json()) as T[];
	}

	async addCredential(name: string, type: string, data: object): Promise<string> {
		return (await this.rest.post<{ id: string }>('/credentials', { name, type, data })).id;
	}

	/** A workflow of such triggers, each beside the others; of one, if none is described. */
	async addWorkflow(name: string, ...triggers: Array<Partial<INode>>): Promise<StoredWorkflow> {
		return await this.rest.post<StoredWorkflow>('/workflows', {
			name,
			active: false,
			nodes: (triggers.length > 0 ? triggers : [{}]).map((trigger, index) => ({
				id: randomUUID(),
				name: `KPN SMS Trigger ${index}`,
				type: 'n8n-nodes-kpn-sms.kpnSmsTrigger',
				typeVersion: 1,
				position: [0, index * 200],
				webhookId: randomUUID(),
				parameters: {},
				credentials: { kpnSmsOAuth2Api: this.credential },
				...trigger,
			})),
			connections: {},
			settings: { executionOrder: 'v1' },
		});
	}

	/** What n8n says of the publication, once it has come to an end. */
	async publication({ id }: StoredWorkflow): Promise<{ status: string; errors: string[] }> {
		let errors: string[] = [];
		let status = '';
		await waitUntil(async () => {
			const found = await this.rest.get<Publication>(`/workflows/${id}/publication-status`);
			({ status } = found);
			errors = found.triggers.flatMap(({ errorMessage }) => errorMessage ?? []);
			return !['pending', 'in_progress', 'publishing'].includes(status);
		}, 60_000);
		return { status, errors };
	}

	/** Changes the first node, and publishes that. */
	async editAndPublish(workflow: StoredWorkflow, change: Partial<INode>): Promise<StoredWorkflow> {
		const [first, ...others] = workflow.nodes;
		const changed = await this.rest.patch<StoredWorkflow>(`/workflows/${workflow.id}`, {
			versionId: workflow.versionId,
			nodes: [{ ...first, ...change }, ...others],
			connections: {},
		});
		await activate(this.rest, { ...changed, active: false });
		return changed;
	}

	/** “Listen for test event”. Rejects with what the person reads. */
	async listen(workflow: StoredWorkflow): Promise<void> {
		const [first] = workflow.nodes;
		await this.rest.post(`/workflows/${workflow.id}/run`, {
			workflowData: workflow,
			triggerToStartFrom: { name: first?.name },
		});
	}

	async stopListening(workflow: StoredWorkflow): Promise<void> {
		await this.rest.delete(`/test-webhook/${workflow.id}`);
	}

	/** n8n publishes and unpublishes in the background. */
	async publish(workflow: StoredWorkflow): Promise<void> {
		await activate(this.rest, workflow);
		const trigger = workflow.nodes.find(({ type }) => type.endsWith('.kpnSmsTrigger'));
		await this.untilKpnHas(this.webhookUrl(trigger?.webhookId ?? ''));
	}

	async unpublish(workflow: StoredWorkflow): Promise<void> {
		await deactivate(this.rest, workflow);
	}

	async untilKpnHas(webhookUrl: string | undefined): Promise<void> {
		await waitUntil(() => this.sandbox.settings.application?.webhook_url === webhookUrl);
	}

	/** Waits until so many executions have succeeded. */
	async untilExecutions(workflow: StoredWorkflow, count: number): Promise<void> {
		await waitUntil(async () => {
			const found = await this.rest.executionsOf(workflow.id);
			return found.length >= count && found.every(({ status }) => status === 'success');
		});
	}

	async restart(env?: Record<string, string>): Promise<void> {
		const { installation, userFolder, port } = this;
		await this.running.stop();
		this.running = await startN8n({ installation, userFolder, port, env });
		await this.rest.logIn();
	}

	async stop(): Promise<void> {
		await this.running.stop();
		if (!this.shared) await this.sandbox.close();
		await rm(this.userFolder, { recursive: true, force: true });
	}
}
