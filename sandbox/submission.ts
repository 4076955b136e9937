import { z } from 'zod';
import { readMobileNumber } from './mobileNumber';
import type { SmsApi } from './types';
import { webhookUrlSchema } from './webhookUrl';

export const DEFAULT_SENDER = 'KPN';

const MAX_SENDER = 11;
const MAX_CONTENT = 1000;
const MAX_MESSAGES_TIMES_RECIPIENTS = 200;
const MIN_EXPIRE_IN_ABROAD = 21;

const anObject = {
	required_error: 'must be a JSON object',
	invalid_type_error: 'must be a JSON object',
};
const aList = { required_error: 'must be a list', invalid_type_error: 'must be a list' };

const text = z
	.string({ required_error: 'is missing', invalid_type_error: 'must be a string' })
	.min(1, 'is empty');

// UTF-16 units: KPN doesn't say what a character is, and this is the narrowest reading.
const textUpTo = (max: number) =>
	text.refine(
		({ length }) => length <= max,
		({ length }) => ({ message: `has ${length} characters; at most ${max} may be` }),
	);

const sender = textUpTo(MAX_SENDER).default(DEFAULT_SENDER);

/** Of v1: one Dutch number. */
const oneRecipient = text.transform((written, context) => {
	if (written.includes(',')) return problem(context, 'has several numbers; v1 takes one');
	const recipient = readMobileNumber(written);
	if (!recipient) return problem(context, `"${written}" is not a mobile number`);
	return recipient.abroad
		? problem(context, `"${written}" is not a Dutch mobile number`)
		: [recipient];
});

/** Of the current API: a comma-separated list. */
const recipients = text.transform((list, context) =>
	list
		.split(',')
		.map(
			(written) =>
				readMobileNumber(written) ?? problem(context, `"${written}" is not a mobile number`),
		),
);

const v1Schema = z.strictObject(
	{
		sender,
		messages: z
			.array(z.strictObject({ content: text, mobile_number: oneRecipient }, anObject), aList)
			.min(1, 'is empty')
			.refine(
				({ length }) => length === 1,
				({ length }) => ({ message: `has ${length} messages; v1 takes one a call` }),
			),
	},
	anObject,
);

const currentSchema = (httpOnLoopback: boolean) =>
	z
		.strictObject(
			{
				sender,
				messages: z
					.array(
						z.strictObject({ content: textUpTo(MAX_CONTENT), mobile_number: recipients }, anObject),
						aList,
					)
					.min(1, 'is empty'),
				webhook_url: text.pipe(webhookUrlSchema(httpOnLoopback)).optional(),
				expirein: text
					.regex(/^[1-9]\d*$/, 'must be a string with a whole number of seconds')
					.optional(),
			},
			anObject,
		)
		.superRefine(({ messages, expirein }, context) => {
			const all = messages.flatMap(({ mobile_number }) => mobile_number);
			if (all.length > MAX_MESSAGES_TIMES_RECIPIENTS) {
				const most = `at most ${MAX_MESSAGES_TIMES_RECIPIENTS} may be`;
				context.addIssue(custom(`messages × recipients is ${all.length}; ${most}`));
			}
			const abroad = all.some((recipient) => recipient.abroad);
			if (abroad && Number(expirein) < MIN_EXPIRE_IN_ABROAD) {
				context.addIssue(
					custom(`expirein must be at least ${MIN_EXPIRE_IN_ABROAD} for numbers abroad`),
				);
			}
		});

/** A call's body in which KPN has found nothing wrong. */
export type Submission = z.infer<ReturnType<typeof currentSchema>>;

/**
 * What KPN's two APIs take as the parsed body of a call. The whole call is refused: all or nothing.
 * Fields that an API doesn't document are refused, so that a misspelt one is noticed here instead of
 * being ignored.
 *
 * @param httpOnLoopback whether a webhook on this machine may do without TLS
 */
export const submissionSchemas = (
	httpOnLoopback: boolean,
): Record<SmsApi, z.ZodType<Submission, z.ZodTypeDef, unknown>> => ({
	v1: v1Schema,
	current: currentSchema(httpOnLoopback),
});

/** The first thing that is wrong with a call's body, in words. */
export function problemOf({ issues: [issue] }: z.ZodError): string {
	const { path = [], message = '' } = issue ?? {};
	const names = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
	const what = names.join('').slice(1);
	if (issue?.code === 'unrecognized_keys') {
		return `${what || 'the body'} has an unknown field: ${issue.keys[0]}`;
	}
	// What concerns the whole says so itself.
	if (issue?.code === 'custom' && what === '') return message;
	return `${what || 'the body'} ${message}`;
}

const custom = (message: string) => ({ code: 'custom' as const, message });

/** What a transformation gives where it cannot. */
function problem(context: z.RefinementCtx, message: string): never {
	context.addIssue(custom(message));
	return z.NEVER;
}
