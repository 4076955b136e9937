import type { Mutation } from './mutation';

const DEDUPLICATION = 'nodes/KpnSms/deduplication';

export const SEND_ONCE: Array<Omit<Mutation, 'of'>> = [
	{
		name: 'Send Once Per: two recipients of a key count as one',
		file: `${DEDUPLICATION}/onceKeys.ts`,
		find: 'this.hash.of(JSON.stringify([onceKey, message.recipient]))',
		replace: 'this.hash.of(JSON.stringify([onceKey]))',
	},
	{
		name: 'Send Once Per: a repeated key is sent again in the same run',
		file: `${DEDUPLICATION}/onceKeys.ts`,
		find: 'this.duplicates.set(message, first);\n\t\t\treturn;',
		replace: 'return;',
	},
	{
		name: 'Send Once Per: what was accepted is not put on record',
		file: `${DEDUPLICATION}/sendOnce.ts`,
		find: "if (outcome.outcome === 'accepted') this.sentKeys.push(key);",
		replace: "if (outcome.outcome === 'accepted') this.releasedKeys.push(key);",
	},
	{
		name: 'Send Once Per: what KPN refused stays on record as begun',
		file: `${DEDUPLICATION}/sendOnce.ts`,
		find: "if (outcome.outcome === 'refused') this.releasedKeys.push(key);",
		replace: '',
	},
	{
		name: 'Send Once Per: a message goes on record after its call has left',
		file: `${DEDUPLICATION}/sendOnce.ts`,
		find: 'await this.recordCall(call);\n\t\tif (this.failure)',
		replace: 'void this.recordCall(call);\n\t\tif (this.failure)',
	},
	{
		name: 'Send Once Per: what an execution began and did not end is sent by the next',
		file: `${DEDUPLICATION}/sendOnce.ts`,
		find: "state === 'new' || (state === 'begun' && item.options.deliveryGuarantee === 'atLeastOnce')",
		replace: "state === 'new' || (state === 'begun' && item !== undefined)",
	},
	{
		name: 'Send Once Per: what was sent before counts as unknown',
		file: `${DEDUPLICATION}/sendOnce.ts`,
		find: "const outcome = state === 'sent' ? SENT_BEFORE : UNKNOWN_ELSEWHERE;",
		replace: 'const outcome = UNKNOWN_ELSEWHERE;',
	},
	{
		name: 'Send Once Per: what a try before sent is not known to the next execution',
		file: `${DEDUPLICATION}/sendOnce.ts`,
		find: "if (message.outcome?.outcome === 'accepted') this.previousKeys.sent.push(key);",
		replace: '',
		notCaught:
			'all tries of a history have the key; the tests of Send Once Per add it before a retry',
	},
	{
		name: 'Send Once Per: Send and Wait waits for what another execution has sent',
		file: 'nodes/KpnSms/operations/sendAndWait.ts',
		find: 'if (isElsewhere) {',
		replace: 'if (isElsewhere && items.length > 1) {',
	},
	{
		name: 'Send Once Per: executions do not take turns at the list',
		file: `${DEDUPLICATION}/keyStore.ts`,
		find: '(locks.get(this.id) ?? Promise.resolve()).then(work)',
		replace: 'Promise.resolve().then(work)',
		notCaught:
			'a history has one execution after the other; the tests of Send Once Per have four at once',
	},
	{
		name: 'Send Once Per: what was decided while a call waited is looked up once more',
		file: `${DEDUPLICATION}/recordQueue.ts`,
		find: 'new Set(this.waiting.filter(isUndecided))',
		replace: 'new Set(this.waiting)',
		notCaught:
			'it takes more messages than a history has; the tests of Send Once Per send 600 past a slow database',
	},
];
