import type { WebhookConfig } from '../../../sandbox';

/** What people have set for the application, apart from the triggers; without a URL where they have only chosen fields. */
export type Theirs = WebhookConfig | undefined;

export const fieldsOf = (config: Theirs): string[] => [
	...(config?.privacy_config?.excluded_fields?.sms_dlr ?? []),
];

export const testUrlOf = (url: string | undefined) => url?.replace('/webhook/', '/webhook-test/');

/** For people. */
export const words = (config: Theirs): string =>
	config === undefined
		? 'nothing'
		: `${config.webhook_url} without ${fieldsOf(config).join() || '-'}`;
