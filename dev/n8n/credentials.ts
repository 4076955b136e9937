import { CREDENTIAL_TYPE, type SmsApi } from '../../nodes/shared/kpnApi';
import type { Kpn } from '../signingKey';
import type { N8nRest } from './rest';

export interface CredentialReference {
	id: string;
	name: string;
}

export async function addCredential(
	n8n: N8nRest,
	name: string,
	type: string,
	data: object,
): Promise<CredentialReference> {
	const { id } = await n8n.post<CredentialReference>('/credentials', { name, type, data });
	return { id, name };
}

/** What a person fills in for the sandbox. */
export const sandboxCredential = (
	{ url, clientId, clientSecret }: Kpn,
	smsApi: SmsApi = 'current',
) => ({ clientId, clientSecret, smsApi, environment: 'custom', baseUrl: url });

/** Makes a credential for the sandbox in a real n8n. */
export async function addSandboxCredential(
	n8n: N8nRest,
	kpn: Kpn,
	{ smsApi, name = 'KPN SMS' }: { smsApi?: SmsApi; name?: string } = {},
): Promise<CredentialReference> {
	return await addCredential(n8n, name, CREDENTIAL_TYPE, sandboxCredential(kpn, smsApi));
}
