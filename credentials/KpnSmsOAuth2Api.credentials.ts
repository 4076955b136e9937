import type { ICredentialTestRequest, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

import { baseUrlExpression, KPN_HOST, TOKEN_PATH, UNKNOWN_CLIENT } from '../nodes/shared/kpnApi';

export class KpnSmsOAuth2Api implements ICredentialType {
	name = 'kpnSmsOAuth2Api';

	extends = ['oAuth2Api'];

	displayName = 'KPN SMS OAuth2 API';

	documentationUrl = 'https://developer.kpn.com/subpage/kpn-sms-authentication';

	icon: Icon = {
		light: 'file:../nodes/KpnSms/kpnSms.svg',
		dark: 'file:../nodes/KpnSms/kpnSms.dark.svg',
	};

	properties: INodeProperties[] = [
		{
			displayName: 'Client ID',
			name: 'clientId',
			type: 'string',
			default: '',
			required: true,
			description:
				'Shown with your project on KPN’s developer portal, whose older pages call it Consumer Key',
		},
		{
			displayName: 'Client Secret',
			name: 'clientSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'Shown beside the Client ID, on older pages as Consumer Secret',
		},
		{
			displayName: 'SMS API',
			name: 'smsApi',
			type: 'options',
			options: [
				{
					name: 'SMS v1',
					value: 'v1',
					description: 'One message a call, numbers in the Netherlands',
				},
				{
					name: 'SMS (Current)',
					value: 'current',
					description: 'Up to 200 messages a call, numbers abroad, delivery reports',
				},
			],
			default: 'v1',
			description:
				'Which of KPN’s SMS products the project has: its page on KPN’s developer portal lists them. If sending gives 401, 403 or 404, it is the other one.',
		},
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			options: [
				{ name: 'Production', value: 'production', description: `KPN itself (${KPN_HOST})` },
				{
					name: 'Custom',
					value: 'custom',
					description: 'Another address, such as a gateway or a sandbox of your own',
				},
			],
			default: 'production',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. http://localhost:4040',
			description: 'Where the token and the SMS API are found, without a path',
			displayOptions: { show: { environment: ['custom'] } },
		},
		{
			displayName:
				'Saving asks KPN for a token and sends no SMS. “HTTP status 401”: Client ID or Client Secret is wrong. “HTTP status 404”: Base URL is. “Invalid URL”: Base URL does not begin with https:// or http://.',
			name: 'testNotice',
			type: 'notice',
			default: '',
		},
		{ displayName: 'Grant Type', name: 'grantType', type: 'hidden', default: 'clientCredentials' },
		{
			displayName: 'Access Token URL',
			name: 'accessTokenUrl',
			type: 'hidden',
			default: `={{ ${baseUrlExpression('$self')} + "${TOKEN_PATH}" }}`,
		},
		{ displayName: 'Authentication', name: 'authentication', type: 'hidden', default: 'body' },
		{ displayName: 'Scope', name: 'scope', type: 'hidden', default: '' },
		{
			displayName: 'Send Additional Body Properties',
			name: 'sendAdditionalBodyProperties',
			type: 'hidden',
			default: false,
		},
		{
			displayName: 'Additional Body Properties',
			name: 'additionalBodyProperties',
			type: 'hidden',
			default: '',
		},
		{
			displayName: 'Allowed HTTP Request Domains',
			name: 'allowedHttpRequestDomains',
			type: 'hidden',
			default: 'domains',
		},
		{ displayName: 'Allowed Domains', name: 'allowedDomains', type: 'hidden', default: KPN_HOST },
	];

	test: ICredentialTestRequest = {
		request: {
			method: 'POST',
			baseURL: `={{ ${baseUrlExpression('$credentials')} }}`,
			url: TOKEN_PATH,
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
			body: {
				client_id: '={{ $credentials.clientId }}',
				client_secret: '={{ $credentials.clientSecret }}',
			},
			// The response is returned whatever its status, so that the rules below can explain it.
			ignoreHttpStatusErrors: true,
		},
		rules: [
			{
				type: 'responseSuccessBody',
				properties: {
					key: 'ErrorCode',
					value: 'invalid_client',
					message: `${UNKNOWN_CLIENT} (HTTP status 401)`,
				},
			},
			{
				type: 'responseSuccessBody',
				properties: {
					key: 'access_token',
					value: undefined,
					message:
						'The address answered, but gave no token: check Client ID, Client Secret and Base URL',
				},
			},
		],
	};
}
