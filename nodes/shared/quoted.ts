import type { KpnWords } from './kpnWords';

/** A sentence with what KPN said, empty if it said nothing; with its code, unless that is the HTTP status. */
export function quoted({ message, code }: KpnWords, statusCode?: number): string {
	if (message === undefined) return '';
	const told = code === undefined || code === String(statusCode) ? '' : ` (${code})`;
	return `KPN says: “${message}”${told}.`;
}

/** One text of several sentences, any of which may be empty. */
export const together = (...sentences: string[]): string => sentences.filter(Boolean).join(' ');
