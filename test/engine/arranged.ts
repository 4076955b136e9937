import { startForwardProxy } from '../forwardProxy';
import { startSetting, type Setting } from './setting';
import type { Situation } from './situations';

interface Arranged extends Setting {
	credential: { id: string; name: string };
	/** Of the node, as far as the situation asks for it. */
	requestOptions: { timeout: number; proxy?: string };
	options: { maximumRetries?: number };
	close(): Promise<void>;
}

/**
 * A KPN to which a situation happens.
 *
 * @param trap an address that looks like a success to whoever goes there
 * @param content of the message that it happens to; without one, to every message
 */
export async function arranged(
	situation: Situation,
	smsApi: 'v1' | 'current',
	trap: string,
	content?: string,
): Promise<Arranged> {
	const { sandbox, credentials } = await startSetting({ smsApi });
	// n8n renews a credential once for all who ask at the same time: each has one of its own.
	const credential = { id: sandbox.url, name: 'KPN' };
	credentials.set(credential.id, credentials.raw('kpn'));
	const forward = situation.behind && (await startForwardProxy(situation.behind));
	const match = content === undefined ? {} : { match: { content } };
	if (situation.fault) {
		const first = { ...situation.fault(trap), ...match };
		sandbox.inject({ ...first, times: situation.later ? 1 : null });
	}
	if (situation.later) sandbox.inject({ ...situation.later, ...match, skip: 1, times: null });
	if (situation.arrange || forward) {
		// The token is there already: it is sending that fails.
		const token = await fetch(
			`${sandbox.url}/oauth/client_credential/accesstoken?grant_type=client_credentials`,
			{
				method: 'POST',
				body: new URLSearchParams({
					client_id: sandbox.clientId,
					client_secret: sandbox.clientSecret,
				}),
			},
		);
		credentials.set(credential.id, {
			...credentials.raw(credential.id),
			oauthTokenData: (await token.json()) as Record<string, string>,
			...(forward && { baseUrl: 'https://kpn.example.com' }),
		});
		await situation.arrange?.(sandbox);
	}
	const maximumRetries = forward ? 0 : situation.maximumRetries;
	return {
		sandbox,
		credentials,
		credential,
		requestOptions: {
			timeout: situation.timeout ?? 50_000,
			proxy: situation.misspelt
				? forward?.url.replace('http:', 'https:')
				: (forward?.url ?? situation.proxy),
		},
		options: maximumRetries === undefined ? {} : { maximumRetries },
		close: async () => {
			await forward?.close();
			await sandbox.close();
		},
	};
}
