import type { ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

/** Tested by the KPN SMS Trigger: there is no call to KPN that would prove a signing secret. */
export class KpnSmsWebhookApi implements ICredentialType {
	name = 'kpnSmsWebhookApi';

	displayName = 'KPN SMS Webhook API';

	documentationUrl = 'https://developer.kpn.com/documentation';

	icon: Icon = {
		light: 'file:../nodes/KpnSms/kpnSms.svg',
		dark: 'file:../nodes/KpnSms/kpnSms.dark.svg',
	};

	properties: INodeProperties[] = [
		{
			displayName: 'Secret',
			name: 'secret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'The secret of the signing key with which KPN signs what it sends to your webhook URL. The page “Delivery reports and replies” of this package has the call that shows it.',
		},
		{
			displayName: 'Previous Secret',
			name: 'previousSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'The secret before that one, while KPN may still sign with it: leave it empty otherwise',
		},
	];
}
