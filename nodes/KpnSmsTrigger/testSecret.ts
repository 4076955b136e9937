import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

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
