import type {
	IDataObject,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import omit from 'lodash/omit';

import { isRecord } from '../../shared/isRecord';
import { readEvents } from '../../shared/webhookEvent';
import { LINK_PARAMETER, REPORT_PARAMETER } from './resumeUrls';
import { readAnswer } from './answer';
import { endedItemAt } from './outputs';
import { closedPage, PAGE_HEADERS, questionPage, thanksPage } from './page';
import { waitOfRequest, type Wait } from './wait';
import { textsFor, type PageTexts } from './pageTexts';

const webhookFor = (httpMethod: 'GET' | 'POST'): IWebhookDescription => ({
	name: 'default',
	httpMethod,
	responseMode: 'onReceived',
	responseData: '',
	path: '={{ $nodeId }}',
	restartWebhook: true,
	isFullPath: true,
});

/** Where a waiting execution is woken: n8n has checked the signature of the address by then. */
export const WEBHOOKS = [webhookFor('GET'), webhookFor('POST')];

/**
 * Takes what comes to the address of a waiting execution. KPN's reports and the recipient's answers
 * come to addresses of their own, each signed; only a POST ends the wait, and n8n takes only one.
 */
export async function resume(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const query = context.getQueryData() as Record<string, unknown>;
	const wait = waitOfRequest(context);
	if (query[REPORT_PARAMETER] !== undefined) {
		return await handleReport(
			context,
			wait?.reportToken === query[REPORT_PARAMETER] ? wait : undefined,
		);
	}
	const texts = textsFor(context.getRequestObject().headers['accept-language']);
	const { question } = wait ?? {};
	if (!wait || !question || wait.linkToken !== query[LINK_PARAMETER]) {
		return respond(context, 410, closedPage(texts));
	}
	if (context.getRequestObject().method !== 'POST') {
		return respond(context, 200, questionPage(question, texts));
	}
	return handleAnswer(context, wait, texts);
}

function handleAnswer(
	context: IWebhookFunctions,
	wait: Wait,
	texts: PageTexts,
): IWebhookResponseData {
	const { question, sent } = wait;
	if (!question) return respond(context, 410, closedPage(texts));
	const { 'content-type': contentType = '' } = context.getRequestObject().headers;
	const body = context.getBodyData();
	const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType) && isRecord(body);
	const answer = readAnswer(question, isForm ? body : {}, texts);
	if ('problem' in answer) {
		return respond(context, 422, questionPage(question, texts, answer.problem, answer.typed));
	}
	const respondedAt = new Date().toISOString();
	// Not sent here: n8n sends it once it has taken the answer, and says so if another was first.
	setHeaders(context);
	return {
		webhookResponse: thanksPage(texts, answer.shown),
		workflowData: endedItemAt(context.getNode(), 'answered', {
			outcome: 'answered',
			...sent,
			// The link came with the SMS.
			delivery: 'delivered',
			respondedAt,
			data: { ...answer.data, respondedAt },
		}),
	};
}

/** Only a report that is final ends the wait; an SMS that has arrived may still be answered. */
async function handleReport(
	context: IWebhookFunctions,
	wait: Wait | undefined,
): Promise<IWebhookResponseData> {
	if (context.getRequestObject().method !== 'POST') {
		context.getResponseObject().status(405).json({ message: 'For delivery reports of KPN' });
		return { noWebhookResponse: true };
	}
	const report = wait && (await finalReport(context));
	const accepted = { webhookResponse: { message: 'Taken' } };
	if (!report) return accepted;
	const delivered = report.status === 'delivered';
	if (delivered && wait.question) return accepted;
	return {
		...accepted,
		workflowData: endedItemAt(context.getNode(), delivered ? 'answered' : 'notDelivered', {
			outcome: delivered ? 'delivered' : 'notDelivered',
			...wait.sent,
			delivery: report.status,
			respondedAt: new Date().toISOString(),
			report: omit(report, 'event', 'final', 'attempt', 'keyId', 'body'),
		}),
	};
}

async function finalReport(context: IWebhookFunctions): Promise<IDataObject | undefined> {
	const request = context.getRequestObject();
	await request.readRawBody();
	const events = Buffer.isBuffer(request.rawBody) ? readEvents(request.rawBody, {}) : undefined;
	return events?.findLast(({ kind, json }) => kind === 'deliveryReport' && json.final === true)
		?.json;
}

function setHeaders(context: IWebhookFunctions): void {
	const response = context.getResponseObject();
	for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
}

function respond(context: IWebhookFunctions, status: number, page: string): IWebhookResponseData {
	setHeaders(context);
	context.getResponseObject().status(status).send(page);
	return { noWebhookResponse: true };
}
