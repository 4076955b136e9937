import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	IHookFunctions,
	INodeCredentialTestResult,
	IWebhookFunctions,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { SigningKey } from './signature';

/** The credential that holds the secrets a user has typed. */
const WEBHOOK_CREDENTIAL_TYPE = 'kpnSmsWebhookApi';

export const isManual = (context: IHookFunctions | IWebhookFunctions): boolean =>
	context.getNodeParameter('registration', 'automatic') === 'manual';

/** The keys of manual registration. KPN's ids of them are not known. */
export async function typedKeys(
	context: IHookFunctions | IWebhookFunctions,
): Promise<SigningKey[]> {
	if (!context.getNode().credentials?.[WEBHOOK_CREDENTIAL_TYPE]) return [];
	const { secret, previousSecret } = await context.getCredentials(WEBHOOK_CREDENTIAL_TYPE);
	return [secret, previousSecret]
		.filter((typed): typed is string => typeof typed === 'string' && typed.trim() !== '')
		.map((typed) => ({ secret: typed }));
}

/** @throws NodeOperationError where no event could ever be verified */
export async function needTypedKeys(context: IHookFunctions): Promise<void> {
	if ((await typedKeys(context)).length > 0) return;
	throw new NodeOperationError(
		context.getNode(),
		'The secret of KPN’s signing key is missing in the credential, so no event could be verified. Fill in Secret.',
	);
}

/** What can be said of a secret without KPN: only an event from KPN proves that it is the right one. */
export async function testSecret(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const { secret, previousSecret } = credential.data ?? {};
	const typed = [secret, previousSecret].filter((one) => typeof one === 'string');
	if (typeof secret !== 'string' || secret.trim() === '') {
		return { status: 'Error', message: 'The secret is blank: no event would be accepted' };
	}
	if (typed.some((one) => one !== one.trim())) {
		return { status: 'Error', message: 'There are blanks around the secret: remove them' };
	}
	return { status: 'OK', message: 'The first event from KPN will show whether it fits' };
}
