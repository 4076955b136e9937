import { getCountries } from 'libphonenumber-js/mobile';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { MAX_SENDER_CHARACTERS, SMS_APIS } from '../../shared/kpnApi';
import { DEFAULT_REMEMBER, MAX_REMEMBER, MIN_EXPIRY_ABROAD } from '../check/options';

/** For the node as a tool of an AI Agent: which fields are better not left to the model. */
export const toolNotice: INodeProperties = {
	displayName:
		'The AI model calls this as often and with texts as long as it likes, and each part is billed. Type the <b>Sender</b> yourself: KPN must have allowed it. Add the option <b>Maximum Parts</b>, such as 2. If all goes to one person, type the <b>Mobile Number</b>, too.',
	name: 'toolNotice',
	type: 'notice',
	default: '',
	displayOptions: { show: { '@tool': [true] } },
};

/** The fields of a message say in `routing` where they go in the body of KPN's send call. */
export const senderField: INodeProperties = {
	displayName: 'Sender',
	name: 'sender',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. MyCompany',
	builderHint: {
		propertyHint: `A fixed text of at most ${MAX_SENDER_CHARACTERS} characters that the user gives: KPN must have allowed it for the account. Do not make one up.`,
	},
	description: `Who the SMS comes from: a name or a short code, at most ${MAX_SENDER_CHARACTERS} characters`,
	routing: { send: { type: 'body', property: 'sender' } },
};

export const mobileNumberField: INodeProperties = {
	displayName: 'Mobile Number',
	name: 'mobileNumber',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. 0612345678 or +31612345678',
	builderHint: {
		propertyHint:
			'One number for each item, as a field of it: a plain path into the item is read quickest. It is checked and written for KPN by the node: do not rewrite it.',
	},
	description:
		'Mobile number that gets the SMS, such as +31612345678. Give one number unless several people are to get the same text; several are separated by commas or given as an array, and each gets the SMS once.',
	routing: { send: { type: 'body', property: 'messages[0].mobile_number' } },
};

export const contentField: INodeProperties = {
	displayName: 'Content',
	name: 'content',
	type: 'string',
	typeOptions: { rows: 4 },
	required: true,
	default: '',
	placeholder: 'e.g. Your order is ready. See you soon!',
	description:
		'The text of the SMS, in plain text. A text of more than 160 characters (70 with emoji or special characters) arrives as one and is billed as several parts.',
	routing: { send: { type: 'body', property: 'messages[0].content' } },
};

const COUNTRIES: INodePropertyOptions[] = (() => {
	const names = new Intl.DisplayNames('en', { type: 'region' });
	return getCountries()
		.map((code) => ({ name: names.of(code) ?? code, value: code }))
		.sort((country, other) => country.name.localeCompare(other.name));
})();

/** Those that make the body of a call, in n8n's order. */
export const bodyFields = [senderField, mobileNumberField, contentField];

export const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Default Country',
			name: 'defaultCountry',
			type: 'options',
			options: COUNTRIES,
			default: 'NL',
			description: 'Where a number without a country code belongs',
		},
		{
			displayName: 'Delivery Guarantee',
			name: 'deliveryGuarantee',
			type: 'options',
			options: [
				{
					name: 'At Most Once',
					value: 'atMostOnce',
					description:
						'If KPN gave no clear answer, a retry does not send the SMS again: it may be missing, but never comes twice',
				},
				{
					name: 'At Least Once',
					value: 'atLeastOnce',
					description:
						'If KPN gave no clear answer, a retry sends the SMS again: it may come twice, but is not missing',
				},
			],
			default: 'atMostOnce',
			description: 'What a retry does with an SMS that KPN may or may not have taken',
		},
		{
			displayName: 'Delivery Report URL',
			name: 'deliveryReportUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook/…',
			description:
				'Where KPN posts whether the SMS arrived: copy the Production URL of a KPN SMS Trigger node. Current SMS API only.',
		},
		{
			displayName: 'Dry Run',
			name: 'dryRun',
			type: 'boolean',
			default: false,
			description:
				'Whether to check numbers and count parts without sending anything. The output is what it would be, with the outcome dryRun.',
		},
		{
			displayName: 'Expire After',
			name: 'expireAfter',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 3600,
			description: `Seconds after which KPN gives up on a phone that cannot be reached; at least ${MIN_EXPIRY_ABROAD} for numbers abroad. Current SMS API only.`,
		},
		{
			displayName: 'Include Input Fields',
			name: 'includeInputFields',
			type: 'boolean',
			default: false,
			description:
				'Whether the output of an item has the fields that came in, too, such as the name of a person',
		},
		{
			displayName: 'Maximum Parts',
			name: 'maximumParts',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 1,
			description:
				'Refuse a text that would be billed as more parts than this, instead of sending it',
		},
		{
			displayName: 'Maximum Parts in All',
			name: 'maximumPartsInAll',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 500,
			description:
				'Send nothing where all items of a run together would be billed as more parts than this: a slip in a filter does not cost thousands of SMS',
		},
		{
			displayName: 'Maximum Retries',
			name: 'maximumRetries',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 10 },
			default: 3,
			description:
				'How often to try again within the node while KPN says that it is too busy or cannot be reached. Nothing is sent twice by this.',
		},
		{
			displayName: 'Messages per Call',
			name: 'messagesPerCall',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: SMS_APIS.current.maxMessagesPerCall },
			default: 200,
			description: 'How many messages to hand to KPN in one call at most. SMS v1 always takes one.',
		},
		{
			displayName: 'Remember',
			name: 'remember',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: MAX_REMEMBER },
			default: DEFAULT_REMEMBER,
			description:
				'With Send Once Per: how many keys to remember, each with its recipient; beyond that, the oldest are forgotten',
		},
		{
			displayName: 'Replace Special Characters',
			name: 'replaceSpecialCharacters',
			type: 'boolean',
			default: false,
			description:
				'Whether to put plain characters in place of “ ” – … and others like them, which would more than halve the room in a part',
		},
		{
			displayName: 'Send Once Per',
			name: 'sendOncePer',
			type: 'string',
			default: '',
			placeholder: 'e.g. {{ $json.orderId }}-reminder',
			description:
				'A key for each item. What KPN accepted under a key is not sent to that recipient again by this node, by whatever execution: also when you press Execute again, after a crash, or when a form is submitted twice. To send again, change the key, or use the operation Forget Sent.',
		},
		{
			displayName: 'Sub-Account',
			name: 'subAccount',
			type: 'string',
			default: '',
			description: 'Name of the KPN sub-account that the messages belong to. Current SMS API only.',
		},
	],
};
