import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

import { together } from '../../shared/kpnError';
import type { Draft, Refusal } from './draft';
import type { Accepted, Settled } from './outcome';
import { failureOf, itemError } from './words';

/** What became of one item: of the message to each of its recipients, in their order. */
export interface Delivery {
	draft: Draft;
	/** Empty for a dry run. */
	outcomes: Settled[];
	/** Of a dry run with Send Once Per: how many recipients would not get it again. */
	sentBefore?: number;
}

export type ItemResult = Delivery | Refusal;

const isAccepted = (outcome: Settled): outcome is Accepted => outcome.outcome === 'accepted';

const isDone = ({ outcome }: Settled): boolean =>
	outcome === 'accepted' || outcome === 'sentBefore';

/** Whether nothing went wrong: KPN has the message for all recipients, or was not to get it. */
export const isFine = (result: ItemResult): result is Delivery =>
	'draft' in result &&
	(result.draft.options.dryRun || (result.outcomes.length > 0 && result.outcomes.every(isDone)));

/** What the workflow gets for an item. */
export function outputItem(result: ItemResult, node: INode): INodeExecutionData {
	if (!isFine(result)) return failedItem(result, node);
	return result.draft.options.dryRun ? dryRunItem(result) : deliveredItem(result);
}

function deliveredItem({ draft, outcomes }: Delivery): INodeExecutionData {
	const accepted = outcomes.filter(isAccepted);
	const documentIds = new Set(accepted.map(({ documentId }) => documentId));
	const { quota, sunset } = accepted.at(-1)?.account ?? {};
	const [first] = accepted;
	return {
		json: {
			outcome: first ? 'accepted' : 'sentBefore',
			...describe(draft),
			...(first && { document_id: first.documentId }),
			status: first ? (first.status ?? null) : 'sentBefore',
			...((documentIds.size > 1 || (first && accepted.length < outcomes.length)) && {
				deliveries: deliveriesOf({ draft, outcomes }),
			}),
			...(first &&
				accepted.every(({ acceptedBefore }) => acceptedBefore) && { acceptedBefore: true }),
			...(quota && { quota }),
			...(sunset !== undefined && { sunset }),
		},
		pairedItem: { item: draft.itemIndex },
	};
}

const dryRunItem = ({ draft, sentBefore }: Delivery): INodeExecutionData => ({
	json: {
		outcome: 'dryRun',
		...describe(draft),
		status: 'dryRun',
		...(sentBefore !== undefined && { sentBefore }),
	},
	pairedItem: { item: draft.itemIndex },
});

/**
 * The item of a message that KPN did not accept, or not for all recipients. There is no `error` in
 * its JSON, which would make Retry On Fail run the node again.
 */
function failedItem(result: ItemResult, node: INode): INodeExecutionData {
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
				...describe(result.draft),
				...(result.outcomes.length > 1 && { deliveries: deliveriesOf(result) }),
			}),
		},
		pairedItem: { item: itemIndex },
	};
	if (node.onError === 'continueErrorOutput') {
		// n8n tells by `error` which items go there, but replaces the JSON of any item that still has
		// one when it gets to the next node. Not being enumerable, it is lost in the copy that n8n
		// makes for the error output.
		const error = itemError(node, itemIndex, failure);
		Object.defineProperty(item, 'error', { value: error, enumerable: false });
	}
	return item;
}

const describe = ({ sender, recipients, size }: Draft): IDataObject => ({
	recipients,
	sender,
	...size,
});

const deliveriesOf = ({ draft, outcomes }: Delivery): IDataObject[] =>
	outcomes.map((outcome, index) => ({
		recipient: draft.recipients[index],
		outcome: outcome.outcome,
		document_id: isAccepted(outcome) ? outcome.documentId : null,
		...(isAccepted(outcome) && outcome.acceptedBefore && { acceptedBefore: true }),
	}));
