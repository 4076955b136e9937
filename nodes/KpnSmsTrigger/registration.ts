import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { baseUrlOf, CREDENTIAL_TYPE, KPN_HOST } from '../shared/kpn';
import { KnownKeys, madeKeys } from './signingKeys';
import { WebhookSettings, type ApplicationConfig } from './webhookSettings';

/** What we changed at KPN, kept in the node's static data until it is put back. */
interface Registered extends IDataObject {
	url: string;
	/** The URL that KPN had before, somebody else's. */
	previousUrl?: string;
	/** Whether KPN had no settings for the application before. */
	made?: boolean;
}

/**
 * n8n asks this on publishing a workflow and whenever it starts. Publishing registers, which
 * changes nothing where all is as it should be. A start changes nothing at KPN either way: what
 * somebody changed there since is theirs, and KPN being away is no reason to refuse its events.
 */
export async function isRegistered(context: IHookFunctions): Promise<boolean> {
	const starting = ['init', 'leadershipChange'].includes(context.getActivationMode());
	const registered = registeredOf(context);
	if (!starting || registered?.url !== ownUrl(context)) return false;
	try {
		const settings = new WebhookSettings(context);
		const config = await settings.application();
		if (config?.webhookUrl !== registered.url) {
			warn(context, 'KPN now sends elsewhere. To get its events here again, publish it again');
		}
		const keys = new KnownKeys(context, context.getWorkflowStaticData('node'));
		if (!(await keys.update(settings))) {
			warn(context, 'KPN has no active signing key, so no event can be verified. Publish it again');
		}
	} catch (error) {
		warn(context, `its registration could not be checked. ${(error as Error).message}`);
	}
	return true;
}

/**
 * Makes KPN send to this trigger: sees to a signing key, sets the URL and remembers what was there.
 *
 * @throws NodeOperationError where another trigger of this n8n would be robbed of its events
 * @throws NodeApiError where KPN refuses or cannot be reached
 */
export async function register(context: IHookFunctions): Promise<void> {
	const url = ownUrl(context);
	const settings = new WebhookSettings(context);
	await refuseUnencrypted(context, url);
	const config = await settings.application();
	const configured = config?.webhookUrl;
	const foreign = configured !== undefined && !isOwn(context, configured) ? configured : undefined;
	if (foreign !== undefined) refuseToRob(context, foreign);

	const keys = new KnownKeys(context, context.getWorkflowStaticData('node'));
	if (!(await keys.update(settings))) await keys.make(settings);

	const registered = { ...whatToPutBack(context, config, foreign), url };
	if (configured !== url) await setUrl(context, settings, config, registered);
	context.getWorkflowStaticData('node').registered = registered;
	if (foreign !== undefined) {
		warn(context, `KPN sent to ${originOf(foreign)} before, and will again once it is unpublished`);
	}
}

/**
 * Puts back what was at KPN before, unless somebody has changed it since, and deletes the keys
 * that we made and KPN no longer signs with.
 *
 * @throws NodeApiError where KPN refuses or cannot be reached: all is kept for the next time
 */
export async function unregister(context: IHookFunctions): Promise<void> {
	const registered = registeredOf(context);
	if (!registered) return;
	const settings = new WebhookSettings(context);
	await putBack(context, settings, registered);
	await deleteMadeKeys(context, settings);
	const stored = context.getWorkflowStaticData('node');
	delete stored.registered;
	delete stored.keys;
	delete stored.keysAt;
}

function whatToPutBack(
	context: IHookFunctions,
	config: ApplicationConfig | undefined,
	foreign: string | undefined,
): Pick<Registered, 'previousUrl' | 'made'> {
	if (foreign !== undefined) return { previousUrl: foreign };
	const before = registeredOf(context);
	// Our own URL is there where putting back failed: what was to be put back still is.
	if (before && config?.webhookUrl !== undefined) return before;
	// It can also be there because somebody has put it there by hand: then it stays.
	if (config?.webhookUrl === ownUrl(context)) return {};
	// Settings that hold more than a URL are not ours to remove.
	return { made: config?.privacyConfig === undefined };
}

