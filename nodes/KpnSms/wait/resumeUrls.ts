import type { IExecuteFunctions } from 'n8n-workflow';

import type { Wait } from './wait';

/** The names of the tokens in the query: short, as each character of the link is billed. */
export const LINK_PARAMETER = 'a';
export const REPORT_PARAMETER = 'r';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/;

export interface ResumeUrls {
	/** For the recipient. */
	link: string;
	/** For KPN's reports. n8n signs path and query: neither address can be made of the other. */
	report: string;
}

export const resumeUrlsOf = (context: IExecuteFunctions, wait: Wait): ResumeUrls => ({
	link: context.getSignedResumeUrl({ [LINK_PARAMETER]: wait.linkToken }),
	report: context.getSignedResumeUrl({ [REPORT_PARAMETER]: wait.reportToken }),
});

const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname);

/** Whether KPN can post there: to https, or a sandbox to its own machine. */
export const canReceiveReports = (url: string): boolean =>
	new URL(url).protocol === 'https:' || isLoopback(url);

const SET_WEBHOOK_URL =
	'Set WEBHOOK_URL, a setting of n8n, to the https address at which the internet reaches it.';

/** Why a link cannot be opened on a phone, or a report cannot come, before an SMS is spent on it. */
export function resumeUrlsProblem(
	{ link, report }: ResumeUrls,
	waitsForReport: boolean,
	production: boolean,
): string | undefined {
	if (production && isLoopback(link)) {
		return `This n8n has the address ${new URL(link).origin}, which nobody but this machine can open. ${SET_WEBHOOK_URL}`;
	}
	if (waitsForReport && !canReceiveReports(report)) {
		return `KPN posts delivery reports to https addresses, and this n8n has the address ${new URL(report).origin}. ${SET_WEBHOOK_URL}`;
	}
	return undefined;
}
