import {
	NodeOperationError,
	SEND_AND_WAIT_OPERATION,
	type IDataObject,
	type IExecuteFunctions,
	type IExecutePaginationFunctions,
	type INodeExecutionData,
	type INodePropertyOptions,
	type NodeExecutionHint,
} from 'n8n-workflow';
import { version } from 'n8n-workflow/package.json';
import omit from 'lodash/omit';

import { isAwaited, type ItemResult } from '../output/itemResult';
import type { RunItem } from '../check/checkItems';
import { splitMobileNumbers } from '../check/mobileNumber';
import { sendItems } from '../send/sendItems';
import { resumeUrlsOf, resumeUrlsProblem, canReceiveReports } from '../wait/resumeUrls';
import { isHumanReview, itemsAt } from '../wait/outputs';
import { readQuestion } from '../wait/question';
import { startWait } from '../wait/startWait';
import { readTimeLimit } from '../wait/timeLimit';
import { waitOfRun, type Wait } from '../wait/wait';
import { hintsOf } from '../output/hints';
import { invalidRun } from '../output/invalidRun';
import { readRequestSettings, type RequestOptions, type RequestSettings } from './requestSettings';

export const sendAndWaitOperation: INodePropertyOptions = {
	name: 'Send and Wait',
	value: SEND_AND_WAIT_OPERATION,
	action: 'Send an SMS and wait for what comes back',
	description: 'Send an SMS, and go on once it is answered or has arrived',
	// A tool has no execution of its own that could wait: for an agent, n8n has the human review.
	displayOptions: { hide: { '@tool': [true] } },
	routing: {
		request: { method: 'POST' },
		send: { paginate: true },
		operations: { pagination: rejectRouting },
	},
};

/** The first n8n that hands on more than one output of a node that has waited. */
const MIN_N8N_VERSION = [2, 39] as const;

/** The default of Maximum Parts in a human review, whose text an AI Agent writes. */
const MAX_REVIEW_PARTS = 4;

interface PreparedMessage {
	request: RequestSettings;
	runItem: RunItem;
	/** Undefined if the item is invalid. */
	plan?: {
		waitTill: Date;
		/** Shown in the editor. */
		hint?: string;
	};
}

/**
 * Sends one SMS, and has the execution wait for the delivery report or for an answer. A message whose
 * outcome is unknown is waited for as well, for it may have arrived; one that was refused is not, nor
 * one that another execution has sent: its link and its report lead there.
 */
export async function sendAndWait(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const node = this.getNode();
	if (!isHumanReview(node) || node.onError === 'stopWorkflow') return await sendThenWait.call(this);
	try {
		return await sendThenWait.call(this);
	} catch (error) {
		// n8n goes on without a review that failed, and tells the agent that the user said no.
		const { message } = error as Error;
		return itemsAt(node, 'notDelivered', [{ json: { outcome: 'refused', message } }]);
	}
}

async function sendThenWait(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const node = this.getNode();
	const inputs = this.getInputData().map((_, itemIndex) => ({ itemIndex }));
	if (inputs.length === 0) return itemsAt(node, 'noAnswer', []);
	const wait = waitOfRun(this);
	let prepared: PreparedMessage;
	try {
		prepared = await prepareMessage(this, wait);
	} catch (error) {
		return itemsAt(node, 'notDelivered', await invalidRun(this, inputs, error));
	}
	const { request, runItem, plan } = prepared;
	const isRetry = wait.execution !== this.getExecutionId();
	const { items, results } = await sendItems(this, [runItem], request, { waits: true, isRetry });

	const [item] = items;
	const [result] = results;
	const isElsewhere = result !== undefined && isSentElsewhere(result);
	const hint = plan && isElsewhere ? NOT_AWAITED : plan?.hint;
	this.addExecutionHints?.(...hintsOf(results), ...hintOf(hint));
	if (!plan || !item || !result || !('item' in result) || isRefused(result)) {
		return itemsAt(node, 'notDelivered', items);
	}
	if (result.item.options.dryRun) {
		return itemsAt(node, 'noAnswer', [
			{ ...item, json: { ...item.json, content: result.item.content } },
		]);
	}
	if (isElsewhere) {
		item.json.message = `${String(item.json.message)} ${NOT_AWAITED}`;
		return itemsAt(node, 'noAnswer', items);
	}
	await startWait(this, wait, plan.waitTill, sentFields(item.json));
	// While it waits, n8n shows this as the node's output; what ends the wait takes its place.
	return itemsAt(node, 'noAnswer', items);
}

/**
 * Reads and checks all that the message and the wait are made of: a mistake must not cost an SMS.
 *
 * @throws Error if it is not for one item, or a setting cannot be used
 */
