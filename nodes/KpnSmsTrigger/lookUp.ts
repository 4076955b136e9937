import type { IWebhookFunctions } from 'n8n-workflow';

import type { KnownKeys, Told } from './signingKeys';
import { WebhookSettings } from './webhookSettings';

/** Milliseconds between two questions to KPN for its keys. Its second attempt comes after 60 s. */
const LOOK_UP_EVERY = 30_000;

interface LookUp {
	/** Epoch milliseconds. */
	began: number;
	/** Undefined where KPN could not be asked. */
	told: Promise<Told | undefined>;
}

/** The last look-up of each trigger of this process. */
const lookUps = new Map<string, LookUp>();

/**
 * Brings the known keys up to date with KPN's, as far as KPN can be reached.
 *
 * Forged requests must not make n8n call KPN at their will. And n8n gives each request a copy of the
 * static data of its own, so those that come meanwhile or soon after have to be told as well.
 *
 * @param trigger what makes the trigger unique in this process
 */
export async function lookUp(
	context: IWebhookFunctions,
	trigger: string,
	known: KnownKeys,
): Promise<void> {
	let last = lookUps.get(trigger);
	if (!last || Date.now() - last.began >= LOOK_UP_EVERY) {
		last = { began: Date.now(), told: ask(context, known) };
		lookUps.set(trigger, last);
	}
	const told = await last.told;
	if (told) known.adopt(told);
}

async function ask(context: IWebhookFunctions, known: KnownKeys): Promise<Told | undefined> {
	try {
		await known.update(new WebhookSettings(context));
		return known.told;
	} catch (error) {
		context.logger.warn(`KPN SMS Trigger could not ask for a key: ${(error as Error).message}`);
		return undefined;
	}
}
