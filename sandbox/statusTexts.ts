import { ERROR_CODES } from '../nodes/shared/reportCodes';
import type { ReportStatus } from './schemas';
import type { PhoneStatus, WebhookStatus, WebhookDelivery } from './webhookTypes';

const PHONE_STATUSES: Record<ReportStatus, PhoneStatus> = {
	1: { state: 'delivered', words: 'Delivered' },
	2: { state: 'accepted', words: 'Queued' },
	3: { state: 'accepted', words: 'Accepted' },
	4: { state: 'failed', words: 'Failed' },
	5: { state: 'failed', words: 'Rejected' },
	6: { state: 'failed', words: 'Expired' },
};

/** What became of a message, from the status and the error code that KPN reports. */
export function phoneStatusOf(status: ReportStatus, errorCode?: string): PhoneStatus {
	const { state, words } = PHONE_STATUSES[status];
	if (errorCode === undefined) return { state, words };
	// After the colon, the text has advice for senders.
	const meaning = ERROR_CODES[errorCode]?.split(':')[0]?.toLowerCase() ?? 'error';
	return { state, words: `${words}: ${meaning} (${errorCode})` };
}

export const NO_WEBHOOK: WebhookStatus = {
	taken: false,
	words:
		'Nobody listens: KPN has no webhook URL. Publish a workflow with a KPN SMS Trigger, then write again.',
};

/** The result of one of so many attempts to post an event, for users who are new to webhooks. */
export function webhookStatusOf(delivery: WebhookDelivery, attempts: number): WebhookStatus {
	const { event, url, status, notSent, attempt } = delivery;
	const report = event === 'deliveryReport';
	if (status !== null && status >= 200 && status < 300) {
		return { taken: true, words: report ? 'Report taken' : 'Taken' };
	}
	const what = report ? 'Its delivery report' : 'It';
	if (notSent) {
		return {
			taken: false,
			words: `${what} was not sent: the sandbox posts to this machine only, not to ${url}`,
		};
	}
	const [result, advice] = status === null ? unanswered(url) : answered(status, url);
	const next = attempt < attempts ? 'It is tried again.' : `Given up after ${attempts} attempts.`;
	return { taken: false, words: `${what} ${result}. ${advice} ${next}` };
}

function unanswered(url: string): [string, string] {
	return [`found nobody: nothing answers at ${url}`, 'Is n8n running at this address?'];
}

function answered(status: number, url: string): [string, string] {
	const answer = `${url} answered ${status}`;
	if (status === 401 || status === 403) {
		return [`was refused: ${answer}`, 'The trigger there has another signing secret.'];
	}
	if (status !== 404) return [`was not taken: ${answer}`, 'See the executions in n8n.'];
	const advice = url.includes('/webhook-test/')
		? 'This is a test URL, where n8n listens only while you test: use the Production URL.'
		: 'Publish the workflow whose KPN SMS Trigger has this URL, or correct the URL.';
	return [`found nobody: ${answer}`, advice];
}
