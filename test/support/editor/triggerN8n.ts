import { randomUUID } from 'node:crypto';
import type { INode } from 'n8n-workflow';

import { addSandboxCredential, type CredentialReference } from '../../../dev/n8n/credentials';
import { PackedN8n } from '../../../dev/n8n/packedN8n';
import type { N8nRest } from '../../../dev/n8n/rest';
import { activate, deactivate, type StoredWorkflow } from '../../../dev/n8n/workflows';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { waitUntil } from '../waitUntil';

interface Publication {
	status: string;
	triggers: Array<{ errorMessage: string | null }>;
}

/** The real n8n with the packed package, and a KPN that sends to it. */
export class TriggerN8n {
	private constructor(
		readonly sandbox: Sandbox,
		readonly packed: PackedN8n,
		readonly credential: CredentialReference,
	) {}

	static async start(): Promise<TriggerN8n> {
		const n8n = await PackedN8n.start();
		const sandbox = await startKpn();
		return new TriggerN8n(sandbox, n8n, await addSandboxCredential(n8n.rest, sandbox));
	}

	/** The same n8n with a KPN, and an application, of its own. */
	async withOwnKpn(): Promise<TriggerN8n> {
		const sandbox = await startKpn();
		return new TriggerN8n(sandbox, this.packed, await addSandboxCredential(this.rest, sandbox));
	}

	/** A second n8n on the same application. */
	async startSecond(): Promise<TriggerN8n> {
		const second = await PackedN8n.start();
		return new TriggerN8n(
			this.sandbox,
			second,
			await addSandboxCredential(second.rest, this.sandbox),
		);
	}

	get rest(): N8nRest {
		return this.packed.rest;
	}

	get logFile(): string {
		return this.packed.logFile;
	}

	/** A webhook URL of this n8n. */
	webhookUrl(webhookId: string): string {
		return `${this.packed.url}/webhook/${webhookId}/webhook`;
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
		await this.packed.restart('stop', env);
	}

	/** Ends n8n, and KPN. */
	async stop(): Promise<void> {
		await this.packed.remove();
		await this.sandbox.close();
	}
}

const startKpn = async () =>
	await startSandbox({ reportAfterMs: 50, attemptsAfterMs: [0, 2000, 4000, 8000] });
