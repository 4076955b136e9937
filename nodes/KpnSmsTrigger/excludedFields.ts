import type { IDataObject } from 'n8n-workflow';

import type { Registration } from './registrations';
import type { WebhookConfig } from './webhookSettings';

/** How `excludedFieldsOf` writes that nothing is left out. */
const NO_EXCLUDED_FIELDS = '[]';

/** The fields that a configuration leaves out of events, so that equal ones compare as equal. */
export function excludedFieldsOf(config: WebhookConfig | undefined): string {
	const services = Object.entries((config?.privacy?.excluded_fields ?? {}) as IDataObject)
		.map(([service, fields]) => [service, Array.isArray(fields) ? [...fields].sort() : fields])
		.filter(([, fields]) => !Array.isArray(fields) || fields.length > 0);
	return JSON.stringify(services.sort());
}

/**
 * What to leave out of events with this trigger's URL: what KPN leaves out already, wherever that is
 * set.
 *
 * @param own the application's own configuration, if it has one
 * @param previous what a trigger of this n8n has set there, if it was one
 */
export function privacyToSet(
	own: WebhookConfig | undefined,
	inherited: WebhookConfig & { complete: boolean },
	previous: Registration | undefined,
): Pick<WebhookConfig, 'privacy'> & Pick<Registration, 'excludedFields' | 'createdConfig'> {
	const { createdConfig, excludedFields } = previous ?? {
		createdConfig: own === undefined,
		excludedFields: '',
	};
	const isChangedByOthers =
		own !== undefined && !(createdConfig && excludedFieldsOf(own) === excludedFields);
	// What KPN does not show now may be what was left out before.
	const keeps = isChangedByOthers || (own !== undefined && !inherited.complete);
	const { privacy } = keeps ? own : inherited;
	return {
		privacy,
		createdConfig,
		excludedFields: isChangedByOthers ? excludedFields : excludedFieldsOf({ privacy }),
	};
}

/** Whether the application's configuration can be removed: no field that it leaves out is lost by that. */
export function isRemovable(
	own: WebhookConfig,
	inherited: WebhookConfig,
	{ createdConfig, excludedFields }: Registration,
): boolean {
	const lossless = [NO_EXCLUDED_FIELDS, excludedFieldsOf(inherited)];
	if (createdConfig) lossless.push(excludedFields);
	return lossless.includes(excludedFieldsOf(own));
}
