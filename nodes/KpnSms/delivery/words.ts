import type { INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import type { KpnWords } from '../../shared/kpnWords';
import type { Refusal } from './draft';
import type { Delivery, ItemResult } from './item';
import type { Failure } from './outcome';

/** Why an item was not delivered, for the person who built the workflow. */
export interface ItemFailure {
	outcome: 'refused' | 'unknown';
	/** What happened, in one sentence. */
	message: string;
	/** KPN's own words about it, quoted; empty if there are none. */
	quote: string;
	/** What to do about it. */
	advice: string;
	kpn: KpnWords;
	statusCode?: number;
	retryable: boolean;
}

/** As many failed items as a person reads; the rest is counted. */
const ITEMS_NAMED = 10;

export function failureOf(result: ItemResult): ItemFailure {
	if ('problems' in result) {
		return {
			outcome: 'refused',
			message: `Not sent: ${result.problems.join(' ')}`,
			quote: '',
			advice: 'Correct this item and send it again.',
			kpn: {},
			retryable: false,
		};
	}
	const failures = failuresOf(result);
	const worst = failures.find(({ outcome }) => outcome === 'unknown') ?? failures[0];
	if (!worst) throw new Error('An item that was delivered has no failure');
	const { outcome, advice, kpn, statusCode } = worst;
	return {
		outcome,
		message: sentence(worst, shareOf(result, worst)),
		quote: quote(kpn, statusCode),
		advice,
		kpn,
		statusCode,
		retryable: failures.every(({ retryable }) => retryable),
	};
}

/** For the error output: an item that was not delivered. */
export const itemError = (node: INode, itemIndex: number, failure: ItemFailure): NodeApiError =>
	apiError(node, {
		message: together(failure.message, failure.quote),
		description: failure.advice,
		statusCode: failure.statusCode,
		itemIndex,
	});

/** For "Stop Workflow": some items cannot be sent, so none was. */
export function precheckError(
	node: INode,
	refusals: Refusal[],
	total: number,
	acceptedBefore: number,
): NodeApiError {
	const [first] = refusals;
	const itemIndex = first?.itemIndex;
	const nothing = acceptedBefore === 0 ? 'Nothing was sent' : 'Nothing more was sent';
	if (total === 1 && first) {
		return apiError(node, { message: `${nothing}: ${first.problems.join(' ')}`, itemIndex });
	}
	const lines = refusals.map((one) => `[item ${one.itemIndex}] ${one.problems.join(' ')}`);
	return apiError(node, {
		message: `${nothing}: ${refusals.length} of ${total} items must be corrected first`,
		description: lineUp(lines),
		itemIndex,
	});
}

/** For "Stop Workflow": what was sent, what not, what is unknown, and what a retry would do. */
export function stopError(node: INode, results: ItemResult[]): NodeApiError {
	const failed = results
		.filter(isDelivery)
		.filter((result) => failuresOf(result).length > 0)
		.map((result) => ({ itemIndex: result.draft.itemIndex, ...failureOf(result) }));
	const [first] = failed;
	const { statusCode, itemIndex } = first ?? {};
	// n8n writes the message into its log: KPN's words, which may hold a number, go beside it.
	if (results.length === 1 && first) {
		const description = escapeHtml(together(first.quote, first.advice));
		return apiError(node, { message: first.message, description, statusCode, itemIndex });
	}
	const lines = failed.map((one) =>
		together(`[item ${one.itemIndex}]`, one.message, one.quote, one.advice),
	);
	return apiError(node, {
		message: `Not all items were sent: ${tally(results)}`,
		description: `${lineUp(lines)}<br>${RETRY}`,
		statusCode,
		itemIndex,
	});
}

export const together = (...sentences: string[]): string => sentences.filter(Boolean).join(' ');

interface ErrorParts {
	message: string;
	description?: string;
	statusCode?: number;
	itemIndex?: number;
}

function apiError(
	node: INode,
	{ message, description, statusCode, itemIndex }: ErrorParts,
): NodeApiError {
	const httpCode = statusCode?.toString();
	const error = new NodeApiError(node, {}, { message, description, httpCode, itemIndex });
	// n8n puts words of its own in place of a message that holds the name of a system error.
	error.message = message;
	return error;
}

const RETRY =
	'A retry sends only what was refused or not tried. What KPN accepted is never sent again; what is unknown, only with Delivery Guarantee At Least Once.';

function tally(results: ItemResult[]): string {
	const counts = { accepted: 0, 'partly accepted': 0, refused: 0, unknown: 0, 'not tried': 0 };
	for (const result of results.filter(isDelivery)) {
		const failures = failuresOf(result);
		if (failures.length === 0) counts.accepted++;
		else if (failures.some(({ outcome }) => outcome === 'unknown')) counts.unknown++;
		else if (failures.length < result.outcomes.length) counts['partly accepted']++;
		else if (failures.every(({ notTried }) => notTried)) counts['not tried']++;
		else counts.refused++;
	}
	return Object.entries(counts)
		.filter(([, count]) => count > 0)
		.map(([name, count]) => `${count} ${name}`)
		.join(', ');
}

const isDelivery = (result: ItemResult): result is Delivery => 'draft' in result;

const failuresOf = ({ outcomes }: Delivery): Failure[] =>
	outcomes.filter((outcome): outcome is Failure => outcome.outcome !== 'accepted');

function sentence({ outcome, meaning, systemCode, notTried }: Failure, share: string): string {
	const what = systemCode === undefined ? meaning : `${meaning} (${systemCode})`;
	if (notTried) return `Not sent${share}, because sending had ended: ${what}.`;
	return outcome === 'unknown'
		? `Unknown whether KPN took the SMS${share}: ${what}.`
		: `Not sent${share}: ${what}.`;
}

/** Which of several recipients it is about, by the last digits of their numbers. */
function shareOf({ draft, outcomes }: Delivery, about: Failure): string {
	if (outcomes.length === 1) return '';
	const theirs = draft.recipients.filter((_, index) => outcomes[index]?.outcome === about.outcome);
	const named = theirs.slice(0, ITEMS_NAMED).map((recipient) => `…${recipient.slice(-3)}`);
	return ` to ${theirs.length} of ${outcomes.length} recipients (${named.join(', ')})`;
}

function quote({ message, code }: KpnWords, statusCode?: number): string {
	if (message === undefined) return '';
	const told = code === undefined || code === String(statusCode) ? '' : ` (${code})`;
	return `KPN says: “${message}”${told}.`;
}

/** n8n shows a description as HTML: in it only `<br>` begins a line, and KPN's words are no markup. */
function lineUp(lines: string[]): string {
	const more = lines.length - ITEMS_NAMED;
	return [...lines.slice(0, ITEMS_NAMED), ...(more > 0 ? [`… and ${more} more items.`] : [])]
		.map(escapeHtml)
		.join('<br>');
}

const escapeHtml = (text: string): string =>
	text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
