import type { N8nRest } from '../dev/n8n/rest';
import type { CredentialReference } from '../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../nodes/shared/kpnApi';
import type { Sandbox, SmsApi } from '../sandbox';

/** Makes a credential for a sandbox in a real n8n. */
export async function addCredential(
	rest: N8nRest,
	{ clientId, clientSecret, url }: Sandbox,
	smsApi: SmsApi = 'current',
): Promise<CredentialReference> {
	return await rest.post<CredentialReference>('/credentials', {
		name: 'KPN SMS',
		type: CREDENTIAL_TYPE,
		data: { clientId, clientSecret, smsApi, environment: 'custom', baseUrl: url },
	});
}
