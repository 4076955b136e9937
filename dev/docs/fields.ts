import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { KpnSmsOAuth2Api } from '../../credentials/KpnSmsOAuth2Api.credentials';
import { KpnSmsWebhookApi } from '../../credentials/KpnSmsWebhookApi.credentials';
import { KpnSms } from '../../nodes/KpnSms/KpnSms.node.ts';
import { KpnSmsTrigger } from '../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';

/** The country of a number is chosen from all of them. */
const MAX_CHOICES = 10;

/** What n8n shows of both nodes and both credentials, in its own words. */
export function fields(): Record<string, string> {
	const send = fieldsOf('send');
	const sendOptions = optionsOf(send, 'options');
	const wait = ownFieldsOf('sendAndWait');
	const waitOptions = optionsOf(wait, 'options');
	const isShared = ({ name }: INodeProperties) => sendOptions.some((one) => one.name === name);
	const trigger = visible(new KpnSmsTrigger().description.properties);
	return {
		'credential-fields': described(visible(new KpnSmsOAuth2Api().properties)),
		'webhook-credential-fields': described(visible(new KpnSmsWebhookApi().properties)),
		'send-fields': described(send),
		'send-options': described(sendOptions),
		'send-and-wait-fields': described(wait),
		'send-and-wait-options': described(waitOptions.filter((one) => !isShared(one))),
		'send-and-wait-shared-options': waitOptions
			.filter(isShared)
			.map(({ displayName }) => `**${displayName}**`)
			.join(', '),
		'trigger-fields': described(trigger),
		'trigger-options': described(optionsOf(trigger, 'additionalOptions')),
	};
}

/** The fields of an operation, without those on the Settings tab. */
const fieldsOf = (operation: string) =>
	visible(
		new KpnSms().description.properties.filter(
			({ displayOptions, isNodeSetting }) =>
				!isNodeSetting && (displayOptions?.show?.operation ?? [operation]).includes(operation),
		),
	);

/** The same, without Resource and Operation, which all have. */
const ownFieldsOf = (operation: string) =>
	fieldsOf(operation).filter(({ name }) => name !== 'resource' && name !== 'operation');

const visible = (properties: INodeProperties[]) =>
	properties.filter(({ type }) => type !== 'hidden' && type !== 'notice');

const optionsOf = (properties: INodeProperties[], name: string) =>
	(properties.find((one) => one.name === name)?.options ?? []) as INodeProperties[];

const described = (properties: INodeProperties[], indent = ''): string =>
	properties.map((property) => entry(property, indent)).join('\n');

function entry(property: INodeProperties, indent: string): string {
	const inner = `${indent}  `;
	const choices = choicesOf(property);
	const explained = choices.filter(({ description }) => description);
	const isShort = explained.length === 0 && choices.length > 1 && choices.length <= MAX_CHOICES;
	const named = isShort ? `: ${choices.map(({ name }) => name).join(', ')}.` : '';
	return [
		`${indent}- **${property.displayName}**${bracketed(property)}${about(property)}${named}`,
		...explained.map((choice) => `${inner}- **${choice.name}**${about(choice)}`),
		...partsOf(property).map((part) => entry(part, inner)),
	].join('\n');
}

const choicesOf = ({ type, options = [] }: INodeProperties) =>
	type === 'options' || type === 'multiOptions' ? (options as INodePropertyOptions[]) : [];

/** What can be filled in within a field. */
const partsOf = ({ type, options = [] }: INodeProperties) =>
	type === 'fixedCollection'
		? (options as Array<{ values: INodeProperties[] }>).flatMap(({ values }) => values)
		: [];

function about({ description }: { description?: string }): string {
	if (!description) return '';
	return `: ${description}${description.endsWith('.') ? '' : '.'}`;
}

/** The default of a field, and its range. */
function bracketed(property: INodeProperties): string {
	const { default: value, typeOptions } = property;
	const choices = choicesOf(property);
	const nameOf = (one: unknown) => choices.find((choice) => choice.value === one)?.name;
	const words: string[] = [];
	if (choices.length > 0) words.push([value].flat().map(nameOf).join(', '));
	else if (typeof value === 'boolean') words.push(value ? 'on' : 'off');
	else if (typeof value !== 'object' && value !== '') words.push(String(value));
	if (typeOptions?.maxValue !== undefined) {
		words.push(`from ${typeOptions.minValue ?? 0} to ${typeOptions.maxValue}`);
	}
	return words.length > 0 ? ` (${words.join('; ')})` : '';
}
