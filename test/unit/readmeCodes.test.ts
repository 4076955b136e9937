import { RETURN_CODES, type ReturnCode } from '../../nodes/shared/returnCodes';
import { ERROR_CODES, STATUSES } from '../../nodes/shared/reportCodes';
import { readDocument, table } from './documents';

const readme = readDocument('README.md');
const reports = readDocument('docs/delivery-reports.md');

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

function taken({ taken: answer, retryable }: ReturnCode): string {
	if (answer === 'unknown') return 'Maybe';
	return retryable ? 'No; the node asks again' : 'No';
}

/** One row for each code, also where the README has several in one. */
const rows = table(readme, 'KPN answers').flatMap((row) =>
	(row['KPN answers'] ?? '').split(', ').map((code) => ({ ...row, 'KPN answers': code })),
);

test('every return code, in the words that the node has for it', () => {
	expect(rows).toEqual(
		Object.entries(RETURN_CODES).map(([code, entry]) => ({
			'KPN answers': `${code} ${entry.name}`,
			'Sent?': taken(entry),
			'What it means': capital(entry.meaning),
			'What to do': entry.advice,
		})),
	);
});

test('every status of a delivery report, and whether it is the last', () => {
	expect(table(reports, '`statusCode`').map((row) => Object.values(row))).toEqual(
		Object.entries(STATUSES).map(([code, { name, final }]) => [code, `\`${name}\``, String(final)]),
	);
});

test('every error code of a delivery report, in the words that the trigger has for it', () => {
	expect(table(reports, '`errorCode`').map((row) => Object.values(row))).toEqual(
		Object.entries(ERROR_CODES).map(([code, words]) => [`\`${code}\``, words]),
	);
});
