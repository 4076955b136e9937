import { writeFileSync } from 'node:fs';
import { parse, resolve } from 'node:path';

import { version } from '../../package.json';
import type { Findings } from './findings';

/** Where KPN is on this machine, as the sandbox is, it needs no address that the internet reaches. */
export const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost)(:|$)/;

/**
 * Writes what was found, into a file of its own.
 *
 * @param brokenOff why there is no more, in words that may be shown
 * @returns for the user: what was found, where it is, and what to do with it
 */
export function writeReport(findings: Findings, baseUrl: string, brokenOff?: string): string {
	if (findings.areEmpty()) return 'KPN has shown nothing yet, and no report is written.';
	const day = new Date().toISOString().slice(0, 10);
	const about = {
		Day: day,
		Package: `n8n-nodes-kpn-sms ${version}`,
		Asked: LOCAL.test(baseUrl) ? 'a KPN on this machine' : new URL(baseUrl).hostname,
		...(brokenOff && { 'Broken off': brokenOff }),
	};
	const wanted = resolve(process.env.KPN_CHECK_REPORT || `kpn-check-${day}.md`);
	const file = writeNew(wanted, findings.report(about));
	const advice = findings.count('contradicted')
		? ' Something is contradicted: please open an issue with it.'
		: '';
	return `${findings.summary()}: ${file}\nIt holds no secret, number or text.${advice}`;
}

/** A new file with that name, or with a number after it: an existing one is not overwritten. */
function writeNew(wanted: string, content: string): string {
	const { dir, name, ext } = parse(wanted);
	for (let number = 1; ; number++) {
		const file = number === 1 ? wanted : resolve(dir, `${name}-${number}${ext}`);
		try {
			writeFileSync(file, content, { flag: 'wx' });
			return file;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		}
	}
}
