import { WAIT_INDEFINITELY, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import { endedItemAt } from './outputs';
import type { Wait } from './wait';

/** Has the execution wait for what comes back. */
export async function startWait(
	context: IExecuteFunctions,
	wait: Wait,
	waitTill: Date,
	sent: IDataObject,
): Promise<void> {
	wait.execution = context.getExecutionId();
	wait.sent = sent;
	await context.putExecutionToWait(waitTill);
	// Only now: a try that failed is made again with its input.
	const message = noAnswerMessage(wait, waitTill.getTime() < WAIT_INDEFINITELY.getTime());
	setNoAnswerOutput(context, { ...sent, message });
}

/**
 * When the time is up, n8n hands the node's input on by the first output; and so it does, without
 * running the node, when an execution is retried that was stopped while it waited. So the input is made
 * to say that nobody answered, and n8n is told to keep to the outputs.
 */
function setNoAnswerOutput(context: IExecuteFunctions, sent: IDataObject): void {
	const executeData = context.getExecuteData();
	const { recipient, parts, message } = sent;
	const end = {
		...{ outcome: 'noAnswer', recipient, parts, message },
		...sent,
		...{ delivery: 'unknown', respondedAt: null },
	};
	const outputs = endedItemAt(context.getNode(), 'noAnswer', end);
	executeData.data.main = outputs;
	// To go on, n8n disables the node of this run. Where the node has another run to come (both branches
	// of an IF lead to it), that is the same object: the other item would leave by Answered, unsent.
	executeData.node = { ...executeData.node };
	context.setMetadata({ forwardAllOutputs: true } as object);
	// n8n takes what comes out of the second exit for linked to a second input, and so on: all are the
	// node's one input.
	const [source = null] = executeData.source?.main ?? [];
	if (executeData.source) executeData.source.main = outputs.map(() => source);
}

/** What ended the wait is not known when this is written: without a limit, only a stop can. */
function noAnswerMessage({ question }: Wait, hasLimit: boolean): string {
	const nobody = question ? 'Nobody answered' : 'KPN reported nothing final';
	const ended = hasLimit
		? `${nobody} within Limit Wait Time; or, if this execution is a retry, before the wait was stopped.`
		: `${nobody} before the wait was stopped. This execution is a retry of it, and sent nothing.`;
	return question ? `${ended} The link in the SMS takes no answer any more.` : ended;
}
