import { createHash } from 'node:crypto';
import type { IDataObject, IHookFunctions, NodeOperationError } from 'n8n-workflow';

import { baseUrlOf, KPN_HOST } from '../shared/kpnApi';
import { isTestUrl, TEST_PATH } from '../shared/testUrl';
import { storeKeys } from './signingKeys';
import { warn } from './log';
import { previousToKeep, previousWith, urlToGiveBack } from './previousUrls';
import {
	forget,
	isStored,
	markAsEnded,
	originOf,
	ownerOf,
	ownUrl,
	problem,
	registrationOf,
	registrations,
	remember,
	workflowOf,
	type Registration,
} from './registrations';
import {
	withApplicationLock,
	scheduleRestore,
	restoreNow,
	pendingRestores,
} from './applicationLock';
import { readCredential, WebhookSettings, type Level, type WebhookConfig } from './webhookSettings';

/** How `excludedFieldsOf` writes that nothing is left out. */
const NO_EXCLUDED_FIELDS = '[]';

/** n8n stores what a trigger has put at KPN once publishing is over. */
const SET_BY_HAND =
	'KPN sends here already, and why is not known: somebody has set this URL there, or n8n was ended while it published this workflow. Unpublishing leaves it there: set what KPN had before, or remove the URL, at KPN.';

/** The URLs of which n8n's log says that they stay: n8n tries to unpublish several times. */
const reportedNotRestored = new Set<string>();

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
	requireHttps(context, url, application);
	await withApplicationLock(application, async () => {
		const pendingRegistration = registrations.get(pendingRestores.get(application)?.url ?? '');
		if (pendingRegistration?.url === url) pendingRestores.delete(application);
		else if (pendingRegistration?.previous !== undefined && !takesOver(context))
			await restoreNow(application);
		const failed = await setWebhookUrl(context, url, application).catch((error: Error) => error);
		// Another one that was about to leave has left with this.
		if (!failed) return pendingRestores.delete(application);
		// It may be unclear whether KPN took the URL, and what cannot be published has none.
		const incomplete = registrationOf(context);
		if (incomplete?.application === application)
			await restorePrevious(context, incomplete).catch((error) =>
				reportNotRestored(context, incomplete, error),
			);
		throw failed;
	});
}

async function setWebhookUrl(
	context: IHookFunctions,
	url: string,
	application: string,
): Promise<void> {
	const settings = new WebhookSettings(context);
	const own = await settings.config('applications');
	const inherited = await settings.inherited();
	const holder = own?.url ?? inherited.url;
	const stored = registrationOf(context);
	const matching = own?.url === stored?.url ? stored : registrations.get(own?.url ?? '');
	const previousOwn = matching?.application === application ? matching : undefined;
	const isOwnTest = own?.url !== undefined && own.url !== url && productionUrlOf(own.url) === url;
	// Nobody but a test, of which one may have broken off, has put a test URL there.
	const isBrokenTest = isTest(context) && own?.url === url;
	const isOurs = isOwnTest || isBrokenTest || (previousOwn !== undefined && previousOwn === stored);
	const isFree = previousOwn
		? previousOwn.owner === '' && previousOwn.previous === undefined
		: holder === undefined;
	const otherHolder = isOurs || isFree || holder === url ? undefined : holder;
	if (otherHolder !== undefined)
		requireTakeOver(context, otherHolder, own ? undefined : inherited.level);
	await storeKeys(context);
	reportedNotRestored.delete(url);
	// It is not known to be ours to remove.
	if (holder === url && !isOurs) {
		registrations.delete(url);
		warn(context, SET_BY_HAND);
		return forget(context);
	}

	const { createdConfig, excludedFields } = previousOwn ?? {
		createdConfig: own === undefined,
		excludedFields: '',
	};
	const isChangedByOthers =
		own !== undefined && !(createdConfig && excludedFieldsOf(own) === excludedFields);
	// What KPN does not show now may be what was left out before.
	const keeps = isChangedByOthers || (own !== undefined && !inherited.complete);
	const config = { url, privacy: (keeps ? own : inherited).privacy };
	let previous = previousOwn?.previous;
	if (otherHolder !== undefined && !isTestUrl(otherHolder)) {
		previous = await previousToKeep(context, previousOwn, own?.url);
	}
	remember(context, {
		application,
		owner: ownerOf(context),
		workflow: context.getWorkflow().name ?? '',
		url,
		excludedFields: isChangedByOthers ? excludedFields : excludedFieldsOf(config),
		createdConfig,
		previous,
		test: isTest(context),
	});
	if (own?.url !== url || excludedFieldsOf(own) !== excludedFieldsOf(config)) {
		await settings.setConfig(config, own ? 'PUT' : 'POST');
	}
	if (otherHolder !== undefined)
		warn(context, `took KPN’s webhook URL over from ${originOf(otherHolder)}`);
}

