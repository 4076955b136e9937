import groupBy from 'lodash/groupBy';

import { ERROR_CODES, STATUSES } from '../../nodes/shared/reportCodes';
import { RETURN_CODES, type ReturnCode } from '../../nodes/shared/returnCodes';
import { ASSUMPTIONS } from '../checkKpn/assumptions';
import { capital, definitions, list, table } from './markdown';

/** KPN's codes, in the words that the nodes have for them, and what is taken for granted about KPN. */
export function codes(): Record<string, string> {
	const all = Object.entries(RETURN_CODES);
	const unknown = all.filter(([, { outcome }]) => outcome === 'unknown');
	const refused = all.filter(([, { outcome }]) => outcome === 'refused');
	return {
		'codes-refused': answers(refused.filter(([, { retryable }]) => !retryable)),
		'codes-asked-again': answers(refused.filter(([, { retryable }]) => retryable)),
		'codes-unknown': answers(unknown),
		'report-statuses': table(
			['`statusCode`', '`status`', '`final`'],
			Object.entries(STATUSES).map(([code, { name, final }]) => [
				code,
				`\`${name}\``,
				String(final),
			]),
		),
		'report-error-codes': definitions(Object.keys(ERROR_CODES), ERROR_CODES),
		assumptions: definitions(Object.keys(ASSUMPTIONS), ASSUMPTIONS),
	};
}

/** Codes that mean the same stand together; advice that all have in common stands before them. */
function answers(entries: Array<[code: string, entry: ReturnCode]>): string {
	const advice = new Set(entries.map(([, entry]) => entry.advice));
	const common = advice.size === 1 ? [...advice].join() : '';
	const alike = groupBy(
		entries,
		([, entry]) => `${capital(entry.meaning)}. ${common ? '' : entry.advice}`,
	);
	const lines = Object.entries(alike).map(
		([words, those]) =>
			`${those.map(([code, { name }]) => `**${code} ${name}**`).join(', ')}: ${words.trim()}`,
	);
	return [common, list(lines)].filter(Boolean).join('\n\n');
}
