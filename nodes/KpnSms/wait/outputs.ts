import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

/** How a wait ended. Each is an output of the node, in this order. */
export const WAIT_OUTPUTS = ['answered', 'notDelivered', 'noAnswer'] as const;
export type WaitOutput = (typeof WAIT_OUTPUTS)[number];

const outputNames = (...displayNames: string[]): string =>
	JSON.stringify(displayNames.map((displayName) => ({ type: 'main', displayName })));

/** The outputs of the node, as n8n evaluates them: one for Send, three for Send and Wait. */
export const OUTPUTS: `={{${string}}}` = `={{ $parameter["operation"] !== "sendAndWait" ? ["main"] : $parameter["responseType"] === "deliveryReport" ? ${outputNames('Delivered', 'Not Delivered', 'No Report')} : ${outputNames('Answered', 'Not Delivered', 'No Answer')} }}`;

export const WAITING_TOOLTIP =
	'={{ $parameter["operation"] === "sendAndWait" ? ($parameter["responseType"] === "deliveryReport" ? "The execution goes on once KPN says whether the SMS arrived" : "The execution goes on once the SMS is answered") : "" }}';

/** Whether the node is an AI Agent's human review, which has one output and reads `data.approved`. */
export const isHumanReview = ({ type }: INode): boolean => type.endsWith('HitlTool');

/** Puts items where the node has the exit for them. */
export function itemsAt(node: INode, output: WaitOutput, items: INodeExecutionData[]) {
	if (!isHumanReview(node)) return WAIT_OUTPUTS.map((name) => (name === output ? items : []));
	for (const item of items) item.json = reviewResult(output, item.json);
	return [items];
}

/** The one item of a wait that has ended, linked to the item that started it. */
export const endedItemAt = (
	node: INode,
	output: WaitOutput,
	json: IDataObject,
): INodeExecutionData[][] => itemsAt(node, output, [{ json, pairedItem: { item: 0 } }]);

/** An agent is told that nobody has approved, and why: without it, n8n says that the user refused. */
function reviewResult(output: WaitOutput, json: IDataObject): IDataObject {
	if (output === 'answered') return json;
	return { ...json, data: { approved: false, chatInput: whyNotApproved(output, json) } };
}

function whyNotApproved(output: WaitOutput, { outcome, message }: IDataObject): string {
	if (outcome === 'dryRun') return 'Nobody was asked: the SMS is checked only, for Dry Run is on.';
	if (outcome === 'sentBefore') {
		return 'Nobody was asked now: an SMS with the same key (Send Once Per) had been sent before, and an answer to it does not count here.';
	}
	if (output === 'noAnswer') return 'Nobody has answered the SMS that asks for approval.';
	return outcome === 'refused'
		? `Nobody was asked: the SMS that asks for approval could not be sent. ${String(message)}`
		: 'Nobody was asked: the SMS that asks for approval did not arrive.';
}
