import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import omit from 'lodash/omit';

import { definedFields } from '../../shared/definedFields';
import { joinSentences } from '../../shared/kpnError';
import type { ValidItem } from '../check/checkItem';
import type { Accepted, FinalOutcome } from '../send/outcome';
import { failureOf, itemError } from './itemError';
import { isSuccess, type ItemOutcomes, type ItemResult } from './itemResult';

const isAccepted = (outcome: FinalOutcome): outcome is Accepted => outcome.outcome === 'accepted';

/** All that this node says of an item. */
export const OWN_FIELDS = [
	...['outcome', 'recipient', 'parts', 'message', 'document_id', 'status', 'messages'],
	...['acceptedBefore', 'sentBefore', 'sender', 'encoding', 'characters', 'specialCharacters'],
	...['kpnMessage', 'kpnCode', 'statusCode', 'retryable'],
];

/**
 * What the workflow gets for an item. What the node says comes first, and nothing that came in ever
 * stands for it: a `retryable` that an earlier node said would have it sent again.
 */
export function outputItem(result: ItemResult, node: INode): INodeExecutionData {
	const output = isSuccess(result) ? successItem(result) : failedItem(result, node);
	const { inputFields } = 'item' in result ? result.item : result;
	if (inputFields) output.json = { ...output.json, ...omit(withoutError(inputFields), OWN_FIELDS) };
	return output;
}

/** By an `error` in the first item n8n tells that a node has failed: Retry On Fail would send all again. */
const withoutError = ({ error, ...fields }: IDataObject): IDataObject =>
	error === undefined ? fields : { ...fields, inputError: error };

const successItem = (result: ItemOutcomes): INodeExecutionData =>
	result.item.options.dryRun ? dryRunItem(result) : acceptedItem(result);

function acceptedItem({ item, outcomes }: ItemOutcomes): INodeExecutionData {
	const accepted = outcomes.filter(isAccepted);
	const [first] = accepted;
	const acceptedBefore = first && accepted.every((outcome) => outcome.acceptedBefore);
	const sentBeforeCount = outcomes.length - accepted.length;
	const message = [
		acceptedBefore && 'KPN had accepted it before: it was not sent again.',
		first && !acceptedBefore && 'KPN has accepted it.',
		sentBeforeCount > 0 &&
			`${sentBeforeText(sentBeforeCount, outcomes.length)} under the same key (Send Once Per).`,
	];
	return {
		json: {
			outcome: first ? 'accepted' : 'sentBefore',
			...recipientFields(item),
			message: message.filter(Boolean).join(' '),
			...(first && { document_id: first.documentId }),
			...definedFields({ status: first?.status }),
			...recipientOutcomes({ item, outcomes }),
			...(acceptedBefore && { acceptedBefore }),
			...sizeFields(item),
		},
		pairedItem: { item: item.itemIndex },
	};
}

const dryRunItem = ({ item, sentBefore }: ItemOutcomes): INodeExecutionData => ({
	json: {
		outcome: 'dryRun',
		...recipientFields(item),
		// Short: in n8n's narrow column, longer words make each of thousands of rows higher.
		message: 'Checked only.',
		...(sentBefore !== undefined && { sentBefore }),
		...sizeFields(item),
	},
	pairedItem: { item: item.itemIndex },
});

/**
 * The item of a message that KPN did not accept, or not for all recipients. What to do stands with
 * what happened: n8n's table puts a field that the first item lacks far to the right. There is no
 * `error` in its JSON, which would make Retry On Fail run the node again.
 */
function failedItem(result: ItemResult, node: INode): INodeExecutionData {
	const failure = failureOf(result);
	const { itemIndex } = 'item' in result ? result.item : result;
	const output: INodeExecutionData = {
		json: {
			outcome: failure.outcome,
			...('item' in result
				? recipientFields(result.item)
				: { recipient: result.recipient ?? '', parts: 0 }),
			message: joinSentences(failure.message, failure.quote, failure.advice),
			...definedFields({
				kpnMessage: failure.kpn.message,
				kpnCode: failure.kpn.code,
				statusCode: failure.statusCode,
			}),
			retryable: failure.retryable,
			...('item' in result && { ...recipientOutcomes(result), ...sizeFields(result.item) }),
		},
		pairedItem: { item: itemIndex },
	};
	if (node.onError === 'continueErrorOutput') {
		// n8n tells by `error` which items go there, but replaces the JSON of any item that still has
		// one when it gets to the next node. Not being enumerable, it is lost in the copy that n8n
		// makes for the error output.
		const error = itemError(node, itemIndex, failure);
		Object.defineProperty(output, 'error', { value: error, enumerable: false });
		// There, n8n puts what came in below what the node says.
		for (const field of OWN_FIELDS) output.json[field] ??= undefined;
	}
	return output;
}

/** First in n8n's table, where a person looks: who, and at what price. */
const recipientFields = ({ recipients, size }: ValidItem): IDataObject => ({
	recipient: recipients.join(', '),
	parts: size.parts,
});

const sizeFields = ({ sender, size }: ValidItem): IDataObject => {
	const { encoding, characters, specialCharacters } = size;
	return { sender, encoding, characters, ...(specialCharacters && { specialCharacters }) };
};

function sentBeforeText(count: number, total: number): string {
	if (total === 1) return 'It had been sent before';
	return `${count} of ${total} recipients had got it before`;
}

/** What became of it for each of several recipients. */
function recipientOutcomes({ item, outcomes }: ItemOutcomes): IDataObject {
	if (outcomes.length < 2) return {};
	const messages = outcomes.map((outcome, index) => ({
		recipient: item.recipients[index],
		outcome: outcome.outcome,
		...(isAccepted(outcome) && { document_id: outcome.documentId }),
		...(isAccepted(outcome) && outcome.acceptedBefore && { acceptedBefore: true }),
	}));
	return { messages };
}
