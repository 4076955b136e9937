/** One number a message goes to. */
export interface Recipient {
	/** E.164, with +. */
	e164: string;
	abroad: boolean;
}

// 060, 067 and 069 are no mobile numbers [KPN definition]. 097 numbers (machines) have 11 digits.
const DUTCH_MOBILE = /^(?:0|\+31|0031)(6[1-68]\d{7}|97\d{9})$/;
const DUTCH = /^\+31/;
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * Reads one mobile number the way KPN writes them: 06…, +316…, 00316…, 097…, or E.164 for abroad.
 * Spaces and dashes make it unreadable: nothing says that KPN takes them.
 */
export function readMobileNumber(written: string): Recipient | undefined {
	const dutch = DUTCH_MOBILE.exec(written)?.[1];
	if (dutch !== undefined) return { e164: `+31${dutch}`, abroad: false };
	if (DUTCH.test(written) || !E164.test(written)) return undefined;
	return { e164: written, abroad: true };
}

/** The number as E.164 where it can be read, else as it was written. */
export function asE164(written: string): string {
	return readMobileNumber(written)?.e164 ?? written;
}
