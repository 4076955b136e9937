import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import omit from 'lodash/omit';

import { definedFields } from '../../shared/definedFields';
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

/** Whether this execution has sent it, or may have: only then does anything come back to it. */
export const isAwaited = (result: ItemResult): boolean =>
	'draft' in result &&
	result.outcomes.every(
		(one) => (one.outcome === 'accepted' || one.outcome === 'unknown') && !one.elsewhere,
	);

/** What the workflow gets for an item. */
export function outputItem(result: ItemResult, node: INode): INodeExecutionData {
	if (!isFine(result)) return failedItem(result, node);
	return result.draft.options.dryRun ? dryRunItem(result) : deliveredItem(result);
}

function deliveredItem({ draft, outcomes }: Delivery): INodeExecutionData {
	const accepted = outcomes.filter(isAccepted);
	const [first] = accepted;
	const acceptedBefore = first && accepted.every((one) => one.acceptedBefore);
	const beyond = outcomes.length - accepted.length;
	const message = [
		acceptedBefore && 'KPN had accepted it before: it was not sent again.',
		first && !acceptedBefore && 'KPN has accepted it.',
		beyond > 0 && `${sentBeforeTo(beyond, outcomes.length)} under the same key (Send Once Per).`,
	];
	return {
		json: {
			outcome: first ? 'accepted' : 'sentBefore',
			...to(draft),
			message: message.filter(Boolean).join(' '),
			...(first && { document_id: first.documentId }),
			...definedFields({ status: first ? first.status : 'sentBefore' }),
			...deliveriesOf({ draft, outcomes }),
			...(acceptedBefore && { acceptedBefore }),
			...describe(draft),
		},
		pairedItem: { item: draft.itemIndex },
	};
}

const dryRunItem = ({ draft, sentBefore }: Delivery): INodeExecutionData => ({
	json: {
		outcome: 'dryRun',
		...to(draft),
		message: 'Checked only (Dry Run): nothing was sent.',
		status: 'dryRun',
		...(sentBefore !== undefined && { sentBefore }),
		...describe(draft),
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
			...('draft' in result ? to(result.draft) : { recipient: result.recipient ?? '', parts: 0 }),
			message: together(failure.message, failure.quote),
			advice: failure.advice,
			...definedFields({
				kpnMessage: failure.kpn.message,
				kpnCode: failure.kpn.code,
				statusCode: failure.statusCode,
			}),
			retryable: failure.retryable,
			...('draft' in result && { ...deliveriesOf(result), ...describe(result.draft) }),
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

/** First in n8n's table, where a person looks: who, and at what price. */
const to = ({ recipients, size }: Draft): IDataObject => ({
	recipient: recipients.join(', '),
	parts: size.parts,
});

const describe = ({ sender, size }: Draft): IDataObject => ({ sender, ...omit(size, 'parts') });

function sentBeforeTo(count: number, total: number): string {
	if (total === 1) return 'It had been sent before';
	return `${count} of ${total} recipients had got it before`;
}

/** What became of it for each of several recipients. */
function deliveriesOf({ draft, outcomes }: Delivery): IDataObject {
	if (outcomes.length < 2) return {};
	const deliveries = outcomes.map((outcome, index) => ({
		recipient: draft.recipients[index],
		outcome: outcome.outcome,
		...(isAccepted(outcome) && { document_id: outcome.documentId }),
		...(isAccepted(outcome) && outcome.acceptedBefore && { acceptedBefore: true }),
	}));
	return { deliveries };
}
