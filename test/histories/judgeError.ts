import type { IRun } from 'n8n-workflow';

import type { Claims } from './claims';
import type { History } from './history';
import type { Try } from './record';
import type { Outcome, Truth } from './truth';

/** So many failed items an error names; the others it counts. */
const NAMED = 10;

/** In “Stop Workflow”: the words of the error are all that there is. */
export function judgeError(
	one: Try,
	run: IRun,
	{ items, onError }: History,
	truth: Truth,
	claim: Claims,
): void {
	const { message = '', description = '' } = run.data.resultData.error ?? {};
	const words = `${message} ${description ?? ''}`;
	claim(onError === 'stopWorkflow', `an error in a Continue mode: ${words}`);
	const logged = message.replace('such as 0612345678 or +31612345678', '');
	claim(!/(31|0)6[12]234567\d|#\d+#/.test(logged), `n8n logs a message: ${message}`);
	const turn = (run.data.resultData.runData.SMS?.length ?? 0) - 1;
	const indexes = one.runs[turn];
	claim(indexes !== undefined, `an error before the node has run: ${words}`);
	if (!indexes) return;

	const wrong = indexes.filter((index) => items[index]?.recipients.length === 0);
	const nothing = /^Nothing (more )?was sent/.test(message);
	claim(nothing === wrong.length > 0, `${wrong.length} items are wrong: ${words}`);
	if (nothing) {
		claim(!truth.isSent(indexes, one), 'it says that nothing was sent, and calls were made');
		return;
	}
	const real = indexes.map((index) => truth.ofItem(index, one));
	const counts = /^Not all items were sent: (.*)$/.exec(message)?.[1];
	if (counts !== undefined) judgeCounts(counts, description ?? '', real, claim);
	else judgeOne(message, real, claim);
}

function judgeOne(message: string, real: Outcome[][], claim: Claims): void {
	claim(real.length === 1, `an error that counts nothing: ${message}`);
	const said = /^Unknown whether/.test(message) ? 'unknown' : 'refused';
	claim(
		real[0]?.includes(said) === true,
		`it says ${said}: ${message}; in truth ${real[0]?.join(' or ')}`,
	);
}

function judgeCounts(counts: string, description: string, all: Outcome[][], claim: Claims): void {
	const said: Record<string, number> = {};
	for (const [, count, name] of counts.matchAll(/(\d+) ([a-z ]+)/g)) {
		said[String(name)] = Number(count);
	}
	const total = Object.values(said).reduce((sum, count) => sum + count, 0);
	claim(total === all.length, `${counts} of ${all.length} items`);
	const isSo = (outcome: Outcome, count = 0) => {
		const least = all.filter((real) => real.every((other) => other === outcome)).length;
		const most = all.filter((real) => real.includes(outcome)).length;
		claim(
			count >= least && count <= most,
			`${counts}, in truth ${least === most ? least : `${least} to ${most}`} ${outcome}`,
		);
	};
	isSo('accepted', said.accepted);
	isSo('sentBefore', said['sent before']);
	isSo('unknown', said.unknown);
	isSo('refused', (said.refused ?? 0) + (said['not tried'] ?? 0) + (said['partly accepted'] ?? 0));
	const failed = total - (said.accepted ?? 0) - (said['sent before'] ?? 0);
	claim(failed > NAMED || description !== '', 'no item is named');
}
