import type { IExecuteFunctions } from 'n8n-workflow';

import type { Wait } from './wait';

/** The names of the tokens in the query: short, for the link is paid for. */
export const LINK = 'a';
export const REPORT = 'r';

const OWN_MACHINE = /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/;

export interface Addresses {
	/** For the recipient. */
	link: string;
	/** For KPN's reports. n8n signs path and query: neither address can be made of the other. */
	report: string;
}

export const addressesOf = (context: IExecuteFunctions, wait: Wait): Addresses => ({
	link: context.getSignedResumeUrl({ [LINK]: wait.linkToken }),
	report: context.getSignedResumeUrl({ [REPORT]: wait.reportToken }),
});

const isOwnMachine = (url: string): boolean => OWN_MACHINE.test(new URL(url).hostname);

/** Whether KPN can post there: to https, or a sandbox to its own machine. */
export const takesReports = (url: string): boolean =>
	new URL(url).protocol === 'https:' || isOwnMachine(url);

const CHANGE_IT =
	'Set WEBHOOK_URL, a setting of n8n, to the https address at which the internet reaches it.';

/** Why a link cannot be opened on a phone, or a report cannot come, before an SMS is spent on it. */
export function addressProblem(
	{ link, report }: Addresses,
	waitsForReport: boolean,
	production: boolean,
): string | undefined {
	if (production && isOwnMachine(link)) {
		return `This n8n has the address ${new URL(link).origin}, which nobody but this machine can open. ${CHANGE_IT}`;
	}
	if (waitsForReport && !takesReports(report)) {
		return `KPN posts delivery reports to https addresses, and this n8n has the address ${new URL(report).origin}. ${CHANGE_IT}`;
	}
	return undefined;
}
