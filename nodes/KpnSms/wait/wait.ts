import { randomBytes } from 'node:crypto';

import type { IDataObject, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { isRecord } from '../../shared/isRecord';

/**
 * What is waited for: the parameter `responseType`, named as in n8n's own nodes, but for `form`. Where
 * it is `customForm`, n8n 2.41 takes nothing but its own kind of form, and no delivery report.
 */
export type ResponseType = 'approval' | 'freeText' | 'form' | 'deliveryReport';

export interface FormField {
	/** The key under which the answer comes out. */
	name: string;
	label: string;
	type: 'text' | 'textarea' | 'number' | 'email' | 'date' | 'dropdown';
	required: boolean;
	/** Of a dropdown. */
	choices?: string[];
}

/** What the page behind the link asks. A label that is undefined is shown in the reader's language. */
export interface Question {
	responseType: Exclude<ResponseType, 'deliveryReport'>;
	/** Who asks, as the phone shows it. */
	sender: string;
	message: string;
	approveLabel?: string;
	disapproveLabel?: string;
	/** Whether there is a second button. */
	canDisapprove?: boolean;
	fields?: FormField[];
}

/**
 * One wait of the node. It is kept in the node's context, which n8n stores with the execution: what
 * is asked on the page is what was sent, however the workflow has changed since.
 */
export interface Wait {
	/** Which run of the node it belongs to. */
	run: string;
	/** To which execution the addresses lead. A retry is another one. */
	execution: string;
	/**
	 * In the query of the link and of the report address. n8n's signature is the same for all runs of
	 * a node in an execution: without these, an answer to an earlier turn of a loop would count for
	 * the one that waits now.
	 */
	linkToken: string;
	reportToken: string;
	/** None where only the delivery report is waited for. */
	question?: Question;
	/** What the message has for output of its own. */
	sent?: IDataObject;
}

const CONTEXT_KEY = 'kpnSmsWait';

/** Four characters: each of the link is billed, and it only has to differ from those of a few other runs. */
const newToken = () => randomBytes(3).toString('base64url');

/** The wait of this run of the node; the same one when the run is tried again. */
export function waitOfRun(context: IExecuteFunctions): Wait {
	const nodeContext = context.getContext('node');
	const run = String(context.evaluateExpression('{{ $runIndex }}', 0));
	const stored = nodeContext[CONTEXT_KEY] as Wait | undefined;
	if (stored?.run === run) return stored;
	const execution = context.getExecutionId();
	const wait: Wait = { run, execution, linkToken: newToken(), reportToken: newToken() };
	nodeContext[CONTEXT_KEY] = wait;
	return wait;
}

/** The wait that a request is about, read as an expression: a webhook has no context of its own. */
export function waitOfRequest(context: IWebhookFunctions): Wait | undefined {
	const name = JSON.stringify(context.getNode().name).replace(
		/[{}\u2028\u2029]/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
	const wait = context.evaluateExpression(`{{ $node[${name}].context["${CONTEXT_KEY}"] }}`, 0);
	return isRecord(wait) ? (wait as unknown as Wait) : undefined;
}
