import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../shared/kpnApi';
import { triggerFields } from './fields';
import { isManualRegistration, storeKeys, testSecret } from './signingKeys';
import { receive } from './receive';
import { isRegistered, register, unregister } from './registration';

export class KpnSmsTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KPN SMS Trigger',
		name: 'kpnSmsTrigger',
		icon: { light: 'file:../KpnSms/kpnSms.svg', dark: 'file:../KpnSms/kpnSms.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ $parameter["events"].map((event) => ({ deliveryReport: "Delivery Report", inboundSms: "Inbound SMS" })[event]).join(", ") }}',
		// n8n's panel shows it for the sending node, too, which it lists under the same name.
		description: 'Send SMS messages with KPN, or start on a delivery report or an inbound SMS',
		eventTriggerDescription: 'Waiting for a delivery report or an inbound SMS from KPN',
		activationMessage:
			'Unless n8n shows an error now, the events that you have chosen start this workflow.',
		defaults: { name: 'KPN SMS Trigger' },
		inputs: [],
		builderHint: {
			searchHint:
				'Registers itself at KPN when the workflow is published; KPN has one place for it, so one published trigger receives the inbound SMS and reports of an application: branch on `event` in one workflow instead of using two triggers.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-kpn-sms.kpnSms',
					relationHint:
						'Sends the answer; its option Delivery Report URL takes this node’s Production URL',
				},
			],
		},
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: CREDENTIAL_TYPE,
				required: true,
				// With `show` in both, n8n takes Registration for a choice of credential, and hides it.
				displayOptions: { hide: { registration: ['manual'] } },
			},
			{
				// A literal, as n8n's lint rules look for the name here to find the node that tests it.
				name: 'kpnSmsWebhookApi',
				required: true,
				testedBy: 'testSecret',
				displayOptions: { show: { registration: ['manual'] } },
			},
		],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				// The response is what `webhook` returns, not the item. An expression here would take 20 ms for
				// each request.
				responseData: '',
				path: 'webhook',
			},
			{
				// Only so that other methods reach the node, which answers 405.
				name: 'setup',
				httpMethod: 'GET,HEAD,PUT,PATCH,DELETE',
				responseMode: 'onReceived',
				path: 'webhook',
				ndvHideUrl: true,
			},
		],
		properties: triggerFields,
	};

	methods = { credentialTest: { testSecret } };

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return !isManualRegistration(this) && isRegistered(this);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				if (isManualRegistration(this)) await storeKeys(this);
				else await register(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				if (!isManualRegistration(this)) await unregister(this);
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}
