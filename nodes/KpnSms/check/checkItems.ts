import { mapWithYield } from '../../shared/eventLoop';
import type { SmsApi } from '../../shared/kpnApi';
import {
	checkItem,
	isInvalid,
	type EvaluatedItem,
	type InvalidItem,
	type ValidItem,
} from './checkItem';
import { optionsReader } from './options';

/** An item of a run with its parameters evaluated, or why they could not be. */
export type RunItem = EvaluatedItem | InvalidItem;

/**
 * Checks all items of a run, in order.
 *
 * @param isTest whether the workflow is tested in the editor
 */
export async function checkItems(
	items: RunItem[],
	api: SmsApi,
	isTest: boolean,
): Promise<Array<ValidItem | InvalidItem>> {
	const readOptions = optionsReader(api, isTest);
	return await mapWithYield(items, (item) =>
		isInvalid(item) ? item : checkItem(item, readOptions(item.options), api),
	);
}
