import type { INodeType, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/** The least that a community trigger does: what comes starts the workflow, whoever it is from. */
export class BareTrigger implements INodeType {
	description: INodeType['description'] = {
		displayName: 'Bare Trigger',
		name: 'bareTrigger',
		group: ['trigger'],
		version: 1,
		description: 'Starts the workflow',
		defaults: { name: 'Bare Trigger' },
		inputs: [],
		outputs: ['main'],
		webhooks: [
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' },
			{ name: 'setup', httpMethod: 'GET', responseMode: 'onReceived', path: 'webhook' },
		],
		properties: [],
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		// For the bench: what n8n's process has spent, in microseconds.
		if (this.getWebhookName() === 'setup') return { webhookResponse: process.cpuUsage() };
		return { workflowData: [[{ json: this.getBodyData() }]] };
	}
}
