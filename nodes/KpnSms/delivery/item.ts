import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

import type { Draft, Refusal } from './draft';
import type { Accepted, Outcome } from './outcome';
import { textSize } from './parts';
import { failureOf, itemError, together } from './words';

/** What became of one item: of the message to each of its recipients, in their order. */
export interface Delivery {
	draft: Draft;
	outcomes: Outcome[];
}

export type ItemResult = Delivery | Refusal;

const isAccepted = (outcome: Outcome): outcome is Accepted => outcome.outcome === 'accepted';

export const isDelivered = (result: ItemResult): result is Delivery =>
	'draft' in result && result.outcomes.every(isAccepted);

/** The item of a message that KPN accepted for all its recipients. */
export function deliveredItem({ draft, outcomes }: Delivery): INodeExecutionData {
	const documentIds = [...new Set(outcomes.filter(isAccepted).map((one) => one.documentId))];
	const json: IDataObject = {
		document_id: documentIds[0],
		status: 'OK',
		outcome: 'accepted',
		sender: draft.sender,
		recipients: draft.recipients,
		...textSize(draft.content),
	};
	if (documentIds.length > 1) json.deliveries = deliveriesOf({ draft, outcomes });
	return { json, pairedItem: { item: draft.itemIndex } };
}

/**
 * The item of a message that KPN did not accept, or not for all recipients. There is no `error` in
 * its JSON, which would make Retry On Fail run the node again.
 *
 * @param toErrorOutput n8n tells by `error` which items go there, but replaces the JSON of any item
 * that still has one when it gets to the next node. Not being enumerable, it is lost in the copy
 * that n8n makes for the error output.
 */
export function failedItem(
	result: ItemResult,
	node: INode,
	toErrorOutput: boolean,
): INodeExecutionData {
	const failure = failureOf(result);
	const { itemIndex } = 'draft' in result ? result.draft : result;
	const item: INodeExecutionData = {
		json: {
			outcome: failure.outcome,
			message: together(failure.message, failure.quote),
			advice: failure.advice,
			kpnMessage: failure.kpn.message ?? null,
			kpnCode: failure.kpn.code ?? null,
			statusCode: failure.statusCode ?? null,
			retryable: failure.retryable,
			...('draft' in result && {
				sender: result.draft.sender,
				recipients: result.draft.recipients,
				...(result.outcomes.length > 1 && { deliveries: deliveriesOf(result) }),
			}),
		},
		pairedItem: { item: itemIndex },
	};
	if (toErrorOutput) {
		const error = itemError(node, itemIndex, failure);
		Object.defineProperty(item, 'error', { value: error, enumerable: false });
	}
	return item;
}

const deliveriesOf = ({ draft, outcomes }: Delivery): IDataObject[] =>
	outcomes.map((outcome, index) => ({
		recipient: draft.recipients[index],
		outcome: outcome.outcome,
		document_id: isAccepted(outcome) ? outcome.documentId : null,
	}));
