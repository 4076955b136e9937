import type { IRun } from 'n8n-workflow';

import { outputOf } from '../../dev/engine';
import type { Claims } from './claims';
import type { History } from './history';
import { judgeError } from './judgeError';
import { isStopped, type Try } from './record';
import type { Truth } from './truth';

/** The exits of Send and Wait. */
const NOT_DELIVERED = 1;
const NO_ANSWER = 2;
const ERRORS = 3;

/**
 * Of Send and Wait: what may have arrived is waited for; what was refused is not, nor what another
 * execution has sent.
 */
export function judgeWait(
	one: Try,
	run: IRun,
	history: History,
	truth: Truth,
	claim: Claims,
): void {
	const real = truth.ofItem(0, one);
	const items = [0, NOT_DELIVERED, NO_ANSWER, ERRORS].flatMap((exit) =>
		outputOf(run, 'SMS', exit).map(({ json }) => ({ exit, json })),
	);
	if (one.afterWait) {
		claim(one.endCall === one.firstCall, 'what was waited for was sent again');
		claim(
			items.length === 1 && items[0]?.exit === NO_ANSWER && items[0].json.outcome === 'noAnswer',
			`after the wait ${JSON.stringify(items)} came out`,
		);
		claim(
			real.some((outcome) => outcome === items[0]?.json.sending),
			`it waited for what was ${String(items[0]?.json.sending)}, in truth ${real.join(' or ')}`,
		);
		return;
	}
	const sentNow = one.endCall > one.firstCall;
	if (run.waitTill) {
		claim(
			real.some((outcome) => outcome !== 'refused'),
			'it waits for what KPN refused',
		);
		claim(sentNow, 'it waits for what comes to another execution');
		return;
	}
	if (isStopped(one)) return;
	claim(real.includes('refused') || !sentNow, `it does not wait for what is ${real.join(' or ')}`);
	if (run.data.resultData.error) {
		judgeError(one, run, history, truth, claim);
		return;
	}
	const [item] = items;
	const { outcome } = item?.json ?? {};
	const failed = outcome === 'refused' || outcome === 'unknown';
	const own = outcome === 'refused' ? NOT_DELIVERED : NO_ANSWER;
	const exit = failed && history.onError === 'continueErrorOutput' ? ERRORS : own;
	claim(
		items.length === 1 && item?.exit === exit && real.some((other) => other === outcome),
		`for what was ${real.join(' or ')} ${JSON.stringify(items)} came out`,
	);
}
