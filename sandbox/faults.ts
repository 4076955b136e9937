import { z } from 'zod';
import type { Fault, Match } from './schemas';
import { asE164 } from './mobileNumber';
import { DEFAULT_SENDER } from './submission';

/** The faults still to come, in the order in which they were injected. */
export class Faults {
	private pending: Array<{ fault: Fault; skip: number; times: number }> = [];

	add(fault: Fault): void {
		const { skip = 0, times = 1 } = fault;
		this.pending.push({ fault, skip, times: times ?? Infinity });
	}

	clear(): void {
		this.pending = [];
	}

	/** The fault that hits this token call, if any; it is then used up by one. */
	forTokenCall(): Fault | undefined {
		return this.takeFirst((fault) => fault.on === 'token');
	}

	/** The fault that hits this send call, if any; it is then used up by one. */
	forSendCall(body: unknown): Fault | undefined {
		return this.takeFirst((fault) => (fault.on ?? 'send') === 'send' && matches(fault.match, body));
	}

	/** The fault that hits this call of the webhook settings, if any; it is then used up by one. */
	forSettingsCall(): Fault | undefined {
		return this.takeFirst((fault) => fault.on === 'settings');
	}

	private takeFirst(applies: (fault: Fault) => boolean): Fault | undefined {
		let hit: Fault | undefined;
		for (const entry of this.pending) {
			if (!applies(entry.fault)) continue;
			// Every fault counts the calls it lets pass, so two faults don't shift each other.
			if (entry.skip > 0) entry.skip--;
			else if (hit === undefined) {
				entry.times--;
				hit = entry.fault;
			}
		}
		this.pending = this.pending.filter(({ times }) => times > 0);
		return hit;
	}
}

// The body may be anything: faults also hit calls that KPN would refuse.
const looseBody = z.object({ sender: z.unknown(), messages: z.array(z.unknown()).catch([]) });
const looseMessage = z.object({
	content: z.string().catch(''),
	mobile_number: z.string().catch(''),
});

function matches(match: Match | undefined, body: unknown): boolean {
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
