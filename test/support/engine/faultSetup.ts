import { startForwardProxy } from '../forwardProxy';
import { startEngineSetup, type EngineSetup } from './engineSetup';
import type { FaultCase } from './faults';

interface FaultSetup extends EngineSetup {
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
export async function startFaultSetup(
	faultCase: FaultCase,
	smsApi: 'v1' | 'current',
	trap: string,
	content?: string,
): Promise<FaultSetup> {
	const { sandbox, credentials } = await startEngineSetup({ smsApi });
	// n8n renews a credential once for all who ask at the same time: each has one of its own.
	const credential = { id: sandbox.url, name: 'KPN' };
	credentials.set(credential.id, credentials.raw('kpn'));
	const forward = faultCase.proxyBehavior && (await startForwardProxy(faultCase.proxyBehavior));
	const match = content === undefined ? {} : { match: { content } };
	if (faultCase.fault) {
		const first = { ...faultCase.fault(trap), ...match };
		sandbox.inject({ ...first, times: faultCase.laterFault ? 1 : null });
	}
	if (faultCase.laterFault)
		sandbox.inject({ ...faultCase.laterFault, ...match, skip: 1, times: null });
	if (faultCase.arrange || forward) {
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
		await faultCase.arrange?.(sandbox);
	}
	const maximumRetries = forward ? 0 : faultCase.maximumRetries;
	return {
		sandbox,
		credentials,
		credential,
		requestOptions: {
			timeout: faultCase.timeout ?? 50_000,
			proxy: faultCase.isHttpsProxy
				? forward?.url.replace('http:', 'https:')
				: (forward?.url ?? faultCase.proxy),
		},
		options: maximumRetries === undefined ? {} : { maximumRetries },
		close: async () => {
			await forward?.close();
			await sandbox.close();
		},
	};
}
