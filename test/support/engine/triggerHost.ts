import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type {
	IDataObject,
	INode,
	INodeExecutionData,
	Workflow,
	WorkflowActivateMode,
} from 'n8n-workflow';

import { leavesBody, TriggerContexts, type N8nProcess } from './triggerContexts';
import { KpnSmsTrigger } from '../../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';
import type { TriggerCredentials } from './triggerCredentials';

/** Where a trigger is that has no server of its own. */
interface Place {
	process: N8nProcess;
	/** Of its n8n. */
	base: string;
	workflowId: string;
}

/**
 * What n8n does around a trigger, with n8n's own contexts and over real HTTP: its server, its
 * database for the static data, publishing and unpublishing. Read in n8n 2.40.7's webhook-helpers,
 * webhook.service, active-workflow-manager and body-parser. What people do with triggers is tested
 * in the real n8n.
 */
export class TriggerHost {
	readonly executions: INodeExecutionData[][] = [];
	published = false;
	/** Set to make n8n fail to start an execution, as it does where its database is away. */
	failToStart = false;
	/** What happens while n8n stores an execution. */
	whileStoring?: () => Promise<void>;
	/** What happens once it has. */
	onStored?: () => void;
	/** What n8n has in its database, as JSON. */
	staticData = '{}';
	/** What a test knows of itself, while somebody listens. */
	test?: string;

	private readonly contexts: TriggerContexts;
	private readonly neighbours: TriggerHost[] = [];
	private server?: Server;

	constructor(node: INode, credentials: TriggerCredentials, place?: Place) {
		const process = place?.process ?? {
			type: new KpnSmsTrigger(),
			alive: true,
			enter: (context) => context,
		};
		const workflowId = place?.workflowId ?? randomUUID();
		this.contexts = new TriggerContexts(node, credentials, workflowId, process, place?.base ?? '');
	}

	get node(): INode {
		return this.contexts.node;
	}

	get workflowId(): string {
		return this.contexts.workflowId;
	}

	/** Makes another process the one that publishes and unpublishes. */
	set process(process: N8nProcess) {
		this.contexts.process = process;
	}

	/** What the node wrote to n8n's log. */
	get log(): string[] {
		return this.contexts.log;
	}

	get url(): string {
		return `${this.contexts.base}/webhook/${this.contexts.path}`;
	}

	get testUrl(): string {
		return `${this.contexts.base}/webhook-test/${this.contexts.path}`;
	}

	async listen(): Promise<void> {
		this.server = createServer((request, response) => void this.answer(request, response));
		await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
		const { port } = this.server.address() as AddressInfo;
		this.contexts.base = `http://127.0.0.1:${port}`;
	}

	async close(): Promise<void> {
		this.server?.closeAllConnections();
		await new Promise((resolve) => this.server?.close(resolve));
	}

	/** Makes this a workflow of another one's n8n. */
	joins(other: TriggerHost): void {
		other.neighbours.push(this);
		this.contexts.base = other.contexts.base;
	}

	/** Another process of n8n, which remembers nothing; the trigger's code in it is `type`. */
	restart2x(type: KpnSmsTrigger): void {
		this.contexts.process = { ...this.contexts.process, type };
	}

	/** Makes n8n's address another one, which its server has as well. */
	moveTo(hostname: string): void {
		this.contexts.base = this.contexts.base.replace(/\/\/[^:]+/, `//${hostname}`);
	}

	/** @param meanwhile what happens before n8n has saved what publishing has written */
	async publish(
		mode: WorkflowActivateMode = 'activate',
		meanwhile?: () => Promise<void>,
	): Promise<void> {
		const workflow = this.load();
		try {
			await this.addWebhook(workflow, mode, false);
		} catch (error) {
			await this.unpublish();
			throw error;
		}
		this.published = true;
		await meanwhile?.();
		this.save(workflow);
	}

	async unpublish(): Promise<boolean> {
		const workflow = this.load();
		this.published = false;
		try {
			return await this.deleteWebhook(workflow, false);
		} finally {
			this.save(workflow);
		}
	}

	/** n8n ends and starts again, as 1.x does it: 2.x asks its triggers nothing at a start. */
	async restart1x(): Promise<void> {
		if (this.published) await this.publish('init');
	}

	/** "Listen for test event"; what comes back ends it. */
	async listenForTest(): Promise<() => Promise<boolean>> {
		const workflow = this.load('{}');
		await this.addWebhook(workflow, 'manual', true);
		this.test = JSON.stringify(workflow.staticData);
		return async () => {
			const ending = this.load(this.test);
			this.test = undefined;
			return await this.deleteWebhook(ending, true);
		};
	}

	private async addWebhook(workflow: Workflow, mode: WorkflowActivateMode, isTest: boolean) {
		const { checkExists, create } = this.contexts.process.type.webhookMethods.default;
		if (await checkExists.call(this.contexts.hook(workflow, mode, isTest))) return;
		await create.call(this.contexts.hook(workflow, mode, isTest));
	}

	private async deleteWebhook(workflow: Workflow, isTest: boolean): Promise<boolean> {
		const methods = this.contexts.process.type.webhookMethods.default;
		return await methods.delete.call(this.contexts.hook(workflow, 'update', isTest));
	}

	private load(staticData = this.staticData): Workflow {
		return this.contexts.workflow(JSON.parse(staticData) as IDataObject);
	}

	private save(workflow: Workflow): void {
		if (workflow.staticData.__dataChanged === true) {
			this.staticData = JSON.stringify(workflow.staticData);
		}
	}

	/** @param process that the request has come to */
	async answer(
		request: IncomingMessage,
		response: ServerResponse,
		process = this.contexts.process,
	): Promise<void> {
		const { contexts } = this;
		const addressed = this.neighbours.find((one) => request.url?.endsWith(one.contexts.path));
		if (addressed) return await addressed.answer(request, response);
		const isTest = request.url === `/webhook-test/${contexts.path}` && this.test !== undefined;
		const send = (status: number, message: string) => {
			response.statusCode = status;
			response.end(JSON.stringify({ message }));
		};
		if (!isTest && (request.url !== `/webhook/${contexts.path}` || !this.published)) {
			return send(404, 'The requested webhook is not registered.');
		}
		const raw = JSON.parse(this.staticData) as IDataObject;
		const workflow = contexts.workflow(raw);
		if (isTest) workflow.setTestStaticData(JSON.parse(this.test ?? '{}') as IDataObject);
		if (!leavesBody(workflow)) return send(422, 'Parsed by n8n');
		const context = contexts.webhook(workflow, request, response, isTest, process);
		const result = await process.type.webhook.call(context);
		if (result.workflowData) {
			await this.whileStoring?.();
			if (!process.alive) return void response.destroy();
			if (this.failToStart) return send(500, 'There was a problem executing the workflow');
			// The execution's workflow is made of the same object, which marks it as unchanged.
			contexts.workflow(raw);
			this.executions.push(...result.workflowData);
			this.onStored?.();
		}
		if (!process.alive) return void response.destroy();
		const message: unknown = result.webhookResponse;
		if (!isTest) this.save(workflow);
		if (result.noWebhookResponse) return;
		response.statusCode = 200;
		response.end(JSON.stringify(message));
	}
}
