import { createHash } from 'node:crypto';
import type { IDataObject, IHookFunctions, IN8nHttpFullResponse } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { baseUrlOf, KPN_HOST } from '../shared/kpn';
import { decrypt, encrypt } from './encrypt';
import { passwordOf, storeKeys } from './keys';
import { warn } from './log';
import { inTurn, leaveLater, stopLeaving } from './takeTurns';
import { readCredential, WebhookSettings, type WebhookConfig } from './webhookSettings';

/** What a trigger has put at KPN, kept in the node's static data. */
interface Registration extends IDataObject {
	/** A credential can become another application's. */
	application: string;
	/** Instance, workflow and node: copied or exported, static data goes along to another trigger. */
	owner: string;
	url: string;
	/** The fields that it has had left out, to know whether somebody has changed them since. */
	excluded: string;
	/** Whether the application had no configuration, so that this one can be removed. */
	made: boolean;
	/** The URL that it had, encrypted, for it may hold a token. */
	previous?: string;
	/** Whether somebody listens for a test event. */
	test: boolean;
}

/** How `excludedBy` writes that nothing is left out. */
const NONE = '[]';

/** By URL. n8n 1.x saves no static data of a workflow that it could not publish as a whole. */
const registrations = new Map<string, Registration>();

/** What the URLs that have lost their trigger while another one had KPN's place had replaced. */
const ended = new Map<string, string | undefined>();

/** What n8n 1.x asks at every start; 2.x asks when publishing only. A start changes nothing at KPN. */
export function isRegistered(context: IHookFunctions): boolean {
	const starting = ['init', 'leadershipChange'].includes(context.getActivationMode());
	return starting && registrationOf(context)?.url === ownUrl(context);
}

/**
 * Makes KPN send to this trigger, and remembers what was there. Nothing is changed where KPN does
 * already.
 *
 * @throws NodeOperationError where KPN sends elsewhere and Take Over is not set
 * @throws NodeApiError where KPN refuses or cannot be reached
 */
export async function register(context: IHookFunctions): Promise<void> {
	const url = ownUrl(context);
	const application = await applicationOf(context);
	refuseUnencrypted(context, url, application);
	await inTurn(application, async () => {
		await stopLeaving(application, url);
		const failed = await take(context, url, application).catch((error: Error) => error);
		if (!failed) return;
		// It may be unclear whether KPN took the URL, and what cannot be published has none.
		const half = registrationOf(context);
		if (half?.application === application)
			await giveBack(context, half).catch((error) => stays(context, half, error));
		throw failed;
	});
}

async function take(context: IHookFunctions, url: string, application: string): Promise<void> {
	const settings = new WebhookSettings(context);
	const own = await settings.config('applications');
	const isOwnTest = own?.url !== undefined && own.url !== url && productionUrlOf(own.url) === url;
	const known = isOwnTest ? registrations.get(own.url ?? '') : registrationOf(context);
	const before = known?.application === application ? known : undefined;
	const inherited = await settings.inherited();
	const holder = own?.url ?? inherited.url;
	// Nobody but a test, of which one may have broken off, has put a test URL there.
	const ours =
		own?.url !== undefined && (isOwnTest || own.url === (isTest(context) ? url : before?.url));
	const takenOver = holder !== undefined && holder !== url && !ours;
	if (takenOver) refuseUnlessTakeOver(context, holder);
	await storeKeys(context);
	ended.delete(url);
	// Somebody has put this URL there by hand, so it is not ours to remove.
	if (holder === url && !ours) return forget(context);

	const made = ours ? (before?.made ?? true) : own === undefined;
	const touched = own !== undefined && !(made && excludedBy(own) === before?.excluded);
	const config = { url, privacy: (touched ? own : inherited).privacy };
	const after: Registration = {
		application,
		owner: ownerOf(context),
		url,
		excluded: touched ? (before?.excluded ?? '') : excludedBy(config),
		made,
		previous: ours ? before?.previous : own?.url && encrypt(own.url, await passwordOf(context)),
		test: isTest(context),
	};
	registrations.set(url, after);
	context.getWorkflowStaticData('node').registered = after;
	if (own?.url !== url || excludedBy(own) !== excludedBy(config)) {
		await settings.setConfig(config, own ? 'PUT' : 'POST');
	}
	if (takenOver) warn(context, `took KPN’s webhook URL over from ${originOf(holder)}`);
}

