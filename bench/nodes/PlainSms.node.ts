import type { INodeType } from 'n8n-workflow';

/** What a declarative node is without anything of ours: one call an item, by n8n's routing alone. */
export class PlainSms implements INodeType {
	description: INodeType['description'] = {
		displayName: 'Plain SMS',
		name: 'plainSms',
		group: ['output'],
		version: 1,
		description: 'Sends each item by n8n’s routing',
		defaults: { name: 'Plain SMS' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'kpnSmsOAuth2Api', required: true }],
		requestDefaults: { baseURL: '={{ $credentials.baseUrl }}' },
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				options: [
					{
						name: 'Send',
						value: 'send',
						routing: { request: { method: 'POST', url: '/communication/kpn/sms/send' } },
					},
				],
				default: 'send',
			},
			{
				displayName: 'Sender',
				name: 'sender',
				type: 'string',
				default: '',
				routing: { send: { type: 'body', property: 'sender' } },
			},
			{
				displayName: 'Mobile Number',
				name: 'mobileNumber',
				type: 'string',
				default: '',
				routing: { send: { type: 'body', property: 'messages[0].mobile_number' } },
			},
			{
				displayName: 'Content',
				name: 'content',
				type: 'string',
				default: '',
				routing: { send: { type: 'body', property: 'messages[0].content' } },
			},
		],
	};
}
