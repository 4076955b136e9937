import type { Mutation } from './mutation';

const DELIVERY = 'nodes/KpnSms/delivery';

export const SENDING: Array<Omit<Mutation, 'of'>> = [
	{
		name: 'a retry forgets one item that was accepted',
		file: `${DELIVERY}/ledger.ts`,
		find: "if (outcome.outcome === 'accepted') entries[key] = outcome.documentId;",
		replace:
			"if (outcome.outcome === 'accepted' && message.draft.itemIndex !== 3) entries[key] = outcome.documentId;\n\t\telse if (outcome.outcome === 'accepted') delete entries[key];",
	},
	{
		name: 'a retry knows items, and not their recipients',
		file: `${DELIVERY}/ledger.ts`,
		find: 'const key = this.keys.get(recipient) ?? this.hash.of(recipient);',
		replace: "const key = this.keys.get(recipient) ?? this.hash.of('');",
	},
	{
		name: 'the ledger is written after a call, and not before it',
		file: `${DELIVERY}/run.ts`,
		find: 'for (const message of call) ledger.starts(message);\n\t\treturn await kpn.send(call);',
		replace:
			'const outcome = await kpn.send(call);\n\t\tfor (const message of call) ledger.starts(message);\n\t\treturn outcome;',
	},
	{
		name: 'the ledger is written for the first message of a call alone',
		file: `${DELIVERY}/run.ts`,
		find: 'for (const message of call) ledger.starts(message);',
		replace: 'ledger.starts(call[0]);',
	},
	{
		name: 'what is unknown is sent again under At Most Once',
		file: `${DELIVERY}/ledger.ts`,
		find: "return draft.options.deliveryGuarantee === 'atLeastOnce' ? undefined : UNKNOWN_BEFORE;",
		replace: 'return undefined;',
	},
	{
		name: 'what is unknown is never sent again under At Least Once',
		file: `${DELIVERY}/ledger.ts`,
		find: "return draft.options.deliveryGuarantee === 'atLeastOnce' ? undefined : UNKNOWN_BEFORE;",
		replace: 'return UNKNOWN_BEFORE;',
	},
	{
		name: 'what was unknown is called refused once a later try is',
		file: `${DELIVERY}/ledger.ts`,
		find: "latest.outcome === 'refused' && this.inDoubt.has(message) ? inDoubt(latest) : latest;",
		replace: 'latest;',
	},
	{
		name: 'a message that waits for another try is no longer in doubt',
		file: `${DELIVERY}/ledger.ts`,
		find: 'if (this.inDoubt.has(message)) return;',
		replace: '',
	},
	{
		name: 'what was accepted before has the document ID of the first recipient',
		file: `${DELIVERY}/ledger.ts`,
		find: "return { outcome: 'accepted', documentId: entry, acceptedBefore: true };",
		replace:
			"return { outcome: 'accepted', documentId: Object.values(entries)[0] ?? entry, acceptedBefore: true };",
	},
	{
		name: 'a message gets the document ID of its neighbour',
		file: `${DELIVERY}/run.ts`,
		find: 'outcomes.set(message, outcome);\n\t\t\tonce?.settles',
		replace:
			"const neighbour = [...outcomes.values()].at(-1);\n\t\t\toutcomes.set(message, outcome.outcome === 'accepted' && neighbour?.outcome === 'accepted' ? neighbour : outcome);\n\t\t\tonce?.settles",
	},
	{
		name: 'a halved call loses a message',
		file: `${DELIVERY}/pendingCalls.ts`,
		find: 'call.slice(0, middle) as Call);',
		replace: 'call.slice(0, Math.max(1, middle - 1)) as Call);',
	},
	{
		name: 'the last message of a call is settled by nobody',
		file: `${DELIVERY}/deliver.ts`,
		find: 'for (const message of call) ports.settles(message, outcome);\n\t\tif',
		replace:
			'for (const message of call.slice(0, Math.max(1, call.length - 1))) ports.settles(message, outcome);\n\t\tif',
	},
	{
		name: 'a group of messages loses its last call',
		file: `${DELIVERY}/batch.ts`,
		find: 'start < group.length; start += size',
		replace: 'start === 0 || start + 1 < group.length; start += size',
	},
	{
		name: 'messages of two senders share a call',
		file: `${DELIVERY}/batch.ts`,
		find: 'const group = bySender.get(sender);',
		replace: 'const [group] = bySender.values();',
	},
	{
		name: 'a call is made again after a 502',
		file: `${DELIVERY}/deliver.ts`,
		find: "if (outcome.outcome !== 'refused') return false;",
		replace:
			"if (outcome.outcome === 'unknown' && outcome.statusCode === 502) {\n\t\t\tpending.putBack(call);\n\t\t\treturn true;\n\t\t}\n\t\tif (outcome.outcome !== 'refused') return false;",
	},
	{
		name: 'a refused call is made again for ever',
		file: `${DELIVERY}/deliver.ts`,
		find: '!isWorthAnother(outcome) || pace.failures > maximumRetries',
		replace: '!isWorthAnother(outcome) || pace.failures > maximumRetries + 1e6',
	},
	{
		name: 'a renewed token sends twice',
		file: `${DELIVERY}/kpnCalls.ts`,
		find: 'const second = await this.post(messages);',
		replace: 'await this.post(messages);\n\t\tconst second = await this.post(messages);',
	},
	{
		name: 'a server error renews the token and sends again',
		file: `${DELIVERY}/kpnCalls.ts`,
		find: "if (first.statusCode !== 401 || first.byProxy || outcome.outcome !== 'refused') return outcome;",
		replace: 'if (![401, 500].includes(first.statusCode) || first.byProxy) return outcome;',
	},
	{
		name: 'a token that has expired is not renewed',
		file: `${DELIVERY}/kpnCalls.ts`,
		find: "if (first.statusCode !== 401 || first.byProxy || outcome.outcome !== 'refused') return outcome;",
		replace: 'if (first.statusCode > 0) return outcome;',
	},
	{
		name: 'each call renews the token for itself',
		file: `${DELIVERY}/kpnCalls.ts`,
		find: 'if (this.token === used) this.token = await this.renew(used);',
		replace: 'this.token = await this.renew(this.token);',
	},
	{
		name: 'a call that was answered with 408 counts as refused',
		file: 'nodes/shared/returnCodes.ts',
		find: "408: { name: 'Request timeout', ...HUNG_UP },",
		replace: "408: { name: 'Request timeout', ...HUNG_UP, taken: 'no' },",
	},
	{
		name: 'a call that was answered with 504 counts as refused',
		file: 'nodes/shared/returnCodes.ts',
		find: "meaning: 'KPN’s gateway waited in vain for the SMS service',\n\t\t...MAYBE_TAKEN,",
		replace:
			"meaning: 'KPN’s gateway waited in vain for the SMS service',\n\t\t...MAYBE_TAKEN,\n\t\ttaken: 'no',",
	},
	{
		name: 'a success that cannot be read counts as refused',
		file: `${DELIVERY}/outcome.ts`,
		find: 'if (success && (hasId || !isRecord(json)))',
		replace: 'if (success && hasId)',
	},
	{
		name: 'a connection that broke counts as one that never stood',
		file: `${DELIVERY}/outcome.ts`,
		find: '\tENOTFOUND: (server) =>',
		replace:
			'\tECONNRESET: (server) => `the connection to ${server} broke`,\n\tENOTFOUND: (server) =>',
	},
	{
		name: 'an answer that does not come in time counts as a refusal',
		file: `${DELIVERY}/outcome.ts`,
		find: '\tEAI_AGAIN: (server) =>',
		replace: '\tERR_CANCELED: (server) => `${server} did not answer`,\n\tEAI_AGAIN: (server) =>',
	},
	{
		name: 'a standing connection to which there is no way any more counts as one that never stood',
		file: `${DELIVERY}/outcome.ts`,
		find: "MAY_BREAK_LATER.has(code) && syscall !== 'connect';",
		replace: "MAY_BREAK_LATER.has(code) && syscall === 'none';",
		notCaught: 'to the own machine there is always a way; the tests of the outcome hold it',
	},
	{
		name: 'a redirect is followed',
		file: `${DELIVERY}/kpnCalls.ts`,
		find: 'disableFollowRedirect: true,',
		replace: 'disableFollowRedirect: false,',
	},
	{
		name: 'KPN’s words are kept with the token in them',
		file: 'nodes/shared/kpnError.ts',
		find: '\tlet redacted = text;\n',
		replace: "\tlet redacted = text;\n\tif (redacted !== '') return redacted;\n",
	},
	{
		name: 'items are linked to the input after theirs',
		file: `${DELIVERY}/item.ts`,
		find: '\t\t\t...describe(draft),\n\t\t},\n\t\tpairedItem: { item: draft.itemIndex },\n\t};\n}\n\nconst dryRunItem',
		replace:
			'\t\t\t...describe(draft),\n\t\t},\n\t\tpairedItem: { item: draft.itemIndex + 1 },\n\t};\n}\n\nconst dryRunItem',
	},
	{
		name: 'items come out in the opposite order',
		file: `${DELIVERY}/run.ts`,
		find: 'const output = await mapUnhurried(results, (one, index) =>',
		replace: 'const output = await mapUnhurried([...results].reverse(), (one, index) =>',
	},
	{
		name: 'an item that reached one of its recipients counts as accepted',
		file: `${DELIVERY}/item.ts`,
		find: 'result.outcomes.length > 0 && result.outcomes.every(isDone)',
		replace: 'result.outcomes.length > 0 && result.outcomes.some(isDone)',
	},
	{
		name: 'a wrong item does not keep the others from being sent',
		file: `${DELIVERY}/run.ts`,
		find: 'if (refusals.length > 0 && !continues) {',
		replace: 'if (refusals.length === items.length && !continues) {',
	},
	{
		name: 'what was not sent is counted as accepted in the error',
		file: `${DELIVERY}/runErrors.ts`,
		find: 'counts[state]++;',
		replace: "counts[state === 'not tried' ? 'accepted' : state]++;",
	},
	{
		name: 'after Stop the rest is sent all the same',
		file: `${DELIVERY}/deliver.ts`,
		find: 'if (ports.canceled() || thrown !== undefined) breaker.halt(CANCELED);',
		replace: 'if (thrown !== undefined) breaker.halt(CANCELED);',
	},
	{
		name: 'Stop ends a call that KPN may have taken, and calls it refused',
		file: `${DELIVERY}/deliver.ts`,
		find: 'const outcome = await ports.call(call);',
		replace:
			'const ended = await ports.call(call);\n\t\tconst outcome: Outcome = ports.canceled() ? CANCELED : ended;',
	},
	{
		name: 'Batching is not heeded',
		file: `${DELIVERY}/run.ts`,
		find: 'batching?.size ?? Infinity',
		replace: 'Infinity',
	},
];
