import type { Failure } from '../../shared/failure';
import type { ValidItem, InvalidItem } from '../check/checkItem';
import type { FinalOutcome } from '../send/outcome';

/** What became of one item: of the message to each of its recipients, in their order. */
export interface ItemOutcomes {
	item: ValidItem;
	/** Empty for a dry run. */
	outcomes: FinalOutcome[];
	/** Of a dry run with Send Once Per: how many recipients would not get it again. */
	sentBefore?: number;
}

export type ItemResult = ItemOutcomes | InvalidItem;

const isSent = ({ outcome }: FinalOutcome): boolean =>
	outcome === 'accepted' || outcome === 'sentBefore';

/** Whether the item was only checked. */
export const isDryRun = (result: ItemResult): boolean =>
	('item' in result ? result.item.options.dryRun : result.dryRun) === true;

/** Whether nothing went wrong: KPN has the message for all recipients, or was not to get it. */
export const isSuccess = (result: ItemResult): result is ItemOutcomes =>
	'item' in result &&
	(isDryRun(result) || (result.outcomes.length > 0 && result.outcomes.every(isSent)));

/** Whether this execution has sent it, or may have: only then does anything come back to it. */
export const isAwaited = (result: ItemResult): boolean =>
	'item' in result &&
	result.outcomes.every(
		(one) => (one.outcome === 'accepted' || one.outcome === 'unknown') && !one.elsewhere,
	);

export const isFailure = (outcome: FinalOutcome): outcome is Failure =>
	outcome.outcome === 'refused' || outcome.outcome === 'unknown';
