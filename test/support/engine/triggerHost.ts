import '../../../dev/engineHome';

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { HookContext, WebhookContext } from 'n8n-core';
import {
	Workflow,
	type IDataObject,
	type IHookFunctions,
	type INode,
	type INodeExecutionData,
	type IWebhookData,
	type IWebhookFunctions,
	type IWorkflowExecuteAdditionalData,
	type WorkflowActivateMode,
} from 'n8n-workflow';

import { KpnSmsTrigger } from '../../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';
import { asExpress, withExpressWords } from './triggerExpress';
import type { TriggerCredentials } from './triggerCredentials';

/** A process of n8n's, as far as a trigger notices. */
export interface N8nProcess {
	/** The trigger's code, with what it remembers in this process. */
	type: KpnSmsTrigger;
	/** Whether it has not been killed: then it neither saves nor answers any more. */
	alive: boolean;
	/** What n8n hands to the trigger, as this process does. */
	enter<T extends IHookFunctions | IWebhookFunctions>(context: T): T;
}

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
	/** What the node wrote to n8n's log. */
	readonly log: string[] = [];
	published = false;
	/** Set to make n8n fail to start an execution, as it does where its database is away. */
	failToStart = false;
	/** What happens while n8n stores an execution. */
	whileStoring?: () => Promise<void>;
	/** What happens once it has. */
	onStored?: () => void;
	/** What n8n has in its database, as JSON. */
	staticData = '{}';

	/** That publishes and unpublishes. */
	process: N8nProcess;
	readonly workflowId: string;
	private readonly neighbours: TriggerHost[] = [];
	private server?: Server;
	private base: string;

	constructor(
		readonly node: INode,
		private readonly credentials: TriggerCredentials,
		place?: Place,
	) {
		this.process = place?.process ?? {
			type: new KpnSmsTrigger(),
			alive: true,
			enter: (context) => context,
		};
		this.workflowId = place?.workflowId ?? randomUUID();
		this.base = place?.base ?? '';
	}

	async listen(): Promise<void> {
		this.server = createServer((request, response) => void this.answer(request, response));
		await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
		const { port } = this.server.address() as AddressInfo;
		this.base = `http://127.0.0.1:${port}`;
	}

	async close(): Promise<void> {
		this.server?.closeAllConnections();
		await new Promise((resolve) => this.server?.close(resolve));
	}

	/** Makes this a workflow of another one's n8n. */
	joins(other: TriggerHost): void {
		other.neighbours.push(this);
		this.base = other.base;
	}

	/** Another process of n8n, which remembers nothing; the trigger's code in it is `type`. */
	restart2x(type: KpnSmsTrigger): void {
		this.process = { ...this.process, type };
	}

	/** Makes n8n's address another one, which its server has as well. */
	moveTo(hostname: string): void {
		this.base = this.base.replace(/\/\/[^:]+/, `//${hostname}`);
	}

	get url(): string {
		return `${this.base}/webhook/${this.path}`;
	}

	get testUrl(): string {
		return `${this.base}/webhook-test/${this.path}`;
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
			const { type } = this.process;
			return await type.webhookMethods.default.delete.call(this.hook(workflow, 'update', false));
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
			const { type } = this.process;
			return await type.webhookMethods.default.delete.call(this.hook(ending, 'update', true));
		};
	}

	/** What a test knows of itself, while somebody listens. */
	test?: string;

	private get path(): string {
		return `${this.node.webhookId}/webhook`;
	}

	private async addWebhook(workflow: Workflow, mode: WorkflowActivateMode, isTest: boolean) {
		const { checkExists, create } = this.process.type.webhookMethods.default;
		if (await checkExists.call(this.hook(workflow, mode, isTest))) return;
		await create.call(this.hook(workflow, mode, isTest));
	}

	private load(staticData = this.staticData): Workflow {
		return this.workflowOf(JSON.parse(staticData) as IDataObject);
	}

	private workflowOf(staticData: IDataObject): Workflow {
		return new Workflow({
			id: this.workflowId,
			name: 'Reports',
			nodes: [structuredClone(this.node)],
			connections: {},
			active: true,
			nodeTypes: {
				getByName: () => this.process.type,
				getByNameAndVersion: () => this.process.type,
				getKnownTypes: () => ({}),
			},
			staticData,
		});
	}

	private save(workflow: Workflow): void {
		if (workflow.staticData.__dataChanged === true) {
			this.staticData = JSON.stringify(workflow.staticData);
		}
	}

	private webhookData(workflow: Workflow, isTest: boolean, method = 'POST'): IWebhookData {
		const webhookDescription = this.process.type.description.webhooks?.find(({ httpMethod }) =>
			httpMethod.split(',').includes(method),
		);
		if (!webhookDescription) throw new Error(`No webhook for ${method}`);
		return {
			httpMethod: 'POST',
			node: this.node.name,
			path: this.path,
			webhookDescription,
			workflowId: workflow.id,
			workflowExecuteAdditionalData: this.additionalData(),
			isTest,
		};
	}

	private hook(workflow: Workflow, activation: WorkflowActivateMode, isTest: boolean) {
		const context = new HookContext(
			workflow,
			nodeOf(workflow),
			this.additionalData(),
			isTest ? 'manual' : 'trigger',
			activation,
			this.webhookData(workflow, isTest),
		);
		return this.process.enter(this.withLog(context));
	}

	private additionalData(): IWorkflowExecuteAdditionalData {
		return {
			credentialsHelper: this.credentials,
			variables: {},
			webhookBaseUrl: `${this.base}/webhook`,
			webhookTestBaseUrl: `${this.base}/webhook-test`,
		} as unknown as IWorkflowExecuteAdditionalData;
	}

	private withLog<T extends object>(context: T): T {
		const write = (line: string) => void this.log.push(line);
		const logger = { error: write, warn: write, info: write, debug: () => {} };
		return Object.defineProperty(context, 'logger', { value: logger });
	}

	/** @param process that the request has come to */
	async answer(
		request: IncomingMessage,
		response: ServerResponse,
		process = this.process,
	): Promise<void> {
		const addressed = this.neighbours.find(({ path }) => request.url?.endsWith(path));
		if (addressed) return await addressed.answer(request, response);
		const isTest = request.url === `/webhook-test/${this.path}` && this.test !== undefined;
		const send = (status: number, message: string) => {
			response.statusCode = status;
			response.end(JSON.stringify({ message }));
		};
		if (!isTest && (request.url !== `/webhook/${this.path}` || !this.published)) {
			return send(404, 'The requested webhook is not registered.');
		}
		const raw = JSON.parse(this.staticData) as IDataObject;
		const workflow = this.workflowOf(raw);
		if (isTest) workflow.setTestStaticData(JSON.parse(this.test ?? '{}') as IDataObject);
		const webhookData = this.webhookData(workflow, isTest, request.method);
		const express = { req: asExpress(request), res: withExpressWords(response) };
		if (!leavesBody(workflow)) return send(422, 'Parsed by n8n');
		const context = new WebhookContext(
			workflow,
			nodeOf(workflow),
			{
				...this.additionalData(),
				httpRequest: express.req,
				httpResponse: express.res,
			} as unknown as IWorkflowExecuteAdditionalData,
			isTest ? 'manual' : 'webhook',
			webhookData,
			[],
			null,
		);
		const result = await process.type.webhook.call(process.enter(this.withLog(context)));
		if (result.workflowData) {
			await this.whileStoring?.();
			if (!process.alive) return void response.destroy();
			if (this.failToStart) return send(500, 'There was a problem executing the workflow');
			// The execution's workflow is made of the same object, which marks it as unchanged.
			this.workflowOf(raw);
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

function nodeOf(workflow: Workflow): INode {
	const [node] = Object.values(workflow.nodes);
	if (!node) throw new Error('The workflow has no node');
	return node;
}

/** As n8n decides whether to parse a body before the node sees the request. */
function leavesBody(workflow: Workflow): boolean {
	const node = nodeOf(workflow);
	const expression = '={{$parameter["options"]["binaryData"]}}';
	const read = workflow.expression.getSimpleParameterValue(node, expression, 'webhook', {});
	return node.typeVersion === 1 && read === true;
}
