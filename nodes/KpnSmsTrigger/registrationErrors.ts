import type { IHookFunctions, NodeOperationError } from 'n8n-workflow';

import { KPN_HOST } from '../shared/kpnApi';
import { isTestUrl } from '../shared/testUrl';
import { isTest, originOf, problem, registrations, takesOver, workflowOf } from './registrations';
import type { Level } from './webhookSettings';

/** n8n stores what a trigger has set at KPN once publishing is over. */
export const SET_BY_HAND =
	'KPN sends here already, and why is not known: somebody has set this URL there, or n8n was ended while it published this workflow. Unpublishing leaves it there: set what KPN had before, or remove the URL, at KPN.';

/** Why the URL at KPN stays where its excluded fields are set nowhere else. */
export const NOT_REMOVABLE =
	'KPN still sends here: which fields are left out of events would be lost with this URL. Set another URL at KPN, or remove the application’s webhook configuration there.';

export function otherApplication(context: IHookFunctions, application: string): NodeOperationError {
	const [kpn, end] = application.split(' ');
	return problem(
		context,
		`The credential was that of the application whose Client ID ends in ${end}, at ${kpn}, and is another one’s now.`,
	);
}

/** @throws NodeOperationError for a URL without https; a sandbox takes any */
export function requireHttps(context: IHookFunctions, url: string, application: string): void {
	if (url.startsWith('https:') || !application.startsWith(`https://${KPN_HOST} `)) return;
	throw problem(
		context,
		`KPN sends only to https addresses, and this n8n’s is ${originOf(url)}. Set WEBHOOK_URL to the https address at which the internet reaches n8n, and publish the workflow again.`,
	);
}

/**
 * @param holder the URL that KPN sends to, which is not this trigger's
 * @param level where it is set, if not for the application
 * @throws NodeOperationError that says whose URL it is, unless it may be replaced
 */
export function requireTakeOver(context: IHookFunctions, holder: string, level?: Level): void {
	let message = `KPN has one webhook URL for each application, and KPN sends this application’s events to ${originOf(holder)} now`;
	if (level) message += `, as is set for its ${level.slice(0, -1)}`;
	const workflow = registrations.get(holder)?.workflow;
	if (isTestUrl(holder)) {
		if (takesOver(context)) return;
		message +=
			': to the test URL of a workflow, for somebody listens for a test event there, or that test has ended without n8n giving KPN’s place back. Listen for a test event in that workflow once more and stop it, or use the option Take Over Webhook URL here.';
	} else if (isTest(context)) {
		message += `: to ${workflow ? `the published workflow “${workflow}”` : 'a published workflow, perhaps this one'}. Listening for a test event would take them away. Unpublish that, or test with pinned data or another trigger of this workflow.`;
	} else if (registrations.get(holder)?.owner.startsWith(workflowOf(context))) {
		message +=
			': to another trigger of this workflow. Remove one of the two, or use a credential of another application here.';
	} else {
		if (takesOver(context)) return;
		const who = workflow
			? `the workflow “${workflow}” of this n8n`
			: 'another workflow, another n8n or another system';
		message += `: to ${who}. Unpublish that one, let one trigger start both, use a credential of another application here, or add the option Take Over Webhook URL, which takes those events away until this workflow is unpublished.`;
	}
	throw problem(context, message);
}
