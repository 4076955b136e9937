import type { Mutation } from './mutation';

const SEND = 'nodes/KpnSms/send';

export const SENDING: Array<Omit<Mutation, 'of'>> = [
	{
		name: 'a retry forgets one item that was accepted',
		file: 'nodes/KpnSms/deduplication/ledger.ts',
		find: "if (outcome?.outcome === 'accepted') entries[key] = outcome.documentId;",
		replace:
			"if (outcome?.outcome === 'accepted' && item.itemIndex !== 3) entries[key] = outcome.documentId;\n\t\telse if (outcome?.outcome === 'accepted') delete entries[key];",
	},
	{
		name: 'a retry knows items, and not their recipients',
		file: 'nodes/KpnSms/deduplication/ledger.ts',
		find: 'const key = this.recipientKeys.get(recipient) ?? this.hash.of(recipient);',
		replace: "const key = this.recipientKeys.get(recipient) ?? this.hash.of('');",
	},
	{
		name: 'the ledger is written after a call, and not before it',
		file: `${SEND}/sendMessages.ts`,
		find: 'for (const message of call) ledger.recordStart(message);\n\t\treturn await client.send(call);',
		replace:
			'const outcome = await client.send(call);\n\t\tfor (const message of call) ledger.recordStart(message);\n\t\treturn outcome;',
	},
	{
		name: 'the ledger is written for the first message of a call alone',
		file: `${SEND}/sendMessages.ts`,
		find: 'for (const message of call) ledger.recordStart(message);',
		replace: 'ledger.recordStart(call[0]);',
	},
	{
		name: 'what is unknown is sent again under At Most Once',
		file: 'nodes/KpnSms/deduplication/ledger.ts',
		find: "if (item.options.deliveryGuarantee !== 'atLeastOnce')",
		replace: "if (item.options.deliveryGuarantee === 'neither')",
	},
	{
		name: 'what is unknown is never sent again under At Least Once',
		file: 'nodes/KpnSms/deduplication/ledger.ts',
		find: "if (item.options.deliveryGuarantee !== 'atLeastOnce')",
		replace: '',
	},
	{
		name: 'what was unknown is called refused once a later try is',
		file: `${SEND}/message.ts`,
		find: "latest.outcome === 'refused' && message.possiblySent ? unknownDespiteRefusal(latest) : latest;",
		replace: 'latest;',
	},
	{
		name: 'a message that waits for another try is no longer in doubt',
		file: 'nodes/KpnSms/deduplication/ledger.ts',
		find: 'if (message.possiblySent) return;',
		replace: '',
	},
	{
		name: 'what was accepted before has the document ID of the first recipient',
		file: 'nodes/KpnSms/deduplication/ledger.ts',
		find: "message.outcome = { outcome: 'accepted', documentId: entry, acceptedBefore: true };",
		replace:
			"message.outcome = { outcome: 'accepted', documentId: Object.values(entries)[0] ?? entry, acceptedBefore: true };",
	},
	{
		name: 'a message gets the document ID of its neighbour',
		file: `${SEND}/sendMessages.ts`,
		find: 'sendOnce?.recordOutcome(message);',
		replace:
			"sendOnce?.recordOutcome(message);\n\t\t\tconst neighbour = calls.flat().find((other) => other !== message && other.outcome?.outcome === 'accepted');\n\t\t\tif (message.outcome?.outcome === 'accepted' && neighbour) message.outcome = neighbour.outcome;",
	},
	{
		name: 'a halved call loses a message',
		file: `${SEND}/callQueue.ts`,
		find: 'call.slice(0, middle) as Call);',
		replace: 'call.slice(0, Math.max(1, middle - 1)) as Call);',
	},
	{
		name: 'the last message of a call is settled by nobody',
		file: `${SEND}/sendCalls.ts`,
		find: 'for (const message of call) environment.onSettled(message, outcome);\n\t\tif',
		replace:
			'for (const message of call.slice(0, Math.max(1, call.length - 1))) environment.onSettled(message, outcome);\n\t\tif',
	},
	{
		name: 'a group of messages loses its last call',
		file: `${SEND}/batch.ts`,
		find: 'start < group.length; start += size',
		replace: 'start === 0 || start + 1 < group.length; start += size',
	},
	{
		name: 'messages of two senders share a call',
		file: `${SEND}/batch.ts`,
		find: 'const group = bySender.get(sender);',
		replace: 'const [group] = bySender.values();',
	},
	{
		name: 'a call is made again after a 502',
		file: `${SEND}/sendCalls.ts`,
		find: "if (outcome.outcome !== 'refused') return false;",
		replace:
			"if (outcome.outcome === 'unknown' && outcome.statusCode === 502) {\n\t\t\tpending.putBack(call);\n\t\t\treturn true;\n\t\t}\n\t\tif (outcome.outcome !== 'refused') return false;",
	},
	{
		name: 'a refused call is made again for ever',
		file: `${SEND}/sendCalls.ts`,
		find: '!isWorthRetrying(outcome) || pace.failures > maximumRetries',
		replace: '!isWorthRetrying(outcome) || pace.failures > maximumRetries + 1e6',
	},
	{
		name: 'a renewed token sends twice',
		file: `${SEND}/kpnClient.ts`,
		find: 'const secondResponse = await this.post(messages);',
		replace: 'await this.post(messages);\n\t\tconst secondResponse = await this.post(messages);',
	},
	{
		name: 'a server error renews the token and sends again',
		file: `${SEND}/kpnClient.ts`,
		find: "if (\n\t\t\tfirstResponse.statusCode !== 401 ||\n\t\t\tfirstResponse.fromProxy ||\n\t\t\toutcome.outcome !== 'refused'\n\t\t)\n\t\t\treturn outcome;",
		replace:
			'if (![401, 500].includes(firstResponse.statusCode) || firstResponse.fromProxy) return outcome;',
	},
	{
		name: 'a token that has expired is not renewed',
		file: `${SEND}/kpnClient.ts`,
		find: "if (\n\t\t\tfirstResponse.statusCode !== 401 ||\n\t\t\tfirstResponse.fromProxy ||\n\t\t\toutcome.outcome !== 'refused'\n\t\t)\n\t\t\treturn outcome;",
		replace: 'if (firstResponse.statusCode > 0) return outcome;',
	},
	{
		name: 'each call renews the token for itself',
		file: `${SEND}/kpnClient.ts`,
		find: 'if (this.token === usedToken) this.token = await this.refreshToken(usedToken);',
		replace: 'this.token = await this.refreshToken(this.token);',
	},
	{
		name: 'a call that was answered with 408 counts as refused',
		file: 'nodes/shared/returnCodes.ts',
		find: "408: { name: 'Request timeout', ...HUNG_UP },",
		replace: "408: { name: 'Request timeout', ...HUNG_UP, outcome: 'refused' },",
	},
	{
		name: 'a call that was answered with 504 counts as refused',
		file: 'nodes/shared/returnCodes.ts',
		find: "meaning: 'KPN’s gateway waited in vain for the SMS service',\n\t\t...MAYBE_TAKEN,",
		replace:
			"meaning: 'KPN’s gateway waited in vain for the SMS service',\n\t\t...MAYBE_TAKEN,\n\t\toutcome: 'refused',",
	},
	{
		name: 'a success that cannot be read counts as refused',
		file: `${SEND}/outcome.ts`,
		find: 'if (success && (hasId || !isRecord(json)))',
		replace: 'if (success && hasId)',
	},
	{
		name: 'a connection that broke counts as one that never stood',
		file: `${SEND}/connectionFailure.ts`,
		find: '\tENOTFOUND: (server) =>',
		replace:
			'\tECONNRESET: (server) => `the connection to ${server} broke`,\n\tENOTFOUND: (server) =>',
	},
	{
		name: 'an answer that does not come in time counts as a refusal',
		file: `${SEND}/connectionFailure.ts`,
		find: '\tEAI_AGAIN: (server) =>',
		replace: '\tERR_CANCELED: (server) => `${server} did not answer`,\n\tEAI_AGAIN: (server) =>',
	},
	{
		name: 'a standing connection to which there is no way any more counts as one that never stood',
		file: `${SEND}/connectionFailure.ts`,
		find: "MAY_BREAK_LATER.has(code) && syscall !== 'connect';",
		replace: "MAY_BREAK_LATER.has(code) && syscall === 'none';",
		notCaught: 'to the own machine there is always a way; the tests of the outcome hold it',
	},
	{
		name: 'a redirect is followed',
		file: `${SEND}/kpnClient.ts`,
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
		file: 'nodes/KpnSms/output/outputItem.ts',
		find: '\t\t\t...sizeFields(item),\n\t\t},\n\t\tpairedItem: { item: item.itemIndex },\n\t};\n}\n\nconst dryRunItem',
		replace:
			'\t\t\t...sizeFields(item),\n\t\t},\n\t\tpairedItem: { item: item.itemIndex + 1 },\n\t};\n}\n\nconst dryRunItem',
	},
	{
		name: 'items come out in the opposite order',
		file: `${SEND}/sendItems.ts`,
		find: 'const output = await mapWithYield(results, (result) =>',
		replace: 'const output = await mapWithYield([...results].reverse(), (result) =>',
	},
	{
		name: 'an item that reached one of its recipients counts as accepted',
		file: 'nodes/KpnSms/output/itemResult.ts',
		find: 'result.outcomes.length > 0 && result.outcomes.every(isSent)',
		replace: 'result.outcomes.length > 0 && result.outcomes.some(isSent)',
	},
	{
		name: 'a wrong item does not keep the others from being sent',
		file: 'nodes/KpnSms/output/stopErrors.ts',
		find: 'if (invalidItems.length === 0) return;',
		replace: 'if (invalidItems.length < items.length) return;',
	},
	{
		name: 'what was not sent is counted as accepted in the error',
		file: 'nodes/KpnSms/output/runTexts.ts',
		find: "return notTried === failures ? 'not tried' : 'refused';",
		replace: "return notTried === failures ? 'accepted' : 'refused';",
	},
	{
		name: 'after Stop the rest is sent all the same',
		file: `${SEND}/sendCalls.ts`,
		find: 'if (environment.isCanceled() || unexpectedError !== undefined) breaker.openAll(CANCELED);',
		replace: 'if (unexpectedError !== undefined) breaker.openAll(CANCELED);',
	},
	{
		name: 'Stop ends a call that KPN may have taken, and calls it refused',
		file: `${SEND}/sendCalls.ts`,
		find: 'const outcome = await environment.sendCall(call);',
		replace:
			'const ended = await environment.sendCall(call);\n\t\tconst outcome: Outcome = environment.isCanceled() ? CANCELED : ended;',
	},
	{
		name: 'Batching is not heeded',
		file: `${SEND}/sendMessages.ts`,
		find: 'batching?.size ?? Infinity',
		replace: 'Infinity',
	},
];
