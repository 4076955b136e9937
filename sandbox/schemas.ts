import { z } from 'zod';

/** The schemas of what the sandbox takes, over HTTP and from tests. */

/** Which messages are meant; all, if it says nothing. */
const matchSchema = z.strictObject({
	/** Part of the content. */
	content: z.string().optional(),
	/** Compared as E.164. */
	mobileNumber: z.string().optional(),
	/** The exact sender; a call without one has 'KPN'. */
	sender: z.string().optional(),
});

const status = z.number().int().min(200).max(599);

const jsonObject = z.custom<object>((value) => typeof value === 'object' && value !== null, {
	message: 'neither a text nor JSON',
});

/** The shapes of an error by KPN, its gateway, or what is in between. */
const shapeSchema = z.enum(['errorResponse', 'apigee', 'product', 'html', 'text', 'empty']);

const answerSchema = z.discriminatedUnion('kind', [
	/**
	 * `body` wins over `shape`. Without both: 'errorResponse' for 400 and above; below that KPN's
	 * success body if the messages were taken, else nothing.
	 */
	z.strictObject({
		kind: z.literal('http'),
		status,
		shape: shapeSchema.optional(),
		body: z.union([z.string(), jsonObject]).optional(),
		headers: z.record(z.string()).optional(),
	}),
	/**
	 * The request, headers and body, as the page of a firewall or of a debugger quotes it; its token
	 * stands in `location`, too.
	 */
	z.strictObject({ kind: z.literal('quote'), status }),
	/** The socket is destroyed without an answer. */
	z.strictObject({ kind: z.literal('reset') }),
	/** Half of the success body, then the socket is destroyed. */
	z.strictObject({ kind: z.literal('truncate'), status: status.optional() }),
	/** Never answers. */
	z.strictObject({ kind: z.literal('hang') }),
	/** Headers, then one byte every so often, without end. */
	z.strictObject({ kind: z.literal('drip'), everyMs: z.number().positive() }),
]);

/** A fault of one or more calls. */
export const faultSchema = z
	.strictObject({
		/** Default 'send'. 'settings': a call of the webhook settings, for which only `answer`, `accept` and `delayMs` count. */
		on: z.enum(['send', 'token', 'settings']).optional(),
		/** Only calls holding such a message; default every call. */
		match: matchSchema.optional(),
		/** Let this many matching calls pass first, also those hit by another fault. Default 0. */
		skip: z.number().int().nonnegative().optional(),
		/** How many calls it hits, default 1; null: every one. */
		times: z.number().int().positive().nullable().optional(),
		/** Wait before doing it. */
		delayMs: z.number().nonnegative().optional(),
		/** With an `answer`: whether KPN takes the messages all the same. Default false. */
		accept: z.boolean().optional(),
		/** Stop listening with this call, for that long. */
		refuseConnectionsForMs: z.number().nonnegative().optional(),
		/** Default: the call is handled as usual. */
		answer: answerSchema.optional(),
	})
	.refine((fault) => fault.on !== 'token' || (fault.match === undefined && !fault.accept), {
		message: 'a token call holds no messages: match and accept go with send only',
	})
	.refine((fault) => fault.on !== 'settings' || fault.match === undefined, {
		message: 'a settings call holds no messages: match goes with send only',
	});

/** KPN's status codes: 1 delivered, 2 queued, 3 accepted, 4 failed, 5 rejected, 6 expired. */
const reportStatus = z.union([
	z.literal(1),
	z.literal(2),
	z.literal(3),
	z.literal(4),
	z.literal(5),
	z.literal(6),
]);

/** What KPN reports on messages, one report after the other. */
export const planSchema = z.strictObject({
	match: matchSchema.optional(),
	reports: z.array(
		z.strictObject({
			status: reportStatus,
			/** KPN's, e.g. '002'. */
			errorCode: z.string().optional(),
			/** Since the message or the report before; default the sandbox's `reportAfterMs`. */
			afterMs: z.number().nonnegative().optional(),
		}),
	),
});

/** What a phone sends. */
export const inboundSchema = z.strictObject({
	sender: z.string(),
	content: z.string().min(1),
	/** Default the sandbox's virtual number. */
	recipient: z.string().optional(),
});

const phoneState = z.enum(['on', 'off', 'outOfReach', 'barred']);

/** What a phone is to be from now on. */
export const phoneSchema = z.strictObject({ mobileNumber: z.string(), state: phoneState });

export type Match = z.infer<typeof matchSchema>;
export type ErrorShape = z.infer<typeof shapeSchema>;
export type FaultAnswer = z.infer<typeof answerSchema>;
export type Fault = z.infer<typeof faultSchema>;
export type ReportStatus = z.infer<typeof reportStatus>;
export type ReportPlan = z.infer<typeof planSchema>;
export type InboundRequest = z.infer<typeof inboundSchema>;
export type PhoneState = z.infer<typeof phoneState>;
export type PhoneChange = z.infer<typeof phoneSchema>;

/** @throws TypeError that says what is wrong with the value */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const reasons = result.error.issues.map(({ path, message }) =>
		path.length === 0 ? message : `${path.join('.')}: ${message}`,
	);
	throw new TypeError(`Not ${name}: ${reasons.join('; ')}`);
}
