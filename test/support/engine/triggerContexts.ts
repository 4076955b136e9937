import '../../../dev/engineHome';

import type { IncomingMessage, ServerResponse } from 'node:http';

import { HookContext, WebhookContext } from 'n8n-core';
import {
	Workflow,
	type IDataObject,
	type IHookFunctions,
	type INode,
	type IWebhookData,
	type IWebhookFunctions,
	type IWorkflowExecuteAdditionalData,
	type WorkflowActivateMode,
} from 'n8n-workflow';

import type { KpnSmsTrigger } from '../../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';
import type { TriggerCredentials } from './triggerCredentials';
import { asExpress, withExpressWords } from './triggerExpress';

/** A process of n8n's, as far as a trigger notices. */
export interface N8nProcess {
	/** The trigger's code, with what it remembers in this process. */
	type: KpnSmsTrigger;
	/** Whether it has not been killed: then it neither saves nor answers any more. */
	alive: boolean;
	/** What n8n hands to the trigger, as this process does. */
	enter<T extends IHookFunctions | IWebhookFunctions>(context: T): T;
}

/** What n8n hands to a trigger when it calls it: n8n's own contexts. */
export class TriggerContexts {
	/** What the node wrote to n8n's log. */
	readonly log: string[] = [];

	constructor(
		readonly node: INode,
		private readonly credentials: TriggerCredentials,
		readonly workflowId: string,
		/** That publishes and unpublishes. */
		public process: N8nProcess,
		/** Of its n8n. */
		public base: string,
	) {}

	get path(): string {
		return `${this.node.webhookId}/webhook`;
	}

	workflow(staticData: IDataObject): Workflow {
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

	hook(workflow: Workflow, activation: WorkflowActivateMode, isTest: boolean): HookContext {
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

	/** @param process that the request has come to */
	webhook(
		workflow: Workflow,
		request: IncomingMessage,
		response: ServerResponse,
		isTest: boolean,
		process: N8nProcess,
	): WebhookContext {
		const express = {
			httpRequest: asExpress(request),
			httpResponse: withExpressWords(response),
		};
		const context = new WebhookContext(
			workflow,
			nodeOf(workflow),
			{ ...this.additionalData(), ...express } as unknown as IWorkflowExecuteAdditionalData,
			isTest ? 'manual' : 'webhook',
			this.webhookData(workflow, isTest, request.method),
			[],
			null,
		);
		return process.enter(this.withLog(context));
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
}

function nodeOf(workflow: Workflow): INode {
	const [node] = Object.values(workflow.nodes);
	if (!node) throw new Error('The workflow has no node');
	return node;
}

/** Whether n8n leaves a body to the node, as it decides before the node sees the request. */
export function leavesBody(workflow: Workflow): boolean {
	const node = nodeOf(workflow);
	const expression = '={{$parameter["options"]["binaryData"]}}';
	const read = workflow.expression.getSimpleParameterValue(node, expression, 'webhook', {});
	return node.typeVersion === 1 && read === true;
}
