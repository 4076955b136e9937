import type { INode } from 'n8n-workflow';

import { DEFAULT_REMEMBER } from '../nodes/KpnSms/check/options';
import { CREDENTIAL_TYPE, SMS_APIS } from '../nodes/shared/kpnApi';

export interface Contender {
	name: string;
	/** What is under test, without what every node of a workflow has; none outside n8n. */
	node?: Pick<INode, 'type' | 'typeVersion' | 'parameters' | 'credentials' | 'onError'>;
	/** Whether it sends. The others show what n8n itself takes. */
	sends: boolean;
	/** It refuses more items. */
	most?: number;
}

const SENDER = 'Bench';

/** What the editor writes when fields are dragged in. */
const dragged = {
	mobileNumber: '={{ $json.mobile_number }}',
	content: '=Hello {{ $json.name }}, table {{ $json.table }} is yours.',
};

/** The same by hand, for n8n to evaluate. */
const computed = {
	mobileNumber: '={{ $json.mobile_number.trim() }}',
	content: '={{ `Hello ${$json.name}, table ${$json.table} is yours.` }}',
};

export const HTTP_REQUEST = 'HTTP Request';
export const SCRIPT = 'undici script, outside n8n';
export const DRAGGED = 'KPN SMS, fields dragged in';
export const COMPUTED = 'KPN SMS, expressions';
export const ONCE = 'KPN SMS, Send Once Per';

/** Ids of the credentials that the workflows use, by type. */
export type Credentials = Record<'oAuth2Api' | typeof CREDENTIAL_TYPE, string>;

/** Everybody is given the same items, and makes the same texts of them for the same numbers. */
export function contenders(kpn: string, credentials: Credentials): Contender[] {
	const credential = (type: keyof Credentials) => ({
		[type]: { id: credentials[type], name: type },
	});
	const httpRequest: Contender['node'] = {
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
			options: {},
		},
		credentials: credential('oAuth2Api'),
	};
	const kpnSms = (parameters: INode['parameters']): Contender['node'] => ({
		type: 'n8n-nodes-kpn-sms.kpnSms',
		typeVersion: 1,
		parameters: { resource: 'message', sender: SENDER, options: {}, ...parameters },
		credentials: credential(CREDENTIAL_TYPE),
	});
	const editFields = (fields: typeof dragged): Contender['node'] => ({
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
	});
	return [
		{
			name: 'No Operation',
			sends: false,
			node: { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} },
		},
		{ name: 'Edit Fields', sends: false, node: editFields(dragged) },
		{ name: 'Edit Fields, expressions', sends: false, node: editFields(computed) },
		{ name: HTTP_REQUEST, sends: true, node: httpRequest },
		{
			name: 'plain declarative node',
			sends: true,
			node: {
				type: 'CUSTOM.plainSms',
				typeVersion: 1,
				parameters: { operation: 'send', sender: SENDER, ...dragged },
				credentials: credential(CREDENTIAL_TYPE),
			},
		},
		{ name: DRAGGED, sends: true, node: kpnSms(dragged) },
		{ name: COMPUTED, sends: true, node: kpnSms(computed) },
		{
			name: ONCE,
			sends: true,
			most: DEFAULT_REMEMBER,
			node: kpnSms({
				...dragged,
				options: { sendOncePer: '={{ $json.key }}' },
			}),
		},
		{ name: SCRIPT, sends: true },
	];
}
