import { refused, type Failure } from '../../shared/failure';
import { returnCode } from '../../shared/returnCodes';
import { mapWithYield } from '../../shared/eventLoop';
import type { Call, Message } from './message';
import { BatchingLimit, type Batching } from '../rate/batchingLimit';
import { CircuitBreaker } from './circuitBreaker';
import { MAX_RETRY_WAIT_MS, type Outcome } from './outcome';
import type { Pace, StartedCall } from '../rate/pace';
import { CallQueue } from './callQueue';

/** What sending needs of the world around it. */
export interface SendEnvironment {
	/** Notes what is about to leave, makes the call, and says what became of its messages. Never throws. */
	sendCall(messages: Call): Promise<Outcome>;
	/** Told of each message that KPN surely did not take, and that waits to be tried again. */
	onRetry(message: Message): void;
	/** Told once of each message, with what became of it. */
	onSettled(message: Message, outcome: Outcome): void;
	/** Waits; ends early, without an error, when the user cancels. For 0, until the event loop's next turn. */
	sleep(milliseconds: number): Promise<void>;
	isCanceled(): boolean;
	/** Milliseconds of a clock that is never put back. */
	now(): number;
	/** 0 to 1, as `Math.random`. */
	random(): number;
}

export interface SendPlan {
	/**
	 * In "Stop Workflow": whether an unknown outcome leaves all messages after it unsent. A refusal of
	 * one message does not.
	 */
	stopAtUnknown: boolean;
	/** Whether an earlier try had messages accepted. */
	hasAcceptedBefore: boolean;
	/** How fast KPN is called; several runs may share it. */
	pace: Pace;
	/** What the user has set as the most. */
	batching?: Batching;
}

/** Messages that are on their way: of no more can the outcome ever become unknown at once. */
export const MAX_OPEN_MESSAGES = 1_000;

export const CANCELED = refused(
	'the execution was canceled before this message was sent',
	'Run the workflow again to send it.',
	{ retryable: true, affectsEveryCall: true },
);

/**
 * Makes the calls, as many at once and as fast as the pace allows, and settles every message of
 * theirs exactly once. A call is made again only where KPN surely did not take it: after a pause
 * where KPN had no time for it, or cut in half where KPN found something wrong with it, until the bad
 * message stands alone.
 */
export async function sendCalls(
	calls: Call[],
	plan: SendPlan,
	environment: SendEnvironment,
): Promise<void> {
	const { pace } = plan;
	const pending = new CallQueue(calls, () => environment.random());
	const breaker = new CircuitBreaker(calls, plan.stopAtUnknown, plan.hasAcceptedBefore);
	const limit = new BatchingLimit(plan.batching);
	const skipped: Array<[Call, Failure]> = [];
	const lastFailures = new WeakMap<Call, Failure>();
	let inFlight = 0;
	let openMessages = 0;
	let unexpectedError: unknown;

	/** Milliseconds until a call may be made; Infinity: not before another one has ended. */
	function delayOf(call: Call): number {
		const tooMany = openMessages + call.length > MAX_OPEN_MESSAGES;
		const isHalfOpen = breaker.isHalfOpen(call) && breaker.isAtLimit(call);
		if (inFlight > 0 && (tooMany || isHalfOpen)) return Infinity;
		const now = environment.now();
		return Math.max(pace.delay(now), limit.delay(call.length, now));
	}

	async function startCall(call: Call): Promise<void> {
		const now = environment.now();
		const started = pace.start(now);
		limit.start(call.length, now);
		breaker.onCallStarted(call);
		inFlight++;
		openMessages += call.length;
		const outcome = await environment.sendCall(call);
		inFlight--;
		openMessages -= call.length;
		breaker.onCallEnded(call, outcome);
		updatePace(pace, started, outcome, environment.now());
		if (requeue(call, outcome)) {
			for (const message of call) environment.onRetry(message);
			return;
		}
		for (const message of call) environment.onSettled(message, outcome);
		if (outcome.outcome !== 'accepted') breaker.onCallFailed(call, outcome);
	}

	/** Puts a call back that is to be made again, whole or in halves. */
	function requeue(call: Call, outcome: Outcome): boolean {
		if (outcome.outcome !== 'refused') return false;
		if (shouldHalve(outcome) && call.length > 1) {
			pending.putBackHalved(call);
			return true;
		}
		const { maximumRetries } = call[0].item.options.call;
		if (!isWorthRetrying(outcome) || pace.failures > maximumRetries) return false;
		if (breaker.openReason(call)) return false;
		lastFailures.set(call, outcome);
		pending.putBack(call);
		return true;
	}

	for (;;) {
		if (environment.isCanceled() || unexpectedError !== undefined) breaker.openAll(CANCELED);
		const call = pending.next;
		if (!call) {
			if (inFlight === 0) break;
			await pace.nextCallEnd();
			continue;
		}
		const reason = breaker.openReason(call);
		if (reason) {
			pending.take();
			skipped.push([call, reason]);
			continue;
		}
		const delay = delayOf(call);
		if (delay > 0) {
			const change = pace.nextCallEnd();
			await (delay === Infinity
				? change
				: Promise.race([change, environment.sleep(Math.ceil(delay))]));
			continue;
		}
		const next = breaker.isHalfOpen(call)
			? pending.isolate((other) => breaker.isSameCircuit(call, other))
			: call;
		pending.take();
		startCall(next).catch((error: unknown) => {
			unexpectedError ??= error;
		});
		// Calls that begin in one turn of the event loop go through n8n side by side, and none of them is
		// out before the last is ready: one a turn, each leaves at once.
		await environment.sleep(0);
	}
	if (unexpectedError !== undefined) throw unexpectedError as Error;
	await mapWithYield(skipped, ([call, reason]) => {
		const lastFailure = reason === CANCELED ? undefined : lastFailures.get(call);
		const outcome = lastFailure ?? notTriedBecause(reason);
		for (const message of call) environment.onSettled(message, outcome);
	});
}

/** KPN names no message when it refuses a call, so a refused call is halved until it is one. */
const shouldHalve = (outcome: Failure): boolean =>
	!outcome.affectsEveryCall && returnCode(outcome.statusCode ?? 0).halve === true;

/** Whether another try soon may help. */
const isWorthRetrying = ({ retry }: Failure): boolean =>
	retry !== undefined && (retry.afterMs ?? 0) <= MAX_RETRY_WAIT_MS;

/** What a call says of how fast KPN can be called. */
function updatePace(pace: Pace, started: StartedCall, outcome: Outcome, now: number): void {
	if (outcome.outcome === 'accepted') {
		if (outcome.acceptedBefore) pace.onNotMade(started);
		else pace.onAnswered(started, now);
	} else if (outcome.retry) {
		const requestedWaitMs = isWorthRetrying(outcome) ? (outcome.retry.afterMs ?? 0) : 0;
		pace.onUnavailable(started, now, requestedWaitMs, outcome.statusCode === 429);
	} else if (outcome.statusCode === undefined || outcome.statusCode >= 500) {
		pace.onLost();
	} else {
		pace.onAnswered(started, now);
	}
}

const notTriedBecause = (reason: Failure): Failure => ({
	...reason,
	outcome: 'refused',
	// What became of another message is unknown, and not of this one.
	...(reason.outcome === 'unknown' && { advice: 'A retry sends it.' }),
	notTried: true,
	retryable: reason.retryable || reason.outcome === 'unknown',
});
