import { readFile } from 'node:fs/promises';

import { KPN_HOST } from '../../nodes/shared/kpnApi';
import type { Account } from './kpn';
import type { Prompt } from './prompt';

/**
 * Client ID and Secret from the environment, from a file that it names, or typed. Never from
 * the command line: other users of the machine see it, and the shell keeps it.
 *
 * @throws Error in words where one is missing, or where something was put onto the command line
 */
export async function readAccount(
	args: string[],
	env: NodeJS.ProcessEnv,
	prompt: Prompt,
): Promise<Account> {
	if (args.length > 0) {
		throw new Error(
			'npm run check:kpn takes nothing on the command line, where a secret would be seen and kept. ' +
				'It asks for all it needs, or reads KPN_CLIENT_ID and KPN_CLIENT_SECRET, or the JSON file that ' +
				'KPN_CREDENTIALS_FILE names: {"clientId": "…", "clientSecret": "…"}.',
		);
	}
	const file = await fromFile(env.KPN_CREDENTIALS_FILE);
	const clientId = env.KPN_CLIENT_ID || file.clientId || (await prompt.text('Client ID:'));
	const clientSecret =
		env.KPN_CLIENT_SECRET ||
		file.clientSecret ||
		(await prompt.secret('Client Secret (not shown):'));
	if (!clientId || !clientSecret)
		throw new Error('Without Client ID and Client Secret there is nothing to check.');
	const baseUrl = (env.KPN_BASE_URL || `https://${KPN_HOST}`).replace(/\/+$/, '');
	if (!URL.canParse(baseUrl)) throw new Error(`KPN_BASE_URL is no address: ${baseUrl}`);
	return { baseUrl, clientId, clientSecret };
}

/**
 * Another Client ID and Secret, typed, in place of those that KPN does not know.
 *
 * @returns undefined if the user has no others
 */
export async function askOtherAccount(
	{ baseUrl }: Account,
	prompt: Prompt,
): Promise<Account | undefined> {
	const clientId = await prompt.text('Client ID, once more (empty: end):');
	const clientSecret = clientId && (await prompt.secret('Client Secret (not shown):'));
	return clientSecret ? { baseUrl, clientId, clientSecret } : undefined;
}

/** The variables that Client ID and Secret came from; none where they were typed. */
export const accountVariables = (env: NodeJS.ProcessEnv): string[] =>
	['KPN_CLIENT_ID', 'KPN_CLIENT_SECRET', 'KPN_CREDENTIALS_FILE'].filter((name) => env[name]);

async function fromFile(
	path: string | undefined,
): Promise<{ clientId?: string; clientSecret?: string }> {
	if (!path) return {};
	try {
		return JSON.parse(await readFile(path, 'utf8')) as { clientId?: string; clientSecret?: string };
	} catch (cause) {
		// Its content is in no message.
		const why = cause instanceof SyntaxError ? 'is no JSON' : 'cannot be read';
		throw new Error(`The file that KPN_CREDENTIALS_FILE names ${why}.`, { cause });
	}
}
