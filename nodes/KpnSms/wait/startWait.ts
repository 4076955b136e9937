import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

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
	setTimeLimitOutput(context, sent);
}

/**
 * When the time is up, n8n hands the node's input on by the first output. So the input is made to say
 * that nobody answered, and n8n is told to keep to the outputs.
 */
function setTimeLimitOutput(context: IExecuteFunctions, sent: IDataObject): void {
	const executeData = context.getExecuteData();
	const end = { ...sent, outcome: 'noAnswer', delivery: 'unknown', respondedAt: null };
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