/**
 * Gives KPN's place back as it was, unless somebody has changed it since: a moment later, for the
 * trigger may only be published again.
 *
 * @throws NodeApiError where KPN refuses or cannot be reached: all is kept for the next time
 */
export async function unregister(context: IHookFunctions): Promise<void> {
	const registration = registrationOf(context);
	if (!registration) return;
	const { application, url, test } = registration;
	// Another trigger of the workflow may come in its place, whatever becomes of this.
	registrations.set(url, { ...registration, owner: '' });
	try {
		await refuseOtherApplication(context, application);
		await inTurn(application, async () => {
			const own = await new WebhookSettings(context).config('applications');
			const previous = await previousOf(context, registration);
			if (own?.url !== url) {
				ended.set(url, previous);
				return forget(context);
			}
			if (test) return await giveBack(context, registration);
			registrations.set(url, registration);
			leaveLater(application, url, async () => {
				await giveBack(context, registration).catch((error) => stays(context, registration, error));
			});
		});
	} catch (error) {
		throw stays(context, registration, error as Error);
	}
}

/** Said in the log and by the error, for n8n itself unpublishes all the same. */
function stays(context: IHookFunctions, { url }: Registration, error: Error): Error {
	error.message = `KPN may still send to ${url}. ${error.message} Remove that URL at KPN, or publish and unpublish the workflow again once this is mended.`;
	warn(context, error.message);
	return error;
}

async function giveBack(context: IHookFunctions, registration: Registration): Promise<void> {
	const settings = new WebhookSettings(context);
	const own = await settings.config('applications');
	if (own?.url !== registration.url) return;
	let previous = await previousOf(context, registration);
	while (previous !== undefined && ended.has(previous)) previous = ended.get(previous);
	if (previous !== undefined && (await isDead(context, previous))) previous = undefined;
	if (previous !== undefined) {
		await settings.setConfig({ ...own, url: previous }, 'PUT');
		return void registrations.delete(registration.url);
	}
	// What is left out at this level must not be sent because of us, nor be lost.
	const lossless = [NONE, excludedBy(await settings.inherited())];
	if (registration.made) lossless.push(registration.excluded);
	if (lossless.includes(excludedBy(own))) {
		await settings.remove();
		return void registrations.delete(registration.url);
	}
	warn(
		context,
		'KPN still sends here: somebody has chosen fields to be left out of events since, which would be lost with this URL. Set another URL at KPN, or remove the application’s webhook configuration there.',
	);
}

/** For a registration that is no more, and nothing is to be given back for. */
function forget(context: IHookFunctions): void {
	registrations.delete(ownUrl(context));
	delete context.getWorkflowStaticData('node').registered;
}

async function previousOf(
	context: IHookFunctions,
	{ previous }: Registration,
): Promise<string | undefined> {
	if (previous === undefined) return undefined;
	const url = decrypt(previous, await passwordOf(context));
	if (url !== undefined) return url;
	throw problem(
		context,
		'The webhook URL that KPN had before can no longer be read, because the Client Secret in the credential has changed. Set that URL at KPN yourself.',
	);
}

/** Whether a URL of this n8n has no trigger any more. Other systems are not asked. */
async function isDead(context: IHookFunctions, url: string): Promise<boolean> {
	if (originOf(url) !== originOf(ownUrl(context))) return false;
	const options = { url, ignoreHttpStatusErrors: true, returnFullResponse: true, timeout: 5000 };
	try {
		const answer = (await context.helpers.httpRequest(options)) as IN8nHttpFullResponse;
		// For a URL that takes only POST, n8n says so.
		return answer.statusCode === 404 && !JSON.stringify(answer.body).includes('POST request');
	} catch {
		return false;
	}
}

