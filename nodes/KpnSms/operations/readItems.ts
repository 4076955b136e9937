import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import set from 'lodash/set';
import toPath from 'lodash/toPath';

import { mapWithYield } from '../../shared/eventLoop';
import type { RunItem } from '../check/checkItems';
import { draggedFields } from './draggedFields';
import { bodyFields, optionsField } from './fields';

/** Evaluates the parameters of all items, at the least cost. */
export async function readItems(context: IExecuteFunctions): Promise<RunItem[]> {
	const fields = bodyFields.map(({ name, routing }) => ({
		place: toPath(routing?.send?.property),
		valueOf: parameterReader(context, name),
	}));
	const optionsOf = collectionReader(context, optionsField.name);
	return await mapWithYield(
		[...context.getInputData().entries()],
		([itemIndex, { json }]): RunItem => {
			try {
				const body: IDataObject = {};
				for (const { place, valueOf } of fields) set(body, place, valueOf(itemIndex, json));
				return { itemIndex, body, options: optionsOf(itemIndex, json), input: json };
			} catch (error) {
				return {
					itemIndex,
					problems: [`An expression of this item failed: ${(error as Error).message}`],
					inputFields: includedFields(context, itemIndex, json),
				};
			}
		},
	);
}

/** What an item came with, if that is to go out again; of one whose parameters cannot be read. */
export function includedFields(
	context: IExecuteFunctions,
	itemIndex: number,
	json: IDataObject,
): IDataObject | undefined {
	try {
		const value = context.getNodeParameter('options.includeInputFields', itemIndex, false);
		return String(value) === 'true' ? json : undefined;
	} catch {
		return undefined;
	}
}

/** As `parameterReader`, for each field of a collection: a key that differs from item to item is one of them. */
function collectionReader(
	context: IExecuteFunctions,
	name: string,
): (itemIndex: number, json: IDataObject) => object {
	const stored = context.getNodeParameter(name, 0, {}, { rawExpressions: true });
	if (typeof stored !== 'object' || stored === null) {
		const read = parameterReader(context, name);
		return (itemIndex, json) => read(itemIndex, json) as object;
	}
	const constant: IDataObject = {};
	const perItem: Array<[string, ReturnType<typeof parameterReader>]> = [];
	for (const [field, value] of Object.entries(stored)) {
		if (isExpression(value)) perItem.push([field, parameterReader(context, `${name}.${field}`)]);
		else constant[field] = value as IDataObject[string];
	}
	if (perItem.length === 0) return () => constant;
	return (itemIndex, json) => ({
		...constant,
		...Object.fromEntries(perItem.map(([field, read]) => [field, read(itemIndex, json)])),
	});
}

const isExpression = (stored: unknown): boolean => (JSON.stringify(stored) ?? '').includes('"=');

/**
 * How to get a parameter of each item at the least cost: what is the same for all is read once, what
 * was dragged in is read from the item, and n8n evaluates the rest.
 */
function parameterReader(
	context: IExecuteFunctions,
	name: string,
): (itemIndex: number, json: IDataObject) => unknown {
	const stored = context.getNodeParameter(name, 0, '', { rawExpressions: true });
	if (!isExpression(stored)) {
		const value = context.getNodeParameter(name, 0);
		return () => value;
	}
	const dragged = draggedFields(stored);
	return (itemIndex, json) =>
		dragged?.(json) ??
		context.getNodeParameter(name, itemIndex, undefined, { skipValidation: true });
}
