import { itemsAt } from '../../../nodes/KpnSms/wait/outputs';
import { kpnSmsNode } from '../../support/unit/validItem';

test('an agent is told that nobody was asked where the SMS had been sent before', () => {
	const node = kpnSmsNode({ type: 'n8n-nodes-kpn-sms.kpnSmsHitlTool' });
	const [[item] = []] = itemsAt(node, 'noAnswer', [{ json: { outcome: 'sentBefore' } }]);
	expect(item?.json.data).toEqual({
		approved: false,
		chatInput: expect.stringMatching(/^Nobody was asked now: .*Send Once Per/),
	});
});
