import {
	NodeConnectionTypes,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { CREDENTIAL_TYPE, REQUEST_HEADERS } from '../shared/kpnApi';
import { messageOperations, messageProperties } from './operations';
import { staticHints } from './output/hints';
import { OUTPUTS, WAITING_TOOLTIP } from './wait/outputs';
import { resume, WEBHOOKS } from './wait/webhook';

export class KpnSms implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KPN SMS',
		name: 'kpnSms',
		icon: { light: 'file:kpnSms.svg', dark: 'file:kpnSms.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ { forgetSent: "Forget Sent", send: "Send", sendAndWait: "Send and Wait" }[$parameter["operation"]] }}',
		description: 'Send SMS messages with KPN',
		defaults: { name: 'KPN SMS' },
		inputs: [NodeConnectionTypes.Main],
		outputs: OUTPUTS,
		webhooks: WEBHOOKS,
		waitingNodeTooltip: WAITING_TOOLTIP,
		usableAsTool: true,
		hints: staticHints,
		builderHint: {
			searchHint:
				'Send takes all items at once, in few calls: no loop around it. Send and Wait takes one item: put it in Loop Over Items. Messages cost money and cannot be taken back: switch Dry Run on while a workflow is built, and set Send Once Per where it may run twice for the same person.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-kpn-sms.kpnSmsTrigger',
					relationHint: 'Starts a workflow on a reply or on a report whether the SMS arrived',
				},
			],
		},
		credentials: [{ name: CREDENTIAL_TYPE, required: true }],
		// No address and no credential: sending adds both, and n8n itself has nothing to call without it.
		requestDefaults: {
			headers: REQUEST_HEADERS,
			// A redirected POST would come back as a GET without the message, and look like a success.
			disableFollowRedirect: true,
		},
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [{ name: 'Message', value: 'message' }],
				default: 'message',
			},
			...messageProperties,
		],
	};

	customOperations = { message: messageOperations };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await resume(this);
	}
}
