import { NodeOperationError, type INodeExecutionData } from 'n8n-workflow';

import { mapWithYield } from '../../shared/eventLoop';
import type { InvalidItem } from '../check/checkItem';
import type { KpnContext } from '../send/kpnContext';
import { outputItem } from './outputItem';

/**
 * The output of a run whose settings or parameters cannot be read: nothing was sent. n8n's "Continue"
 * modes would hand the items on as they came, as if they were: so each comes out as invalid.
 *
 * @throws NodeOperationError in "Stop Workflow"
 */
export async function invalidRun(
	context: KpnContext,
	items: Array<Pick<InvalidItem, 'itemIndex' | 'inputFields'>>,
	error: unknown,
): Promise<INodeExecutionData[]> {
	const { message } = error as Error;
	const node = context.getNode();
	if (!context.continueOnFail()) throw new NodeOperationError(node, message);
	return await mapWithYield(items, (item) => outputItem({ ...item, problems: [message] }, node));
}
