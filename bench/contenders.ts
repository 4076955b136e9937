import type { INode } from 'n8n-workflow';

import { CREDENTIAL_TYPE, SMS_APIS } from '../nodes/shared/kpn';

export interface Contender {
	name: string;
	/** What is under test, without what every node of a workflow has; none outside n8n. */
	node?: Pick<INode, 'type' | 'typeVersion' | 'parameters' | 'credentials'>;
	/** Whether it sends. The others show what n8n itself takes. */
	sends: boolean;
}

const SENDER = 'Bench';
const MOBILE_NUMBER = '={{ $json.mobile_number }}';
const CONTENT = '=Hello {{ $json.name }}, table {{ $json.table }} is yours.';

/** Ids of the credentials that the workflows use, by type. */
export type Credentials = Record<'oAuth2Api' | 'twilioApi' | typeof CREDENTIAL_TYPE, string>;

/** Everybody is given the same items, and makes the same texts of them for the same numbers. */
export function contenders(kpn: string, credentials: Credentials): Contender[] {
	const credential = (type: keyof Credentials) => ({
		[type]: { id: credentials[type], name: type },
	});
	const httpRequest = (options: INode['parameters']): Contender['node'] => ({
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			method: 'POST',
			url: `${kpn}${SMS_APIS.current.sendPath}`,
			authentication: 'genericCredentialType',
			genericAuthType: 'oAuth2Api',
			sendBody: true,
			specifyBody: 'json',
			jsonBody:
				`={{ ({ sender: "${SENDER}", messages: [{ mobile_number: $json.mobile_number, ` +
				'content: `Hello ${$json.name}, table ${$json.table} is yours.` }] }) }}',
			options,
		},
		credentials: credential('oAuth2Api'),
	});
	const kpnSms = (parameters: INode['parameters']): Contender['node'] => ({
		type: 'n8n-nodes-kpn-sms.kpnSms',
		typeVersion: 1,
		parameters: { resource: 'message', sender: SENDER, options: {}, ...parameters },
		credentials: credential(CREDENTIAL_TYPE),
	});
	const fields = { mobileNumber: MOBILE_NUMBER, content: CONTENT };
	return [
		{
			name: 'No Operation',
			sends: false,
			node: { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} },
		},
		{
			name: 'Edit Fields',
			sends: false,
			node: {
				type: 'n8n-nodes-base.set',
				typeVersion: 3.4,
				parameters: {
					assignments: {
						assignments: Object.entries({ sender: SENDER, ...fields }).map(([name, value]) => ({
							id: name,
							name,
							value,
							type: 'string',
						})),
					},
					options: {},
				},
			},
		},
		{ name: 'HTTP Request', sends: true, node: httpRequest({}) },
		{
			name: 'HTTP Request, batches of 50',
			sends: true,
			node: httpRequest({ batching: { batch: { batchSize: 50, batchInterval: 0 } } }),
		},
		{
			name: 'Twilio',
			sends: true,
			node: {
				type: 'n8n-nodes-base.twilio',
				typeVersion: 1,
				parameters: {
					resource: 'sms',
					operation: 'send',
					from: SENDER,
					to: MOBILE_NUMBER,
					message: CONTENT,
					options: {},
				},
				credentials: credential('twilioApi'),
			},
		},
		{
			name: 'plain declarative node',
			sends: true,
			node: {
				type: 'CUSTOM.plainSms',
				typeVersion: 1,
				parameters: { operation: 'send', sender: SENDER, ...fields },
				credentials: credential(CREDENTIAL_TYPE),
			},
		},
		{ name: 'KPN SMS: Send', sends: true, node: kpnSms({ operation: 'send', ...fields }) },
		{
			name: 'KPN SMS: Send Bulk, expressions',
			sends: true,
			node: kpnSms({ operation: 'sendBulk', mappingMode: 'defineBelow', ...fields }),
		},
		{
			name: 'KPN SMS: Send Bulk, automatic',
			sends: true,
			node: kpnSms({ operation: 'sendBulk', mappingMode: 'autoMapInputData' }),
		},
		{ name: 'undici script, outside n8n', sends: true },
	];
}
