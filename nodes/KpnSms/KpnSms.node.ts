import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';

import { baseUrlExpression, CREDENTIAL_TYPE, REQUEST_HEADERS, SMS_APIS } from '../shared/kpn';
import { messageOperations, messageProperties } from './message';
import { staticHints } from './message/hints';

export class KpnSms implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KPN SMS',
		name: 'kpnSms',
		icon: { light: 'file:kpnSms.svg', dark: 'file:kpnSms.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] === "sendBulk" ? "Send Bulk" : "Send" }}',
		description: 'Send SMS messages with KPN',
		defaults: { name: 'KPN SMS' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		hints: staticHints,
		credentials: [{ name: CREDENTIAL_TYPE, required: true }],
		requestDefaults: {
			baseURL: `={{ ${baseUrlExpression('$credentials')} }}`,
			// Not declared with the operation, whose expressions get no credential in n8n 1.x.
			url: `={{ $credentials.smsApi === "current" ? "${SMS_APIS.current.sendPath}" : "${SMS_APIS.v1.sendPath}" }}`,
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
}
