import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

/** What a trigger has set at KPN, kept in the node's static data. */
export interface Registration extends IDataObject {
	/** A credential can become another application's. */
	application: string;
	/**
	 * Instance, workflow and node, as static data is copied along with a workflow. Empty once it is
	 * unpublished.
	 */
	owner: string;
	/** The workflow's name, to say in an error whose URL KPN has. */
	workflow: string;
	url: string;
	/** The fields left out of events that it has set, to see whether they were changed since. */
	excludedFields: string;
	/** Whether the application had no configuration, so that this one can be removed. */
	createdConfig: boolean;
	/** A `PreviousUrls`, encrypted, as a URL may hold a token. Undefined where KPN had no URL. */
	previous?: string;
	/** Whether it is for a test event only. */
	test: boolean;
}

/**
 * By URL, also those that have ended. n8n 1.x saves no static data of a workflow that it could not
 * publish as a whole.
 */
export const registrations = new Map<string, Registration>();

/** That of this trigger, which is added to `registrations`. */
export function registrationOf(context: IHookFunctions): Readonly<Registration> | undefined {
	const url = ownUrl(context);
	const stored = context.getWorkflowStaticData('node').registered as Registration | undefined;
	const found =
		registrations.get(url) ?? (stored?.owner === ownerOf(context) ? { ...stored } : undefined);
	if (found?.url === url) registrations.set(url, found);
	return found;
}

/** Whether n8n has it in its database, where it is found after a restart. */
export const isStored = (context: IHookFunctions, { url }: Registration): boolean =>
	(context.getWorkflowStaticData('node').registered as Registration | undefined)?.url === url;

export function remember(context: IHookFunctions, registration: Registration): void {
	registrations.set(registration.url, registration);
	context.getWorkflowStaticData('node').registered = registration;
}

export function forget(context: IHookFunctions): void {
	delete context.getWorkflowStaticData('node').registered;
}

/** It is unpublished, or about to be: another trigger of the workflow may be registered. */
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

/** The rest of a URL of another system may be a secret. */
export const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);

export const problem = (context: IHookFunctions, words: string): NodeOperationError =>
	new NodeOperationError(context.getNode(), words);

export const takesOver = (context: IHookFunctions): boolean =>
	!isTest(context) && context.getNodeParameter('additionalOptions.takeOver', false) === true;

/** Whether it is published for a test event only. */
export const isTest = (context: IHookFunctions): boolean => context.getMode() === 'manual';