async function putBack(
	context: IHookFunctions,
	settings: WebhookSettings,
	{ url, previousUrl, made }: Registered,
): Promise<void> {
	const config = await settings.application();
	if (config?.webhookUrl === undefined) return;
	if (config.webhookUrl !== url && !isOwn(context, config.webhookUrl)) return;
	if (previousUrl !== undefined) await settings.setUrl(previousUrl, config);
	else if (made) await settings.remove();
	else warn(context, 'KPN still sends here, because somebody else has set that');
}

/** KPN deletes only a retired key and retires only a retiring one: an active one stays, for the next time. */
async function deleteMadeKeys(context: IHookFunctions, settings: WebhookSettings): Promise<void> {
	const stored = context.getWorkflowStaticData('node');
	const made = madeKeys(stored);
	if (made.length === 0) return;
	const states = await settings.keys();
	for (const { keyId, status } of states.filter((key) => made.includes(key.keyId))) {
		if (status === 'retiring') await settings.retireKey(keyId);
		if (status === 'retiring' || status === 'retired') await settings.deleteKey(keyId);
	}
	stored.madeKeys = states
		.filter(({ keyId, status }) => made.includes(keyId) && ['staged', 'active'].includes(status))
		.map(({ keyId }) => keyId);
}

/** Where it is unclear whether KPN took the URL, n8n forgets that we tried: so it is put back at once. */
async function setUrl(
	context: IHookFunctions,
	settings: WebhookSettings,
	config: ApplicationConfig | undefined,
	registered: Registered,
): Promise<void> {
	let done = false;
	try {
		await settings.setUrl(registered.url, config);
		done = true;
	} finally {
		if (!done) await putBack(context, settings, registered).catch(() => {});
	}
}

async function refuseUnencrypted(context: IHookFunctions, url: string): Promise<void> {
	const credential = await context.getCredentials(CREDENTIAL_TYPE);
	if (url.startsWith('https:') || baseUrlOf(credential) !== `https://${KPN_HOST}`) return;
	throw new NodeOperationError(
		context.getNode(),
		`KPN sends only to https addresses, and this n8n’s is ${originOf(url)}. Set WEBHOOK_URL to the https address at which the internet reaches n8n, and publish the workflow again.`,
	);
}

function refuseToRob(context: IHookFunctions, foreign: string): void {
	const node = context.getNode();
	if (context.getMode() === 'manual') {
		throw new NodeOperationError(
			node,
			`KPN has one webhook URL for each application and sends to ${originOf(foreign)} now, perhaps to this workflow itself as it is published. Listening for a test event would take those events away. Unpublish what is there, or test with pinned data.`,
		);
	}
	const takeOver = context.getNodeParameter('additionalOptions.takeOver', false) === true;
	if (takeOver || !isOfThisN8n(context, foreign)) return;
	throw new NodeOperationError(
		node,
		'KPN has one webhook URL for each application, and another KPN SMS Trigger of this n8n has it. Unpublish that one, use a credential of another application here, or let one trigger start both workflows. If that trigger is gone, add the option Take Over Webhook URL.',
	);
}

function registeredOf(context: IHookFunctions): Registered | undefined {
	const { registered } = context.getWorkflowStaticData('node');
	return typeof registered === 'object' ? (registered as Registered | undefined) : undefined;
}

function ownUrl(context: IHookFunctions): string {
	const url = context.getNodeWebhookUrl('default');
	if (url === undefined) {
		throw new NodeOperationError(context.getNode(), 'n8n has no webhook URL for this node.');
	}
	return url;
}

/** Whether a URL is this trigger's, also under an address that n8n had before, or for its tests. */
const isOwn = (context: IHookFunctions, url: string): boolean =>
	url.endsWith(ownUrl(context).slice(baseOf(context).length));

/** Whether a URL is that of another trigger of this n8n, production or test. */
const isOfThisN8n = (context: IHookFunctions, url: string): boolean =>
	url.startsWith(baseOf(context));

/** n8n's own part of the URL, before the path of the node. */
function baseOf(context: IHookFunctions): string {
	const segments = context.getNode().webhookId === undefined ? 3 : 2;
	return ownUrl(context).split('/').slice(0, -segments).join('/');
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);

function warn(context: IHookFunctions, words: string): void {
	const { id, name } = context.getWorkflow();
	context.logger.warn(`KPN SMS Trigger in the workflow “${name ?? id}”: ${words}`);
}
