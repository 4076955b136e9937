import { messagesOf, type Call } from '../../../nodes/KpnSms/send/message';
import { KpnClient } from '../../../nodes/KpnSms/send/kpnClient';
import type { KpnContext } from '../../../nodes/KpnSms/send/kpnContext';
import { SMS_APIS } from '../../../nodes/shared/kpnApi';
import { validItem } from '../../support/unit/validItem';

test('an n8n that is too old to renew a token is told to be updated', async () => {
	const context = {
		helpers: {},
		getExecutionCancelSignal: () => undefined,
	} as unknown as KpnContext;
	const request = {
		api: 'current' as const,
		httpOptions: { url: SMS_APIS.current.sendPath },
		credential: {},
		timeoutMs: 1000,
	};
	const outcome = await new KpnClient(context, request).send(messagesOf(validItem()) as Call);
	expect(outcome).toMatchObject({
		outcome: 'refused',
		meaning: 'KPN SMS needs n8n 1.121 or newer',
		advice: 'Update n8n.',
		retryable: false,
	});
});
