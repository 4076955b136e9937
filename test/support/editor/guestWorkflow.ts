import type { INode, IWorkflowBase } from 'n8n-workflow';

export const GUESTS = [
	{ name: 'Anna', mobile: '+31612345671', table: 4 },
	{ name: 'Bram', mobile: '+31612345672', table: 7 },
	{ name: 'Chloé', mobile: '+31612345673', table: 9 },
	{ name: 'Daan', mobile: '+31612345674', table: 2 },
];

/** The same guests, as somebody typed them: a landline, and a number that breaks off. */
const AS_TYPED = [
	{ name: 'Anna', mobile: '06 12345671', table: 4 },
	{ name: 'Bram', mobile: '020 1234567', table: 7 },
	{ name: 'Chloé', mobile: '0031612345673', table: 9 },
	{ name: 'Daan', mobile: '0612', table: 2 },
];

export const manyGuests = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		name: 'Guest',
		mobile: '0612345670',
		table: index,
	}));

/** Of whom some have no mobile number, and the names of some say what becomes of their SMS. */
export const mixedGuests = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		name: index % 50 === 3 ? 'Refused' : index % 50 === 12 ? 'Lost' : `Guest ${index + 1}`,
		mobile: index % 25 === 7 ? '020 1234567' : `06123${45000 + index}`,
		table: index,
	}));

/** The name that n8n gives the node after its action. */
export const SEND = 'Send an SMS';

/** Everything but the node that sends: a button, a list, and an item for each in it. */
export const guestList = {
	nodes: [
		{
			id: 'button',
			name: 'When You Press Execute',
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [-224, 0],
			parameters: {},
		},
		{
			id: 'guests',
			name: 'Guests',
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			position: [0, 0],
			parameters: {
				mode: 'raw',
				jsonOutput: JSON.stringify({ guests: AS_TYPED }, null, 2),
				options: {},
			},
		},
		{
			id: 'one-item-per-guest',
			name: 'One Item per Guest',
			type: 'n8n-nodes-base.splitOut',
			typeVersion: 1,
			position: [224, 0],
			parameters: { fieldToSplitOut: 'guests', options: {} },
		},
	],
	connections: {
		'When You Press Execute': { main: [[{ node: 'Guests', type: 'main', index: 0 }]] },
		Guests: { main: [[{ node: 'One Item per Guest', type: 'main', index: 0 }]] },
	},
};

/** The node that texts all guests who are posted to a webhook. */
export const reminder: INode['parameters'] = {
	resource: 'message',
	operation: 'send',
	sender: 'Bistro',
	mobileNumber: '={{ $json.mobile }}',
	content: '=Hello {{ $json.name }}, see you at seven.',
	options: {},
};

/** A list, and the node that texts all guests on it, whatever becomes of one. */
export function listWithResults(
	guests: object[],
	credentials: NonNullable<INode['credentials']>,
): Pick<IWorkflowBase, 'nodes' | 'connections' | 'settings' | 'active'> {
	const { nodes, connections } = guestList;
	const [button, list, ...rest] = nodes as INode[];
	if (!button || !list) throw new Error('There is no list');
	const sms: INode = {
		id: 'sms',
		name: SEND,
		type: 'n8n-nodes-kpn-sms.kpnSms',
		typeVersion: 1,
		position: [448, 0],
		parameters: reminder,
		onError: 'continueRegularOutput',
		credentials,
	};
	const jsonOutput = JSON.stringify({ guests });
	return {
		active: false,
		settings: { executionOrder: 'v1' },
		nodes: [button, { ...list, parameters: { ...list.parameters, jsonOutput } }, ...rest, sms],
		connections: {
			...connections,
			'One Item per Guest': { main: [[{ node: SEND, type: 'main', index: 0 }]] },
		} as IWorkflowBase['connections'],
	};
}