async function prepareMessage(context: IExecuteFunctions, wait: Wait): Promise<PreparedMessage> {
	checkVersion();
	const input = context.getInputData();
	if (input.length > 1) throw new Error(severalItemsProblem(input.length));
	const requestOptions = context.getNodeParameter('requestOptions', 0, {}) as RequestOptions;
	const request = await readRequestSettings(context, requestOptions);
	const { question, content, responseType, problems } = readQuestion(context);
	wait.question = question;
	const options = context.getNodeParameter('options', 0, {}) as IDataObject;
	const { limitWaitTime, ...sendOptions } = options;
	const dryRun = sendOptions.dryRun === true;
	const hasReports = request.api === 'current';
	const waitsForReport = responseType === 'deliveryReport';
	if (waitsForReport && !hasReports) problems.push(NEEDS_CURRENT_API);
	const mobileNumber = context.getNodeParameter('mobileNumber', 0);
	const numbers = [...splitMobileNumbers(mobileNumber)].length;
	if (numbers > 1) problems.push(severalNumbersProblem(numbers));
	const waitTill = readTimeLimit(limitWaitTime, Date.now(), (isoDate) =>
		Number(context.evaluateExpression(`{{ DateTime.fromISO("${isoDate}").toMillis() }}`, 0)),
	);
	if ('problem' in waitTill) problems.push(waitTill.problem);
	const resumeUrls = resumeUrlsOf(context, wait);
	const isProduction = request.credential.environment !== 'custom';
	const urlProblem = resumeUrlsProblem(resumeUrls, waitsForReport && hasReports, isProduction);
	if (urlProblem !== undefined && !dryRun) problems.push(urlProblem);
	if (problems.length > 0 || 'problem' in waitTill) {
		return { request, runItem: { itemIndex: 0, problems, dryRun } };
	}

	const withReport = hasReports && canReceiveReports(resumeUrls.report);
	const hint = urlProblem ?? (hasReports && !withReport ? NO_REPORT_HINT : undefined);
	const text = textWithLink(content, question && resumeUrls.link);
	const runItem: RunItem = {
		itemIndex: 0,
		body: {
			sender: context.getNodeParameter('sender', 0),
			messages: [{ mobile_number: mobileNumber, content: text }],
		},
		input: input[0]?.json ?? {},
		options: {
			...(isHumanReview(context.getNode()) && { maximumParts: MAX_REVIEW_PARTS }),
			...sendOptions,
			...(withReport && { deliveryReportUrl: resumeUrls.report }),
		},
		text: {
			field: 'Message',
			...(question && { note: `The link takes ${resumeUrls.link.length} characters of it.` }),
		},
	};
	return { request, runItem, plan: { waitTill, hint } };
}

async function rejectRouting(this: IExecutePaginationFunctions): Promise<INodeExecutionData[]> {
	throw new NodeOperationError(
		this.getNode(),
		'Nothing was sent: Send and Wait does not work as a tool. Add KPN SMS as a human review between the AI Agent and its tool.',
	);
}

const severalItemsProblem = (count: number): string =>
	`Send and Wait takes one item, and ${count} came in. Put a Loop Over Items node before it, with a Batch Size of 1: then one after the other is sent and waited for.`;

const severalNumbersProblem = (count: number): string =>
	`Mobile Number has ${count} numbers. Send and Wait takes one: with several, nobody could tell who answered.`;

const NEEDS_CURRENT_API =
	'Delivery reports come with the current SMS API only. Choose it in the credential, or wait for an answer.';

const NO_REPORT_HINT =
	'An SMS that does not arrive goes unnoticed: KPN posts delivery reports to https addresses only, and this n8n has none.';

function checkVersion(): void {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	if (major > MIN_N8N_VERSION[0] || (major === MIN_N8N_VERSION[0] && minor >= MIN_N8N_VERSION[1]))
		return;
	throw new Error(
		`Send and Wait needs n8n ${MIN_N8N_VERSION.join('.')} or newer. Send works on this one, too.`,
	);
}

/** Empty for what is not text, so that the check of the item finds that. */
function textWithLink(content: unknown, link: string | undefined): string {
	const text = typeof content === 'number' ? String(content) : content;
	if (typeof text !== 'string' || text.trim() === '') return '';
	return link === undefined ? text : `${text.trimEnd()}\n${link}`;
}

const NOT_AWAITED =
	'What comes back goes to the execution that sent it: this one does not wait for it.';

const isSentElsewhere = (result: ItemResult): boolean =>
	'item' in result && !result.item.options.dryRun && !isRefused(result) && !isAwaited(result);

const isRefused = (result: ItemResult): boolean =>
	!('outcomes' in result) || result.outcomes.some(({ outcome }) => outcome === 'refused');

const hintOf = (message: string | undefined): NodeExecutionHint[] =>
	message === undefined ? [] : [{ message, location: 'outputPane' }];

/** The output of the message, without the failure of one whose outcome is unknown. */
function sentFields({ outcome, ...json }: IDataObject): IDataObject {
	const textFields = ['message', 'kpnMessage', 'kpnCode', 'statusCode', 'retryable'];
	return { ...omit(json, textFields), sending: outcome };
}
