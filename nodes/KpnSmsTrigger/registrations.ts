import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

/** What a trigger has put at KPN, kept in the node's static data. */
export interface Registration extends IDataObject {
	/** A credential can become another application's. */
	application: string;
	/** Instance, workflow and node: copied or exported, static data goes along to another trigger. Empty once it is unpublished. */
	owner: string;
	/** The workflow's name, to say who has the place. */
	workflow: string;
	url: string;
	/** The fields that it has had left out, to know whether somebody has changed them since. */
	excludedFields: string;
	/** Whether the application had no configuration, so that this one can be removed. */
	createdConfig: boolean;
	/** A `PreviousUrls`, encrypted, for a URL may hold a token. Undefined where the place was free. */
	previous?: string;
	/** Whether somebody listens for a test event. */
	test: boolean;
}

/** By URL, also those that are no more. n8n 1.x saves no static data of a workflow that it could not publish as a whole. */
export const registrations = new Map<string, Registration>();

/** That of this trigger, which the others of this n8n know from then on, too. */
export function registrationOf(context: IHookFunctions): Registration | undefined {
	const url = ownUrl(context);
	const stored = context.getWorkflowStaticData('node').registered as Registration | undefined;
	const found =
		registrations.get(url) ?? (stored?.owner === ownerOf(context) ? { ...stored } : undefined);
	if (found?.url === url) registrations.set(url, found);
	return found && { ...found };
}

/** Whether n8n has it in its database, for the time after its end. */
export const isStored = (context: IHookFunctions, { url }: Registration): boolean =>
	(context.getWorkflowStaticData('node').registered as Registration | undefined)?.url === url;

export function remember(context: IHookFunctions, registration: Registration): void {
	registrations.set(registration.url, registration);
	context.getWorkflowStaticData('node').registered = registration;
}

export function forget(context: IHookFunctions): void {
	delete context.getWorkflowStaticData('node').registered;
}

/** It is unpublished, or about to leave: another trigger may come in its place. */
export function markAsEnded(registration: Registration): void {
	registrations.set(registration.url, { ...registration, owner: '' });
}

export const hasEnded = (url: string): boolean => registrations.get(url)?.owner === '';

export function ownUrl(context: IHookFunctions): string {
	const url = context.getNodeWebhookUrl('default');
	if (url !== undefined) return url;
	throw problem(context, 'n8n has no webhook URL for this node.');
}

export const workflowOf = (context: IHookFunctions): string =>
	`${context.getInstanceId()} ${context.getWorkflow().id} `;

export const ownerOf = (context: IHookFunctions): string =>
	workflowOf(context) + context.getNode().id;

/** Of a foreign URL, more may be a secret. */
export const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);

export const problem = (context: IHookFunctions, words: string): NodeOperationError =>
	new NodeOperationError(context.getNode(), words);
