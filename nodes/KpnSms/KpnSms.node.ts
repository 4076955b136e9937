import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';

import { CREDENTIAL_TYPE, REQUEST_HEADERS } from '../shared/kpn';
import { messageOperations, messageProperties } from './message';
import { staticHints } from './message/hints';

export class KpnSms implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KPN SMS',
		name: 'kpnSms',
		icon: { light: 'file:kpnSms.svg', dark: 'file:kpnSms.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] === "forgetSent" ? "Forget Sent" : "Send" }}',
		description: 'Send SMS messages with KPN',
		defaults: { name: 'KPN SMS' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		hints: staticHints,
		credentials: [{ name: CREDENTIAL_TYPE, required: true }],
		// Address and token are the delivery's: n8n has nothing to call that could go around it.
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
}
