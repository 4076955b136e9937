import type { INodeProperties } from 'n8n-workflow';

import { TIMESTAMP_TOLERANCE } from './signature';

const showOnlyForAutomatic = { registration: ['automatic'] };
const showOnlyForManual = { registration: ['manual'] };

export const triggerFields: INodeProperties[] = [
	{
		displayName: 'Registration',
		name: 'registration',
		type: 'options',
		options: [
			{
				name: 'Automatic',
				value: 'automatic',
				description:
					'Publishing the workflow tells KPN where to send, and unpublishing takes it back',
			},
			{
				name: 'Manual',
				value: 'manual',
				description: 'You give KPN the URL, and this node the secret of KPN’s signing key',
			},
		],
		default: 'automatic',
		description: 'How KPN gets to know where to send',
	},
	{
		displayName:
			'Publishing this workflow makes KPN send its events here, and unpublishing puts back what was there. For this, the application needs KPN’s products “Webhook configuration” and “WebhookConfigs-SigningKeys-KPN”. For an SMS that is sent with a Delivery Report URL, fill in the Production URL there (open Webhook URLs above).',
		name: 'automaticNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: showOnlyForAutomatic },
	},
	{
		displayName:
			'Copy the Production URL from the top of this panel and give it to KPN: as the webhook of your application or virtual number, or in the option Delivery Report URL of the KPN SMS node. Put the secret of the key that KPN signs with into the credential. For another secret, move the old one to Previous Secret until KPN no longer signs with it. Then publish the workflow.',
		name: 'manualNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: showOnlyForManual },
	},
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		required: true,
		options: [
			{
				name: 'Delivery Report',
				value: 'deliveryReport',
				action: 'On delivery report',
				description: 'KPN says what became of an SMS that you sent',
			},
			{
				name: 'Inbound SMS',
				value: 'inboundSms',
				action: 'On inbound SMS',
				description: 'Somebody sent an SMS to your virtual number at KPN',
			},
		],
		default: ['deliveryReport', 'inboundSms'],
		description: 'What starts the workflow',
	},
	{
		displayName: 'Options',
		name: 'additionalOptions',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Take Over Webhook URL',
				name: 'takeOver',
				type: 'boolean',
				default: false,
				description:
					'Whether to set KPN’s webhook URL even where KPN sends elsewhere: to another workflow, another n8n or another system. That one then gets no more events, until this workflow is unpublished.',
				displayOptions: { show: { '/registration': ['automatic'] } },
			},
			{
				displayName: 'Timestamp Tolerance',
				name: 'timestampTolerance',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: TIMESTAMP_TOLERANCE,
				description:
					'By how many seconds the time that KPN signed an event may differ from this server’s clock',
			},
		],
	},
	{
		// n8n unpacks and parses the body of a request before a node sees it, also of one that is not
		// KPN's. It leaves the body as it is for a node of version 1 with this option of its Webhook node.
		displayName: 'Leave the Body as It Came',
		name: 'options',
		type: 'hidden',
		default: { binaryData: true },
	},
];