/**
 * Gives KPN's place back as it was, unless somebody has changed it since: a moment later, for the
 * trigger may only be published again; at once where n8n may be ended until then and know nothing of it.
 *
 * @throws NodeApiError where KPN refuses or cannot be reached: all is kept for the next time
 */
export async function unregister(context: IHookFunctions): Promise<void> {
	const registration = registrationOf(context);
	if (!registration) return;
	const { application, url, test } = registration;
	// Another trigger of the workflow may come in its place, whatever becomes of this.
	markAsEnded(registration);
	try {
		if ((await applicationOf(context)) !== application) {
			// No error: n8n would try again for some seconds, and not publish meanwhile.
			reportNotRestored(context, registration, otherApplication(context, application));
			return;
		}
		await withApplicationLock(application, async () => {
			const own = await new WebhookSettings(context).config('applications');
			if (own?.url !== url) return forget(context);
			await previousWith(context, registration);
			// n8n 1.x stores nothing of a workflow that it could not publish as a whole.
			if (test || !isStored(context, registration))
				return await restorePrevious(context, registration);
			scheduleRestore(application, url, async () => {
				await restorePrevious(context, registration).catch((error) =>
					reportNotRestored(context, registration, error),
				);
			});
		});
	} catch (error) {
		throw reportNotRestored(context, registration, error as Error);
	}
}

/** Said in the log, and by the error where there is one: n8n itself unpublishes all the same. */
function reportNotRestored(context: IHookFunctions, { url }: Registration, error: Error): Error {
	error.message = `KPN may still send to ${url}. ${error.message} Remove that URL at KPN, or publish and unpublish the workflow again once this is mended.`;
	if (!reportedNotRestored.has(url)) warn(context, error.message);
	reportedNotRestored.add(url);
	return error;
}

async function restorePrevious(context: IHookFunctions, registration: Registration): Promise<void> {
	markAsEnded(registration);
	const settings = new WebhookSettings(context);
	const own = await settings.config('applications');
	if (own?.url !== registration.url) return;
	const url = await urlToGiveBack(context, registration);
	if (url !== undefined) return await settings.setConfig({ ...own, url }, 'PUT');
	// What is left out at this level must not be sent because of us, nor be lost.
	const lossless = [NO_EXCLUDED_FIELDS, excludedFieldsOf(await settings.inherited())];
	if (registration.createdConfig) lossless.push(registration.excludedFields);
	if (lossless.includes(excludedFieldsOf(own))) return await settings.remove();
	warn(
		context,
		'KPN still sends here: which fields are left out of events would be lost with this URL. Set another URL at KPN, or remove the application’s webhook configuration there.',
	);
}

/** What n8n makes the URL for a test once the workflow is published. */
const productionUrlOf = (url: string): string => url.replace(TEST_PATH, '/webhook/');

function otherApplication(context: IHookFunctions, application: string): NodeOperationError {
	const [kpn, end] = application.split(' ');
	return problem(
		context,
		`The credential was that of the application whose Client ID ends in ${end}, at ${kpn}, and is another one’s now.`,
	);
}

/** KPN sends only to https addresses; a sandbox takes others. */
function requireHttps(context: IHookFunctions, url: string, application: string): void {
	if (url.startsWith('https:') || !application.startsWith(`https://${KPN_HOST} `)) return;
	throw problem(
		context,
		`KPN sends only to https addresses, and this n8n’s is ${originOf(url)}. Set WEBHOOK_URL to the https address at which the internet reaches n8n, and publish the workflow again.`,
	);
}

function requireTakeOver(context: IHookFunctions, holder: string, level?: Level): void {
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

/** The fields that a configuration leaves out, so that equal ones compare as equal. */
function excludedFieldsOf(config: WebhookConfig | undefined): string {
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

const takesOver = (context: IHookFunctions): boolean =>
	!isTest(context) && context.getNodeParameter('additionalOptions.takeOver', false) === true;

/** Whether somebody listens for a test event. */
const isTest = (context: IHookFunctions): boolean => context.getMode() === 'manual';
