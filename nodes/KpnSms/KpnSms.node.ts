import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';

import { CREDENTIAL_TYPE, KPN_HOST } from '../shared/kpn';
import { messageProperties } from './message';

export class KpnSms implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KPN SMS',
		name: 'kpnSms',
		icon: { light: 'file:kpnSms.svg', dark: 'file:kpnSms.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Send SMS messages with KPN',
		defaults: { name: 'KPN SMS' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [{ name: CREDENTIAL_TYPE, required: true }],
		requestDefaults: {
			baseURL: `={{ $credentials.environment === "custom" ? $credentials.baseUrl.replace(/\\/+$/, "") : "https://${KPN_HOST}" }}`,
			headers: { accept: 'application/json', 'content-type': 'application/json' },
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
}
