import { readMobileNumber } from './mobileNumber';
import { parseInput, phoneSchema } from './schemas';
import type { PhoneState, ReportPlan } from './schemas';

/** The reports on an SMS to a phone, in order, unless a plan says otherwise. */
const REPORTS: Record<PhoneState, ReportPlan['reports']> = {
	on: [{ status: 1 }],
	// KPN keeps trying until the message expires.
	off: [{ status: 2 }, { status: 6, errorCode: '024' }],
	outOfReach: [{ status: 2 }, { status: 4, errorCode: '007' }],
	barred: [{ status: 5, errorCode: '003' }],
};

/** The phones that are switched off, out of reach or barred. */
export class Phones {
	readonly states = new Map<string, PhoneState>();

	/** @throws TypeError saying in words what is wrong */
	switch(value: unknown): void {
		const { mobileNumber, state } = parseInput(phoneSchema, value, 'a state of a phone');
		const number = readMobileNumber(mobileNumber)?.e164;
		if (number === undefined) throw new TypeError(`Not a mobile number: ${mobileNumber}`);
		if (state === 'on') this.states.delete(number);
		else this.states.set(number, state);
	}

	reportsFor(recipient: string): ReportPlan['reports'] {
		return REPORTS[this.states.get(recipient) ?? 'on'];
	}
}
