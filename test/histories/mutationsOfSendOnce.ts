import type { Mutation } from './mutation';

const DELIVERY = 'nodes/KpnSms/delivery';

export const SEND_ONCE: Array<Omit<Mutation, 'of'>> = [
	{
		name: 'Send Once Per: two recipients of a key count as one',
		file: `${DELIVERY}/sendOnce.ts`,
		find: 'this.hash.of(JSON.stringify([onceKey, message.recipient]))',
		replace: 'this.hash.of(JSON.stringify([onceKey]))',
	},
	{
		name: 'Send Once Per: a repeated key is sent again in the same run',
		file: `${DELIVERY}/sendOnce.ts`,
		find: 'this.repeats.push({ message, first });\n\t\t\treturn false;',
		replace: 'return true;',
	},
	{
		name: 'Send Once Per: what was accepted is not put on record',
		file: `${DELIVERY}/sendOnce.ts`,
		find: "if (outcome.outcome === 'accepted') this.sent.push(key);",
		replace: "if (outcome.outcome === 'accepted') this.free.push(key);",
	},
	{
		name: 'Send Once Per: what KPN refused stays on record as begun',
		file: `${DELIVERY}/sendOnce.ts`,
		find: "if (outcome.outcome === 'refused') this.free.push(key);",
		replace: '',
	},
	{
		name: 'Send Once Per: a message goes on record after its call has left',
		file: `${DELIVERY}/sendOnce.ts`,
		find: 'await this.begin(call);\n\t\tif (this.failure)',
		replace: 'void this.begin(call);\n\t\tif (this.failure)',
	},
	{
		name: 'Send Once Per: what an execution began and did not end is sent by the next',
		file: `${DELIVERY}/sendOnce.ts`,
		find: "state === 'new' || (state === 'begun' && draft.options.deliveryGuarantee === 'atLeastOnce')",
		replace: "state === 'new' || (state === 'begun' && draft !== undefined)",
	},
	{
		name: 'Send Once Per: what was sent before counts as unknown',
		file: `${DELIVERY}/sendOnce.ts`,
		find: "const known = state === 'sent' ? SENT_BEFORE : UNKNOWN_BEFORE;",
		replace: 'const known = UNKNOWN_BEFORE;',
	},
	{
		name: 'Send Once Per: what a try before sent is not known to the next execution',
		file: `${DELIVERY}/sendOnce.ts`,
		find: "if (outcome === 'accepted') this.settledBefore.sent.push(key);",
		replace: '',
		notCaught:
			'all tries of a history have the key; the tests of Send Once Per add it before a retry',
	},
	{
		name: 'Send Once Per: Send and Wait waits for what another execution has sent',
		file: 'nodes/KpnSms/message/sendAndWait.ts',
		find: 'if (isElsewhere) {',
		replace: 'if (isElsewhere && items.length > 1) {',
	},
	{
		name: 'Send Once Per: executions do not take turns at the list',
		file: `${DELIVERY}/keyStore.ts`,
		find: '(lastTurns.get(this.id) ?? Promise.resolve()).then(work)',
		replace: 'Promise.resolve().then(work)',
		notCaught:
			'a history has one execution after the other; the tests of Send Once Per have four at once',
	},
	{
		name: 'Send Once Per: what was decided while a call waited is looked up once more',
		file: `${DELIVERY}/sendOnce.ts`,
		find: 'new Set(this.waiting.filter((message) => this.isUndecided(message)))',
		replace: 'new Set(this.waiting)',
		notCaught:
			'it takes more messages than a history has; the tests of Send Once Per send 600 past a slow database',
	},
];
