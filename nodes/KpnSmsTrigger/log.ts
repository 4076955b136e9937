import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';

/** A line in n8n's log that says which trigger it is about. Returns true. */
export function warn(context: IHookFunctions | IWebhookFunctions, words: string): true {
	const { id, name } = context.getWorkflow();
	const node = context.getNode().name;
	context.logger.warn(`Workflow “${name ?? id}”, node “${node}”: ${words}`);
	return true;
}
