import type { IRun } from 'n8n-workflow';

import { outputOf } from '../../../dev/engine';

export type ClaimedOutcome = 'accepted' | 'refused' | 'unknown';

/**
 * What n8n shows of each of `count` items after a run: by the items that came out, or, where the
 * workflow was stopped, by the words of its error. An item that nothing is said about is missing; as
 * accepted count those that the error does not name, if it counts as many.
 */
export function claimedOutcomesOf(run: IRun, count: number): Map<number, ClaimedOutcome> {
	const claims = new Map<number, ClaimedOutcome>();
	const { error } = run.data.resultData;
	if (error) {
		const words = `${error.message}\n${error.description ?? ''}`;
		// A setting that cannot be used: nothing was sent, whichever item the error is found at.
		if (/^(NodeOperationError: )?[^:]* on the Settings tab /.test(words)) {
			return new Map(Array.from({ length: count }, (_, item) => [item, 'refused']));
		}
		const counts = /Not all items were sent: (.*)/.exec(words)?.[1];
		if (counts === undefined) return claims;
		for (const [, named, said] of words.matchAll(
			/\[items? ([^\]]+)\] (Not sent|Unknown whether)/g,
		)) {
			for (const item of itemsIn(named ?? '')) {
				claims.set(item, said === 'Not sent' ? 'refused' : 'unknown');
			}
		}
		const unnamed = Array.from({ length: count }, (_, item) => item).filter((i) => !claims.has(i));
		const accepted = Number(/(\d+) accepted/.exec(counts)?.[1] ?? 0);
		if (accepted !== unnamed.length) return claims;
		for (const item of unnamed) claims.set(item, 'accepted');
		return claims;
	}
	for (const { json, pairedItem } of [...outputOf(run, 'SMS'), ...outputOf(run, 'SMS', 1)]) {
		if (typeof pairedItem !== 'object' || Array.isArray(pairedItem)) continue;
		claims.set(pairedItem.item, json.outcome as ClaimedOutcome);
	}
	return claims;
}

/** The items that `0–13, 50 (the 1st–14th, 51st)` names. */
function itemsIn(named: string): number[] {
	const [numbers = ''] = named.split(' (');
	return numbers.split(', ').flatMap((range) => {
		const [from = NaN, to = from] = range.split('–').map(Number);
		return Array.from({ length: to - from + 1 }, (_, index) => from + index);
	});
}
