import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { n8nVersion } from '../../dev/n8n/cache';
import { installThisPackage } from '../../dev/n8n/community-package';
import { installN8n, type N8nInstallation } from '../../dev/n8n/install';
import { freePort } from '../../dev/n8n/ports';
import { N8nRest, OWNER } from '../../dev/n8n/rest';
import { startN8n, type RunningN8n } from '../../dev/n8n/run';
import {
	activate,
	deactivate,
	type CredentialReference,
	type StoredWorkflow,
} from '../../dev/n8n/workflows';
import { startSandbox, type Sandbox } from '../../sandbox';
import { until } from '../until';

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
	) {
		this.rest = new N8nRest(running.url);
	}

	static async start(): Promise<TriggerN8n> {
		const say = (words: string) => void process.stderr.write(`${words}\n`);
		const installation = await installN8n({ version: n8nVersion(), say });
		const userFolder = await mkdtemp(join(tmpdir(), 'kpn-sms-trigger-'));
		await installThisPackage(userFolder);
		const sandbox = await startSandbox({
			reportAfterMs: 50,
			attemptsAfterMs: [0, 2000, 4000, 8000],
		});
		const port = await freePort();
		const running = await startN8n({ installation, userFolder, port });
		const credential = { id: '', name: 'KPN SMS' };
		const n8n = new TriggerN8n(sandbox, installation, userFolder, port, running, credential);
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
		await until(() => this.sandbox.settings.application?.webhook_url === webhookUrl);
	}

	/** Waits until so many executions have succeeded. */
	async untilExecutions(workflow: StoredWorkflow, count: number): Promise<void> {
		await until(async () => {
			const found = await this.rest.executionsOf(workflow.id);
			return found.length >= count && found.every(({ status }) => status === 'success');
		});
	}

	async restart(): Promise<void> {
		const { installation, userFolder, port } = this;
		await this.running.stop();
		this.running = await startN8n({ installation, userFolder, port });
		await this.rest.logIn();
	}

	async stop(): Promise<void> {
		await this.running.stop();
		await this.sandbox.close();
		await rm(this.userFolder, { recursive: true, force: true });
	}
}
