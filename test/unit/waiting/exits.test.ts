import { leaveBy } from '../../../nodes/KpnSms/waiting/exits';
import { aNode } from '../delivery/drafts';

test('an agent is told that nobody was asked where the SMS had been sent before', () => {
	const node = aNode({ type: 'n8n-nodes-kpn-sms.kpnSmsHitlTool' });
	const [[item] = []] = leaveBy(node, 'noAnswer', [{ json: { outcome: 'sentBefore' } }]);
	expect(item?.json.data).toEqual({
		approved: false,
		chatInput: expect.stringMatching(/^Nobody was asked now: .*Send Once Per/),
	});
});
