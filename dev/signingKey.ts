import { TOKEN_PATH } from '../nodes/shared/kpnApi';

/** Where KPN, or a stand-in for it, is, and an application there. */
export interface Kpn {
	url: string;
	clientId: string;
	clientSecret: string;
}

/**
 * Gives the sandbox the key that it signs its events with, by KPN's own calls: each sandbox begins
 * without one, and n8n keeps the secret of the last.
 */
export async function addSigningKey(
	{ url, clientId, clientSecret }: Kpn,
	secret: string,
	signal?: AbortSignal,
): Promise<void> {
	const form = new URLSearchParams({ client_id: clientId, client_secret: clientSecret });
	const answer = await fetch(`${url}${TOKEN_PATH}`, { method: 'POST', body: form, signal });
	const { access_token: token } = (await answer.json()) as { access_token: string };
	const added = await fetch(`${url}/webhookconfigs-kpn/applications/keys`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ secret }),
		signal,
	});
	if (!added.ok) throw new Error(`The sandbox took no signing key: ${await added.text()}`);
}
