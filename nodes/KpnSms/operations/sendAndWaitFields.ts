import { SEND_AND_WAIT_OPERATION, updateDisplayOptions, type INodeProperties } from 'n8n-workflow';

import { mobileNumberField, senderField } from './fields';
import { sendAndWaitOptionsField } from './sendAndWaitOptions';

/** Names and values are those of n8n's own nodes: its human review for AI Agents fills some of them. */
const messageField: INodeProperties = {
	displayName: 'Message',
	name: 'message',
	type: 'string',
	typeOptions: { rows: 4 },
	required: true,
	default: '',
	placeholder: 'e.g. Order 1042 is € 3,200. May it be placed?',
	description:
		'The text of the SMS. Where an answer is waited for, a link is put below it, which takes some 170 characters: the SMS is billed as two parts or more.',
};

const responseTypeField: INodeProperties = {
	displayName: 'Wait For',
	name: 'responseType',
	type: 'options',
	options: [
		{
			name: 'Approval',
			value: 'approval',
			description: 'The recipient opens a link and presses a button',
		},
		{
			name: 'Delivery Report',
			value: 'deliveryReport',
			description: 'KPN says whether the SMS arrived. Current SMS API only.',
		},
		{
			name: 'Form',
			value: 'form',
			description: 'The recipient opens a link and fills in fields',
		},
		{
			name: 'Free Text',
			value: 'freeText',
			description: 'The recipient opens a link and types an answer',
		},
	],
	default: 'approval',
	description: 'What the workflow waits for after the SMS was sent',
};

const approvalOptionsField: INodeProperties = {
	displayName: 'Approval Options',
	name: 'approvalOptions',
	type: 'fixedCollection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Values',
			name: 'values',
			values: [
				{
					displayName: 'Type of Approval',
					name: 'approvalType',
					type: 'options',
					default: 'single',
					options: [
						{ name: 'Approve Only', value: 'single' },
						{ name: 'Approve and Disapprove', value: 'double' },
					],
				},
				{
					displayName: 'Approve Button Label',
					name: 'approveLabel',
					type: 'string',
					default: 'Approve',
				},
				{
					displayName: 'Disapprove Button Label',
					name: 'disapproveLabel',
					type: 'string',
					default: 'Decline',
					displayOptions: { show: { approvalType: ['double'] } },
				},
			],
		},
	],
	displayOptions: { show: { responseType: ['approval'] } },
};

const formFieldsField: INodeProperties = {
	displayName: 'Form Fields',
	name: 'formFields',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true, sortable: true },
	placeholder: 'Add field',
	default: {},
	options: [
		{
			displayName: 'Values',
			name: 'values',
			values: [
				{
					displayName: 'Choices',
					name: 'fieldOptions',
					type: 'fixedCollection',
					typeOptions: { multipleValues: true, sortable: true },
					placeholder: 'Add choice',
					default: { values: [{ option: '' }] },
					required: true,
					displayOptions: { show: { fieldType: ['dropdown'] } },
					options: [
						{
							displayName: 'Values',
							name: 'values',
							values: [{ displayName: 'Choice', name: 'option', type: 'string', default: '' }],
						},
					],
				},
				{
					displayName: 'Label',
					name: 'fieldLabel',
					type: 'string',
					required: true,
					default: '',
					placeholder: 'e.g. How many guests?',
					description:
						'What the recipient reads above the field; the answer comes out under this name',
				},
				{
					displayName: 'Required',
					name: 'requiredField',
					type: 'boolean',
					default: false,
					description: 'Whether the recipient has to fill it in',
				},
				{
					displayName: 'Type',
					name: 'fieldType',
					type: 'options',
					default: 'text',
					options: [
						{ name: 'Date', value: 'date' },
						{ name: 'Dropdown', value: 'dropdown' },
						{ name: 'Email', value: 'email' },
						{ name: 'Number', value: 'number' },
						{ name: 'Text', value: 'text' },
						{ name: 'Textarea', value: 'textarea' },
					],
				},
			],
		},
	],
	displayOptions: { show: { responseType: ['form'] } },
};

const oneMobileNumberField: INodeProperties = {
	...mobileNumberField,
	description: 'Mobile number that gets the SMS, such as +31612345678. One number only.',
};

export const sendAndWaitFields: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['message'], operation: [SEND_AND_WAIT_OPERATION] } },
	[
		senderField,
		oneMobileNumberField,
		messageField,
		responseTypeField,
		approvalOptionsField,
		formFieldsField,
		sendAndWaitOptionsField,
	],
);
