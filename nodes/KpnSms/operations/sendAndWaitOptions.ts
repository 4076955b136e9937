import type { INodeProperties } from 'n8n-workflow';

import { optionsField } from './fields';

/** Named as in n8n's own nodes that wait. */
const limitWaitTimeOption: INodeProperties = {
	displayName: 'Limit Wait Time',
	name: 'limitWaitTime',
	type: 'fixedCollection',
	description:
		'Until when to wait at most: after that, the item comes out of No Answer. N8n looks once a minute.',
	default: { values: { limitType: 'afterTimeInterval', resumeAmount: 45, resumeUnit: 'minutes' } },
	options: [
		{
			displayName: 'Values',
			name: 'values',
			values: [
				{
					displayName: 'Limit Type',
					name: 'limitType',
					type: 'options',
					default: 'afterTimeInterval',
					options: [
						{ name: 'After Time Interval', value: 'afterTimeInterval' },
						{ name: 'At Specified Time', value: 'atSpecifiedTime' },
					],
				},
				{
					displayName: 'Amount',
					name: 'resumeAmount',
					type: 'number',
					typeOptions: { minValue: 0, numberPrecision: 2 },
					default: 1,
					displayOptions: { show: { limitType: ['afterTimeInterval'] } },
				},
				{
					displayName: 'Unit',
					name: 'resumeUnit',
					type: 'options',
					default: 'hours',
					options: [
						{ name: 'Minutes', value: 'minutes' },
						{ name: 'Hours', value: 'hours' },
						{ name: 'Days', value: 'days' },
					],
					displayOptions: { show: { limitType: ['afterTimeInterval'] } },
				},
				{
					displayName: 'Max Date and Time',
					name: 'maxDateAndTime',
					type: 'dateTime',
					default: '',
					displayOptions: { show: { limitType: ['atSpecifiedTime'] } },
				},
			],
		},
	],
};

/** Of Send's options, those that make sense for one SMS that has its own report address. */
const SHARED_OPTIONS = [
	'defaultCountry',
	'dryRun',
	'expireAfter',
	'maximumParts',
	'maximumRetries',
	'remember',
	'replaceSpecialCharacters',
	'subAccount',
];

const sendOncePerOption: INodeProperties = {
	displayName: 'Send Once Per',
	name: 'sendOncePer',
	type: 'string',
	default: '',
	placeholder: 'e.g. {{ $json.orderId }}-approval',
	description:
		'A key for each item. What KPN accepted under a key is not sent to that recipient again by this node, by whatever execution. Nor is it waited for again: an answer goes to the execution that sent the SMS, and a later one comes out of No Answer at once, with the outcome sentBefore. To ask again, change the key.',
};

export const sendAndWaitOptionsField: INodeProperties = {
	...optionsField,
	options: [
		...(optionsField.options as INodeProperties[]).filter(({ name }) =>
			SHARED_OPTIONS.includes(name),
		),
		limitWaitTimeOption,
		sendOncePerOption,
	].sort((option, other) => option.displayName.localeCompare(other.displayName)),
};
