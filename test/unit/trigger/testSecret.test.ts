import type { ICredentialTestFunctions } from 'n8n-workflow';

import { testSecret } from '../../../nodes/KpnSmsTrigger/signingKeys';

const tested = async (data?: Record<string, string>) =>
	await testSecret.call({} as ICredentialTestFunctions, {
		id: 'typed',
		name: 'Typed',
		type: 'kpnSmsWebhookApi',
		data,
	});

test.each<Record<string, string> | undefined>([
	undefined,
	{},
	{ secret: '' },
	{ secret: ' \t' },
	{ previousSecret: 'old' },
])('a credential that holds %j is said to let nothing pass', async (data) => {
	const result = await tested(data);
	expect(result).toEqual({ status: 'Error', message: expect.stringMatching(/blank: no event/) });
});

test.each<Record<string, string>>([
	{ secret: ' new' },
	{ secret: 'new\n' },
	{ secret: 'new', previousSecret: 'old ' },
])('blanks around a secret (%j) are found', async (data) => {
	const result = await tested(data);
	expect(result).toEqual({
		status: 'Error',
		message: expect.stringMatching(/around the secret/),
	});
});

test('a secret that may fit is not called proven', async () => {
	const result = await tested({ secret: 'new', previousSecret: '' });
	expect(result).toEqual({ status: 'OK', message: expect.stringMatching(/first event/) });
});
