import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { KpnSms } from '../../nodes/KpnSms/KpnSms.node.ts';
import { KpnSmsOAuth2Api } from '../../credentials/KpnSmsOAuth2Api.credentials';

const { description } = new KpnSms();
const property = (name: string): INodeProperties | undefined =>
	description.properties.find((one) => one.name === name);

test('the node can be a tool of an AI Agent, with Send and without Send Bulk', () => {
	expect(description.usableAsTool).toBe(true);
	const operations = property('operation')?.options as INodePropertyOptions[];
	expect(operations.map(({ value }) => value)).toEqual(['send', 'sendBulk']);
	expect(operations[0]?.displayOptions).toBeUndefined();
	expect(operations[1]?.displayOptions).toEqual({ hide: { '@tool': [true] } });
	expect(property('operation')?.default).toBe('send');
});

test('Send is declared: its request, and where each field has its place in it', () => {
	const [send] = property('operation')?.options as INodePropertyOptions[];
	expect(send?.routing?.request?.method).toBe('POST');
	expect(
		description.properties
			.filter(({ routing }) => routing?.send)
			.map(({ name, routing }) => [name, routing?.send?.property]),
	).toEqual(
		expect.arrayContaining([
			['sender', 'sender'],
			['mobileNumber', 'messages[0].mobile_number'],
			['content', 'messages[0].content'],
		]),
	);
	expect(description.requestDefaults?.disableFollowRedirect).toBe(true);
});

test('of OAuth2, a user sees nothing but what KPN needs', () => {
	const visible = new KpnSmsOAuth2Api().properties.filter(
		({ type }) => type !== 'hidden' && type !== 'notice',
	);
	expect(visible.map(({ name, displayName }) => [name, displayName])).toEqual([
		['clientId', 'Consumer Key (Client ID)'],
		['clientSecret', 'Consumer Secret'],
		['smsApi', 'SMS API'],
		['environment', 'Environment'],
		['baseUrl', 'Base URL'],
	]);
});
