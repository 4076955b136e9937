import { createHash } from 'node:crypto';
import type { IHookFunctions } from 'n8n-workflow';

import { baseUrlOf } from '../shared/kpnApi';
import { isTestUrl, TEST_PATH } from '../shared/testUrl';
import {
	withApplicationLock,
	scheduleRestore,
	restoreNow,
	pendingRestores,
} from './applicationLock';
import { excludedFieldsOf, isRemovable, privacyToSet } from './excludedFields';
import { warn } from './log';
import { previousToKeep, previousWith, urlToRestore } from './previousUrls';
import {
	NOT_REMOVABLE,
	otherApplication,
	requireHttps,
	requireTakeOver,
	SET_BY_HAND,
} from './registrationErrors';
import {
	forget,
	isStored,
	isTest,
	markAsEnded,
	originOf,
	ownerOf,
	ownUrl,
	registrationOf,
	registrations,
	remember,
	takesOver,
	type Registration,
} from './registrations';
import { storeKeys } from './signingKeys';
import { readCredential, WebhookSettings } from './webhookSettings';

/** The URLs that n8n's log has named as left at KPN: n8n tries to unpublish several times. */
const reportedNotRestored = new Set<string>();

/** n8n 1.x asks this at every start, 2.x only when publishing. A start changes nothing at KPN. */
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
		// This takes the place of a restore that was pending.
		if (!failed) return pendingRestores.delete(application);
		// Whether KPN took the URL may be unclear, and a trigger that is not published must have none there.
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
	// Only a test sets a test URL: this one is left of a test that broke off.
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
	// Who has set it is not known, so unpublishing must not remove it.
	if (holder === url && !isOurs) {
		registrations.delete(url);
		warn(context, SET_BY_HAND);
		return forget(context);
	}

	const { privacy, ...forRestore } = privacyToSet(own, inherited, previousOwn);
	const config = { url, privacy };
	let previous = previousOwn?.previous;
	if (otherHolder !== undefined && !isTestUrl(otherHolder)) {
		previous = await previousToKeep(context, previousOwn, own?.url);
	}
	remember(context, {
		application,
		owner: ownerOf(context),
		workflow: context.getWorkflow().name ?? '',
		url,
		...forRestore,
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
 * Restores what KPN had before this trigger, unless it has been changed since: after a delay, as
 * the trigger may only be published again; at once where n8n stores nothing that would restore it
 * after a restart.
 *
 * For a test, this is not waited for and its errors are only logged. While the end of a test takes
 * time, and after it has failed, n8n has its own services in what it caches of that test, and clones
 * them whenever anybody listens for a test event. That holds n8n for up to a minute, and fails.
 *
 * @throws NodeApiError where KPN refuses or cannot be reached: all is kept for the next time
 */
export async function unregister(context: IHookFunctions): Promise<void> {
	const registration = registrationOf(context);
	if (!registration) return;
	// From now on another trigger of the workflow may be registered, also if this fails.
	markAsEnded(registration);
	const done = restoreUnlessChanged(context, registration).catch((error: Error) => {
		throw reportNotRestored(context, registration, error);
	});
	if (registration.test) void done.catch(() => {});
	else await done;
}

async function restoreUnlessChanged(
	context: IHookFunctions,
	registration: Registration,
): Promise<void> {
	const { application, url, test } = registration;
	// Before anything is waited for, so that a test that begins now comes after it.
	await withApplicationLock(application, async () => {
		if ((await applicationOf(context)) !== application) {
			// Not thrown: n8n would try again for some seconds, and publish nothing meanwhile.
			reportNotRestored(context, registration, otherApplication(context, application));
			return;
		}
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
}

/** Adds to an error what it means for the user, and logs it: n8n unpublishes in any case. */
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
	const url = await urlToRestore(context, registration);
	if (url !== undefined) return await settings.setConfig({ ...own, url }, 'PUT');
	if (isRemovable(own, await settings.inherited(), registration)) return await settings.remove();
	warn(context, NOT_REMOVABLE);
}

/** The URL that a test URL becomes once the workflow is published. */
const productionUrlOf = (url: string): string => url.replace(TEST_PATH, '/webhook/');

/** KPN's address, the end of the Client ID, and a hash of it: the whole must not be in n8n's database. */
async function applicationOf(context: IHookFunctions): Promise<string> {
	const credential = await readCredential(context);
	const key = String(credential.clientId);
	const hash = createHash('sha256').update(key).digest('base64url');
	return `${baseUrlOf(credential)} ${key.slice(-4)} ${hash}`;
}
