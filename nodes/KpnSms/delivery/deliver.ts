import type { Failure } from '../../shared/failure';
import { returnCode } from '../../shared/returnCodes';
import { mapUnhurried } from '../../shared/unhurried';
import type { Call, Message } from './batch';
import { BatchingLimit, type Batching } from './batchingLimit';
import { CircuitBreaker } from './circuitBreaker';
import { LONGEST_WAIT_MS, type Outcome } from './outcome';
import type { Pace, Started } from './pace';
import { PendingCalls } from './pendingCalls';

/** What a delivery needs of the world around it. */
export interface DeliveryPorts {
	/** Notes what is about to leave, makes the call, and says what became of its messages. Never throws. */
	call(messages: Call): Promise<Outcome>;
	/** Told of each message that KPN surely did not take, and that waits to be tried again. */
	returns(message: Message): void;
	/** Told once of each message, with what became of it. */
	settles(message: Message, outcome: Outcome): void;
	/** Waits; ends early, without an error, when the user cancels. For 0, until the event loop's next turn. */
	sleep(milliseconds: number): Promise<void>;
	canceled(): boolean;
	/** Milliseconds of a clock that is never put back. */
	now(): number;
	/** 0 to 1, as `Math.random`. */
	random(): number;
}

export interface DeliveryPlan {
	/** Whether a failure leaves the messages after it unsent. */
	stopAtFailure: boolean;
	/** Whether an earlier try had messages accepted. */
	acceptedBefore: boolean;
	/** How fast KPN is called; several deliveries may share it. */
	pace: Pace;
	/** What the user has set as the most. */
	batching?: Batching;
}

/** Messages that are on their way: of no more can the outcome ever become unknown at once. */
export const MOST_OPEN_MESSAGES = 1_000;

export const CANCELED: Failure = {
	outcome: 'refused',
	meaning: 'the execution was canceled before this message was sent',
	advice: 'Run the workflow again to send it.',
	kpn: {},
	retryable: true,
	concernsEveryCall: true,
};

/**
 * Makes the calls, as many at once and as fast as the pace allows, and settles every message of
 * theirs exactly once. A call is made again only where KPN surely did not take it: after a pause
 * where KPN had no time for it, or cut in half where KPN found something wrong with it, until the bad
 * message stands alone.
 */
export async function deliver(
	calls: Call[],
	plan: DeliveryPlan,
	ports: DeliveryPorts,
): Promise<void> {
	const { pace } = plan;
	const pending = new PendingCalls(calls, () => ports.random());
	const breaker = new CircuitBreaker(calls, plan.stopAtFailure, plan.acceptedBefore);
	const limit = new BatchingLimit(plan.batching);
	const left: Array<[Call, Failure]> = [];
	const refusals = new WeakMap<Call, Failure>();
	let inFlight = 0;
	let openMessages = 0;
	let thrown: unknown;

	/** Milliseconds until a call may be made; Infinity: not before another one has ended. */
	function waitFor(call: Call): number {
		const tooMany = openMessages + call.length > MOST_OPEN_MESSAGES;
		const testing = breaker.isDoubtful(call) && breaker.isBusy(call);
		if (inFlight > 0 && (tooMany || testing)) return Infinity;
		const now = ports.now();
		return Math.max(pace.wait(now), limit.wait(call.length, now));
	}

	async function make(call: Call): Promise<void> {
		const now = ports.now();
		const started = pace.start(now);
		limit.start(call.length, now);
		breaker.starts(call);
		inFlight++;
		openMessages += call.length;
		const outcome = await ports.call(call);
		inFlight--;
		openMessages -= call.length;
		breaker.ends(call, outcome);
		tell(pace, started, outcome, ports.now());
		if (comesBack(call, outcome)) {
			for (const message of call) ports.returns(message);
			return;
		}
		for (const message of call) ports.settles(message, outcome);
		if (outcome.outcome !== 'accepted') breaker.failed(call, outcome);
	}

	/** Puts a call back that is to be made again, whole or in halves. */
	function comesBack(call: Call, outcome: Outcome): boolean {
		if (outcome.outcome !== 'refused') return false;
		if (isBadRequest(outcome) && call.length > 1) {
			pending.putBackHalved(call);
			return true;
		}
		const { maximumRetries } = call[0].draft.options.call;
		if (!isWorthAnother(outcome) || pace.failures > maximumRetries) return false;
		if (breaker.reasonAgainst(call)) return false;
		refusals.set(call, outcome);
		pending.putBack(call);
		return true;
	}

	for (;;) {
		if (ports.canceled() || thrown !== undefined) breaker.halt(CANCELED);
		const call = pending.next;
		if (!call) {
			if (inFlight === 0) break;
			await pace.change();
			continue;
		}
		const reason = breaker.reasonAgainst(call);
		if (reason) {
			pending.take();
			left.push([call, reason]);
			continue;
		}
		const wait = waitFor(call);
		if (wait > 0) {
			const change = pace.change();
			await (wait === Infinity ? change : Promise.race([change, ports.sleep(Math.ceil(wait))]));
			continue;
		}
		const chosen = breaker.isDoubtful(call)
			? pending.isolate((other) => breaker.isSameGroup(call, other))
			: call;
		pending.take();
		make(chosen).catch((error: unknown) => {
			thrown ??= error;
		});
		// Calls that begin in one turn of the event loop go through n8n side by side, and none of them is
		// out before the last is ready: one a turn, each leaves at once.
		await ports.sleep(0);
	}
	if (thrown !== undefined) throw thrown as Error;
	await mapUnhurried(left, ([call, reason]) => {
		const refusal = reason === CANCELED ? undefined : refusals.get(call);
		const outcome = refusal ?? notTried(reason);
		for (const message of call) ports.settles(message, outcome);
	});
}

/** KPN names no message when it refuses a call, so a refused call is halved until it is one. */
const isBadRequest = (outcome: Failure): boolean =>
	!outcome.concernsEveryCall && returnCode(outcome.statusCode ?? 0).halve === true;

/** Whether another try soon may help. */
const isWorthAnother = ({ tryAgain }: Failure): boolean =>
	tryAgain !== undefined && (tryAgain.afterMs ?? 0) <= LONGEST_WAIT_MS;

/** What a call says of how fast KPN can be called. */
function tell(pace: Pace, started: Started, outcome: Outcome, now: number): void {
	if (outcome.outcome === 'accepted') {
		if (outcome.acceptedBefore) pace.notMade(started);
		else pace.answered(started, now);
	} else if (outcome.tryAgain) {
		const askedWait = isWorthAnother(outcome) ? (outcome.tryAgain.afterMs ?? 0) : 0;
		pace.refused(started, now, askedWait, outcome.statusCode === 429);
	} else if (outcome.statusCode === undefined || outcome.statusCode >= 500) {
		pace.lost();
	} else {
		pace.answered(started, now);
	}
}

const notTried = (because: Failure): Failure => ({
	...because,
	outcome: 'refused',
	notTried: true,
	retryable: because.retryable || because.outcome === 'unknown',
});
