import { z } from 'zod';
import { webhookUrlSchema } from './webhookUrl';

/** The schemas of what KPN's webhook settings API takes. */

export const configSchema = (httpOnLoopback: boolean) =>
	z.strictObject({
		webhook_url: webhookUrlSchema(httpOnLoopback),
		privacy_config: z
			.strictObject({
				/** By service, the fields to be left out: `sms_dlr` is the delivery reports. */
				excluded_fields: z.record(z.array(z.string()).max(50)).optional(),
			})
			.optional(),
	});

export const newKeySchema = z.strictObject({
	secret: z.string().min(1).max(4096),
	key_id: z.string().min(1).max(128).optional(),
	staged: z.boolean().optional(),
});

const STATUSES = ['STAGED', 'ACTIVE', 'RETIRING', 'RETIRED'] as const;

/** Which keys are asked for. */
export const keyQuerySchema = z.object({
	status: z
		.enum(STATUSES, { message: `must be one of ${STATUSES.join(', ')}` })
		.transform((status) => status.toLowerCase() as Lowercase<typeof status>)
		.optional(),
});

export type NewKey = z.infer<typeof newKeySchema>;
export type KeyStatus = NonNullable<z.infer<typeof keyQuerySchema>['status']>;

/**
 * What is configured for an application, a team or an organization, in KPN's words. The URL is
 * missing only in the one that KPN makes by itself.
 */
export type WebhookConfig = Partial<z.infer<ReturnType<typeof configSchema>>>;
