import { messagesOf, type Call } from '../../../nodes/KpnSms/delivery/batch';
import { KpnCalls, type KpnContext } from '../../../nodes/KpnSms/delivery/kpnCalls';
import { SMS_APIS } from '../../../nodes/shared/kpn';
import { aDraft } from './drafts';

test('an n8n that is too old to renew a token is told to be updated', async () => {
	const context = {
		helpers: {},
		getExecutionCancelSignal: () => undefined,
	} as unknown as KpnContext;
	const request = { options: { url: SMS_APIS.current.sendPath }, credential: {}, deadline: 1000 };
	const outcome = await new KpnCalls(context, request).send(messagesOf(aDraft()) as Call);
	expect(outcome).toMatchObject({
		outcome: 'refused',
		meaning: 'KPN SMS needs n8n 1.121 or newer',
		advice: 'Update n8n.',
		retryable: false,
	});
});
