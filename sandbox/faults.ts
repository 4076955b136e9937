import { z } from 'zod';
import { asE164 } from './numbers';
import { DEFAULT_SENDER } from './submission';
import type { Fault } from './types';

const milliseconds = z.number().nonnegative();

const answerSchema = z.discriminatedUnion('kind', [
	z.strictObject({
		kind: z.literal('http'),
		status: z.number().int().min(200).max(599),
		shape: z.enum(['errorResponse', 'apigee', 'product', 'html', 'text', 'empty']).optional(),
		body: z.union([z.string(), z.record(z.unknown()), z.array(z.unknown())]).optional(),
		headers: z.record(z.string()).optional(),
	}),
	z.strictObject({ kind: z.literal('quote'), status: z.number().int().min(200).max(599) }),
	z.strictObject({ kind: z.literal('reset') }),
	z.strictObject({
		kind: z.literal('truncate'),
		status: z.number().int().min(200).max(599).optional(),
	}),
	z.strictObject({ kind: z.literal('hang') }),
	z.strictObject({ kind: z.literal('drip'), everyMs: z.number().positive() }),
]);

const faultSchema = z
	.strictObject({
		on: z.enum(['send', 'token', 'settings']).optional(),
		match: z
			.strictObject({
				content: z.string().optional(),
				mobileNumber: z.string().optional(),
				sender: z.string().optional(),
			})
			.optional(),
		skip: z.number().int().nonnegative().optional(),
		times: z.number().int().positive().nullable().optional(),
		delayMs: milliseconds.optional(),
		accept: z.boolean().optional(),
		refuseConnectionsForMs: milliseconds.optional(),
		answer: answerSchema.optional(),
	})
	.refine((fault) => fault.on !== 'token' || (fault.match === undefined && !fault.accept), {
		message: 'a token call holds no messages: match and accept go with send only',
	})
	.refine((fault) => fault.on !== 'settings' || fault.match === undefined, {
		message: 'a settings call holds no messages: match goes with send only',
	});

/**
 * Checks what is to become a fault.
 * @throws TypeError saying in words what is wrong with it
 */
export function readFault(value: unknown): Fault {
	const read = faultSchema.safeParse(value);
	if (read.success) return read.data;
	const reasons = read.error.issues.map(({ path, message }) =>
		path.length === 0 ? message : `${path.join('.')}: ${message}`,
	);
	throw new TypeError(`Not a fault: ${reasons.join('; ')}`);
}

/** The faults still to come, in the order in which they were injected. */
export class Faults {
	private waiting: Array<{ fault: Fault; skip: number; times: number }> = [];

	add(fault: Fault): void {
		const { skip = 0, times = 1 } = fault;
		this.waiting.push({ fault, skip, times: times ?? Infinity });
	}

	clear(): void {
		this.waiting = [];
	}

	/** The fault that hits this token call, if any; it is then used up by one. */
	forTokenCall(): Fault | undefined {
		return this.take((fault) => fault.on === 'token');
	}

	/** The fault that hits this send call, if any; it is then used up by one. */
	forSendCall(body: unknown): Fault | undefined {
		return this.take((fault) => (fault.on ?? 'send') === 'send' && matches(fault.match, body));
	}

	/** The fault that hits this call of the webhook settings, if any; it is then used up by one. */
	forSettingsCall(): Fault | undefined {
		return this.take((fault) => fault.on === 'settings');
	}

	private take(concerns: (fault: Fault) => boolean): Fault | undefined {
		let hit: Fault | undefined;
		for (const entry of this.waiting) {
			if (!concerns(entry.fault)) continue;
			// Every fault counts the calls it lets pass, so two faults don't shift each other.
			if (entry.skip > 0) entry.skip--;
			else if (hit === undefined) {
				entry.times--;
				hit = entry.fault;
			}
		}
		this.waiting = this.waiting.filter(({ times }) => times > 0);
		return hit;
	}
}

// The body may be anything: faults also hit calls that KPN would refuse.
const looseBody = z.object({ sender: z.unknown(), messages: z.array(z.unknown()).catch([]) });
const looseMessage = z.object({
	content: z.string().catch(''),
	mobile_number: z.string().catch(''),
});

function matches(match: Fault['match'], body: unknown): boolean {
	if (match === undefined) return true;
	const call = looseBody.safeParse(body).data;
	if (call === undefined) return false;
	const { content = '', mobileNumber, sender } = match;
	if (sender !== undefined && (call.sender ?? DEFAULT_SENDER) !== sender) return false;
	return call.messages.some((value) => {
		const message = looseMessage.safeParse(value).data;
		if (message === undefined || !message.content.includes(content)) return false;
		if (mobileNumber === undefined) return true;
		return message.mobile_number.split(',').map(asE164).includes(asE164(mobileNumber));
	});
}
