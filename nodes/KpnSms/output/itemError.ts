import type { INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { formatKpnError, joinSentences, type KpnError } from '../../shared/kpnError';
import { MAX_SHOWN } from './groupItems';
import { isFailure, type ItemOutcomes, type ItemResult } from './itemResult';

/** Why an item was not accepted, for the person who built the workflow. */
interface ItemFailure {
	outcome: 'refused' | 'unknown';
	/** What happened, in one sentence. */
	message: string;
	/** KPN's own words about it, quoted; empty if there are none. */
	quote: string;
	/** What to do about it. */
	advice: string;
	kpn: KpnError;
	statusCode?: number;
	retryable: boolean;
}

export function failureOf(result: ItemResult): ItemFailure {
	if ('problems' in result) {
		return {
			outcome: 'refused',
			message: `Not sent: ${result.problems.join(' ')}`,
			quote: '',
			// The problems say it.
			advice: '',
			kpn: {},
			retryable: false,
		};
	}
	const failures = failuresOf(result);
	const worst = failures.find(({ outcome }) => outcome === 'unknown') ?? failures[0];
	if (!worst) throw new Error('An item that was accepted has no failure');
	const { outcome, advice, kpn, statusCode, systemCode } = worst;
	return {
		outcome,
		message: failureSentence(worst, recipientShare(result, worst)),
		// In the message, n8n would take it for its own to word, where a workflow calls this one.
		quote: joinSentences(
			formatKpnError(kpn, statusCode),
			systemCode === undefined ? '' : `(${systemCode})`,
		),
		advice,
		kpn,
		statusCode,
		// The item again would go to all of its recipients.
		retryable:
			failures.length === result.outcomes.length && failures.every(({ retryable }) => retryable),
	};
}

/** For the error output: an item that was not accepted. */
export const itemError = (node: INode, itemIndex: number, failure: ItemFailure): NodeApiError =>
	apiError(node, {
		message: joinSentences(failure.message, failure.quote),
		description: failure.advice || undefined,
		statusCode: failure.statusCode,
		itemIndex,
	});

interface ErrorParts {
	message: string;
	description?: string;
	statusCode?: number;
	itemIndex?: number;
}

export function apiError(
	node: INode,
	{ message, description, statusCode, itemIndex }: ErrorParts,
): NodeApiError {
	const httpCode = statusCode?.toString();
	const error = new NodeApiError(node, {}, { message, description, httpCode, itemIndex });
	// n8n puts words of its own in place of a message that holds the name of a system error.
	error.message = message;
	return error;
}

const failuresOf = ({ outcomes }: ItemOutcomes): Failure[] => outcomes.filter(isFailure);

function failureSentence({ outcome, meaning, notTried }: Failure, share: string): string {
	if (notTried) return `Not sent${share}, because sending had ended: ${meaning}.`;
	return outcome === 'unknown'
		? `Unknown whether KPN took the SMS${share}: ${meaning}.`
		: `Not sent${share}: ${meaning}.`;
}

/** Which of several recipients it is about, by the last digits of their numbers. */
function recipientShare({ item, outcomes }: ItemOutcomes, about: Failure): string {
	if (outcomes.length === 1) return '';
	const recipients = item.recipients.filter(
		(_, index) => outcomes[index]?.outcome === about.outcome,
	);
	const shown = recipients.slice(0, MAX_SHOWN).map((recipient) => `…${recipient.slice(-3)}`);
	return ` to ${recipients.length} of ${outcomes.length} recipients (${shown.join(', ')})`;
}
