import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { KpnSmsOAuth2Api } from '../../credentials/KpnSmsOAuth2Api.credentials';
import { KpnSmsWebhookApi } from '../../credentials/KpnSmsWebhookApi.credentials';
import { KpnSms } from '../../nodes/KpnSms/KpnSms.node.ts';
import { KpnSmsTrigger } from '../../nodes/KpnSmsTrigger/KpnSmsTrigger.node';
import { boldIn, linksIn, readDocument, ROOT, table, type Row } from './documents';

const readme = readDocument('README.md');
const kpnCalls = readDocument('nodes/KpnSms/delivery/kpnCalls.ts');

/** The tables of fields, in the order in which they stand. */
const [credential, node, trigger, webhookCredential] = (() => {
	const rows = table(readme, 'Field');
	const starts = ['Client ID', 'Resource', 'Registration', 'Secret'].map((name) =>
		rows.findIndex(({ Field }) => Field === name),
	);
	return starts.map((start, index) => rows.slice(start, starts[index + 1]));
})() as [Row[], Row[], Row[], Row[]];

const options = table(readme, 'Option');

/** What a person sees of fields: those that share a name are one to the person. */
function visible(properties: INodeProperties[]): INodeProperties[] {
	const shown = properties.filter(({ type }) => type !== 'hidden' && type !== 'notice');
	return [...new Map(shown.map((one) => [one.name, one])).values()];
}

const optionsOf = (properties: INodeProperties[], name: string) =>
	(properties.find((one) => one.name === name)?.options ?? []) as INodeProperties[];

const choicesOf = ({ type, options: choices = [] }: INodeProperties) =>
	type === 'options' || type === 'multiOptions' ? (choices as INodePropertyOptions[]) : [];

/** What stands in a field before anybody has changed it, as the README puts it. */
function startOf(property: INodeProperties): string {
	const { type, default: value } = property;
	const choices = choicesOf(property);
	if (choices.length > 0) {
		const values: unknown[] = Array.isArray(value) ? value : [value];
		return values.map((one) => choices.find((choice) => choice.value === one)?.name).join(', ');
	}
	if (type === 'collection') return 'none';
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	return value === '' ? 'empty' : String(value);
}

const described = (properties: INodeProperties[]) =>
	properties.map((one) => [one.displayName, startOf(one)]);

const told = (rows: Row[], name = 'Field') => rows.map((row) => [row[name], row['Starts at']]);

/** A country is chosen from all of them. */
const isLong = (property: INodeProperties) => choicesOf(property).length > 10;

function expectChoices(rows: Row[], properties: INodeProperties[], column = 'What it does'): void {
	for (const property of properties.filter((one) => !isLong(one))) {
		const row = rows.find((one) => Object.values(one)[0] === property.displayName);
		const choices = choicesOf(property).map(({ name }) => name);
		const named = boldIn(row?.[column] ?? '');
		expect([property.displayName, named]).toEqual([
			property.displayName,
			expect.arrayContaining(choices),
		]);
	}
}

/** The fields of an operation, without those on the Settings tab. */
const fieldsOf = (operation: string) =>
	visible(
		new KpnSms().description.properties.filter(
			({ displayOptions, isNodeSetting }) =>
				!isNodeSetting && (displayOptions?.show?.operation ?? [operation]).includes(operation),
		),
	);
const nodeFields = fieldsOf('send');
const nodeOptions = optionsOf(nodeFields, 'options');
const triggerProperties = visible(new KpnSmsTrigger().description.properties);
const triggerFields = [...triggerProperties, ...optionsOf(triggerProperties, 'additionalOptions')];

test('the fields, where they start, and their choices', () => {
	expect(told(node)).toEqual(described(nodeFields));
	expectChoices(node, nodeFields);
});

test('the options, where they start, and their choices', () => {
	expect(told(options, 'Option')).toEqual(described(nodeOptions));
	expectChoices(options, nodeOptions);
});

test('the fields of Send and Wait, where they start, and their choices', () => {
	const page = table(readDocument('docs/send-and-wait.md'), 'Field');
	const fields = fieldsOf('sendAndWait').slice(2);
	expect(told(page)).toEqual(
		described(fields).map(([name, start]) => [name, start === '[object Object]' ? 'none' : start]),
	);
	expectChoices(page, fields);
});

test('an option says that it is for the current API only where the node says so', () => {
	const saying = (rows: Array<[string | undefined, string | undefined]>) =>
		rows.filter(([, words]) => words?.includes('Current SMS API only')).map(([name]) => name);
	expect(saying(options.map((row) => [row.Option, row['What it does']]))).toEqual(
		saying(nodeOptions.map(({ displayName, description }) => [displayName, description])),
	);
});

test('the fields and options of the trigger, where they start, and their choices', () => {
	expect(told(trigger)).toEqual(described(triggerFields));
	expectChoices(trigger, triggerFields);
});

test('the fields of both credentials, where they start, and their choices', () => {
	const ours = visible(new KpnSmsOAuth2Api().properties);
	expect(told(credential)).toEqual(described(ours));
	expectChoices(credential, ours, 'What to enter');
	expect(told(webhookCredential)).toEqual(described(visible(new KpnSmsWebhookApi().properties)));
});

test('nodes, credentials, operations and actions have the names that n8n shows', () => {
	const operations = optionsOf(nodeFields, 'operation') as unknown as INodePropertyOptions[];
	const send = operations.find(({ value }) => value === 'send');
	const shown = [
		new KpnSms().description.displayName,
		new KpnSmsTrigger().description.displayName,
		new KpnSmsOAuth2Api().displayName,
		new KpnSmsWebhookApi().displayName,
		String(send?.action),
	];
	expect(boldIn(readme)).toEqual(expect.arrayContaining(shown));
});

test('the fields in the Dutch README are among them', () => {
	const named = table(readDocument('docs/nl/README.md'), 'Veld').map(({ Veld }) => Veld);
	expect(named).toEqual(['Sender', 'Mobile Number', 'Content']);
	expect(nodeFields.map(({ displayName }) => displayName)).toEqual(expect.arrayContaining(named));
});

test('the commands are those of package.json', async () => {
	const { scripts } = await import('../../package.json');
	for (const document of [
		readme,
		readDocument('docs/nl/README.md'),
		readDocument('docs/sandbox.md'),
	]) {
		const named = [...document.matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name = '']) => name);
		expect(Object.keys({ ...scripts, ci: '' })).toEqual(expect.arrayContaining(named));
	}
	expect(readme).toContain('\n    npm ci && npm start\n');
	expect(readme).toContain('\n    npm ci && npm test\n');
});

test('the oldest Node.js and the oldest n8n are those that the package and the node name', async () => {
	const { engines } = await import('../../package.json');
	const node = engines.node.replace('>=', '');
	const [, n8n] = /needs n8n ([\d.]+) or newer/.exec(kpnCalls) ?? [];
	expect(readme).toMatch(`Node.js](https://nodejs.org) ${node} or newer`);
	expect(readme).toMatch(`[n8n ${n8n} or newer](#compatibility)`);
	const dutch = readDocument('docs/nl/README.md');
	expect(dutch).toMatch(`Node.js](https://nodejs.org) ${node} of nieuwer`);
	expect(dutch).toMatch(new RegExp(`n8n ${n8n} of\\s+nieuwer`));
});

test('every example is linked', () => {
	const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));
	expect(linksIn(readme).filter((link) => link.startsWith('examples/'))).toEqual(
		expect.arrayContaining(examples.map((name) => `examples/${name}`)),
	);
});
