import type { INode } from 'n8n-workflow';

import type { ValidItem } from '../../../nodes/KpnSms/check/checkItem';
import { readOptions } from '../../../nodes/KpnSms/check/options';
import { textSize } from '../../../nodes/KpnSms/check/parts';

/** A draft for tests, on the current API unless said otherwise. */
export const validItem = (changes: Partial<ValidItem> = {}, options: object = {}): ValidItem => ({
	itemIndex: 0,
	sender: 'Demo App',
	recipients: ['+31612345670'],
	content: 'Hello',
	size: textSize('Hello'),
	options: readOptions({ ...options }, 'current'),
	...changes,
});

/** The node, as far as the words of an error or of an item need it. */
export const kpnSmsNode = (changes: Partial<INode> = {}): INode => ({
	id: 'sms',
	name: 'SMS',
	type: 'n8n-nodes-kpn-sms.kpnSms',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
	...changes,
});
