import type { INode, INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';

import { KpnSms } from '../../nodes/KpnSms/KpnSms.node.ts';
import { KpnSmsOAuth2Api } from '../../credentials/KpnSmsOAuth2Api.credentials';

const { description } = new KpnSms();
const property = (name: string): INodeProperties | undefined =>
	description.properties.find((one) => one.name === name);

test("only Send is offered to an AI Agent: others hide from '@tool'", () => {
	expect(description.usableAsTool).toBe(true);
	const operations = property('operation')?.options as INodePropertyOptions[];
	const forTools = operations.filter(({ displayOptions }) => !displayOptions?.hide?.['@tool']);
	expect(forTools.map(({ value }) => value)).toEqual(['send']);
	expect(property('operation')?.default).toBe('send');
});

test('the subtitle below the node names each operation', () => {
	const operations = property('operation')?.options as INodePropertyOptions[];
	for (const { name, value } of operations) {
		expect(description.subtitle).toContain(` ${value}: "${name}"`);
	}
});

test('where the node is set up as a tool, it says what to fix; elsewhere it does not', () => {
	const shownIn = (name: string) => {
		const node = opened({ operation: 'send' });
		const type = { ...description, name };
		return description.properties
			.filter((one) => NodeHelpers.displayParameter(node.parameters, one, node, type))
			.filter(({ type: kind }) => kind === 'notice')
			.map(({ displayName }) => displayName);
	};
	expect(shownIn('kpnSms')).toEqual([]);
	expect(shownIn('kpnSmsTool')).toEqual([expect.stringMatching(/Sender.*Maximum Parts/)]);
});

test('Send is declared: its request, and where each field has its place in it', () => {
	const operations = property('operation')?.options as INodePropertyOptions[];
	const send = operations.find(({ value }) => value === 'send');
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

/** A node as n8n has it once it is opened or run: without what its other parameters hide. */
function opened(given: INodeParameters): INode {
	const node: INode = {
		id: 'sms',
		name: 'SMS',
		type: 'n8n-nodes-kpn-sms.kpnSms',
		typeVersion: 1,
		position: [0, 0],
		parameters: given,
	};
	const { properties } = description;
	const { parameters } = node;
	node.parameters =
		NodeHelpers.getNodeParameters(properties, parameters, true, false, node, description) ?? {};
	return node;
}

const ALL = ['sender', 'mobileNumber', 'content'];

test('Forget Sent leaves the fields and options of Send as they are, and says so', () => {
	const fields = {
		sender: 'A',
		mobileNumber: '0612345678',
		content: 'Hello',
		options: { sendOncePer: '={{ $json.key }}', maximumParts: 3 },
	};
	const forgetting = opened({ operation: 'forgetSent', ...fields });
	const again = opened({ ...forgetting.parameters, operation: 'send' });
	expect(again.parameters).toMatchObject(fields);
	const notices = description.properties.filter(
		(one) =>
			one.type === 'notice' &&
			NodeHelpers.displayParameter(forgetting.parameters, one, forgetting, description),
	);
	expect(notices.map(({ displayName }) => displayName)).toEqual([
		expect.stringMatching(/^Nothing is sent/),
	]);
});

test('each field is there once, and required', () => {
	const issuesOf = (node: INode) =>
		NodeHelpers.getNodeParametersIssues(description.properties, node, description)?.parameters;
	const empty = opened({ operation: 'send' });
	const shown = description.properties.filter(
		(one) =>
			ALL.includes(one.name) &&
			NodeHelpers.displayParameter(empty.parameters, one, empty, description),
	);
	expect(shown.map(({ name }) => name)).toEqual(ALL);
	expect(Object.keys(issuesOf(empty) ?? {})).toEqual(ALL);
	const typed = Object.fromEntries(ALL.map((name) => [name, 'as typed']));
	const filled = opened({ ...empty.parameters, ...typed });
	expect(filled.parameters).toMatchObject(typed);
	expect(issuesOf(filled)).toBeUndefined();
});

test('of OAuth2, a user sees nothing but what KPN needs', () => {
	const visible = new KpnSmsOAuth2Api().properties.filter(
		({ type }) => type !== 'hidden' && type !== 'notice',
	);
	expect(visible.map(({ name, displayName }) => [name, displayName])).toEqual([
		['clientId', 'Client ID'],
		['clientSecret', 'Client Secret'],
		['smsApi', 'SMS API'],
		['environment', 'Environment'],
		['baseUrl', 'Base URL'],
	]);
});

test('the credential’s note explains what n8n says when a test of it has failed', () => {
	const note = new KpnSmsOAuth2Api().properties.find(({ type }) => type === 'notice');
	for (const words of ['HTTP status 401', 'HTTP status 404', 'Invalid URL']) {
		expect(note?.displayName).toContain(`“${words}”`);
	}
});