/** What n8n makes the URL for a test once the workflow is published. */
const productionUrlOf = (url: string): string => url.replace('/webhook-test/', '/webhook/');

async function refuseOtherApplication(context: IHookFunctions, application: string) {
	if ((await applicationOf(context)) === application) return;
	const [kpn, end] = application.split(' ');
	throw problem(
		context,
		`The credential was that of the application whose Client ID ends in ${end}, at ${kpn}, and is another one’s now.`,
	);
}

/** KPN sends only to https addresses; a sandbox takes others. */
function refuseUnencrypted(context: IHookFunctions, url: string, application: string): void {
	if (url.startsWith('https:') || !application.startsWith(`https://${KPN_HOST} `)) return;
	throw problem(
		context,
		`KPN sends only to https addresses, and this n8n’s is ${originOf(url)}. Set WEBHOOK_URL to the https address at which the internet reaches n8n, and publish the workflow again.`,
	);
}

function refuseUnlessTakeOver(context: IHookFunctions, holder: string): void {
	let words = `KPN has one webhook URL for each application, and KPN sends this application’s events to ${originOf(holder)} now`;
	if (isTest(context)) {
		words +=
			', perhaps to this workflow as it is published. Listening for a test event would take them away. Unpublish what is there, or test with pinned data.';
	} else if (registrations.get(holder)?.owner.startsWith(workflowOf(context))) {
		words +=
			': to another trigger of this workflow. Remove one of the two, or use a credential of another application here.';
	} else {
		if (context.getNodeParameter('additionalOptions.takeOver', false) === true) return;
		words +=
			': to another workflow, another n8n or another system. Let one trigger start both, use a credential of another application here, or add the option Take Over Webhook URL, which takes those events away until this workflow is unpublished.';
	}
	throw problem(context, words);
}

function registrationOf(context: IHookFunctions): Registration | undefined {
	const known = registrations.get(ownUrl(context));
	const stored = context.getWorkflowStaticData('node').registered as Registration | undefined;
	const found = known ?? (stored?.owner === ownerOf(context) ? stored : undefined);
	return found && { ...found };
}

/** The fields that a configuration leaves out, so that equal ones compare as equal. */
function excludedBy(config: WebhookConfig | undefined): string {
	const services = Object.entries((config?.privacy?.excluded_fields ?? {}) as IDataObject)
		.map(([service, fields]) => [service, Array.isArray(fields) ? [...fields].sort() : fields])
		.filter(([, fields]) => !Array.isArray(fields) || fields.length > 0);
	return JSON.stringify(services.sort());
}

/** KPN's address, how the Client ID ends, and a hash of it: n8n's database is not to hold it. */
async function applicationOf(context: IHookFunctions): Promise<string> {
	const credential = await readCredential(context);
	const key = String(credential.clientId);
	const hash = createHash('sha256').update(key).digest('base64url');
	return `${baseUrlOf(credential)} ${key.slice(-4)} ${hash}`;
}

function ownUrl(context: IHookFunctions): string {
	const url = context.getNodeWebhookUrl('default');
	if (url !== undefined) return url;
	throw problem(context, 'n8n has no webhook URL for this node.');
}

const problem = (context: IHookFunctions, words: string): NodeOperationError =>
	new NodeOperationError(context.getNode(), words);

const workflowOf = (context: IHookFunctions): string =>
	`${context.getInstanceId()} ${context.getWorkflow().id} `;

const ownerOf = (context: IHookFunctions): string => workflowOf(context) + context.getNode().id;

/** Whether somebody listens for a test event. */
const isTest = (context: IHookFunctions): boolean => context.getMode() === 'manual';

/** Of a foreign URL, more may be a secret. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);
