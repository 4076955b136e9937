import { cancelableSleep } from '../../shared/eventLoop';
import { SMS_APIS } from '../../shared/kpnApi';
import type { SendOnce } from '../deduplication/sendOnce';
import { withSharedPace } from '../rate/sharedPace';
import { batch } from './batch';
import { settle, type Call, type Message } from './message';
import { KpnClient } from './kpnClient';
import type { KpnContext } from './kpnContext';
import type { RequestSettings } from '../operations/requestSettings';
import type { RunMessages } from './messages';
import type { Outcome } from './outcome';
import { QuotaWatch } from './quotaWatch';
import { sendCalls, type SendEnvironment } from './sendCalls';

/** Sends those of a run's messages that are unsent, and settles every one of the run. */
export async function sendMessages(
	context: KpnContext,
	request: RequestSettings,
	run: RunMessages,
	unsent: Message[],
): Promise<void> {
	const { api, batching, credential, httpOptions } = request;
	const limit = Math.min(SMS_APIS[api].maxMessagesPerCall, batching?.size ?? Infinity);
	const calls = batch(unsent, limit);
	run.sendOnce?.setUpcoming(calls.flat());
	const environment = createEnvironment(context, request, run, calls);
	const plan = {
		stopAtUnknown: !context.continueOnFail(),
		hasAcceptedBefore: run.hasAcceptedBefore,
		batching,
	};
	const application = JSON.stringify([
		httpOptions.baseURL,
		httpOptions.url,
		httpOptions.proxy,
		credential.clientId,
	]);
	await withSharedPace(application, async (pace) => {
		await sendCalls(calls, { ...plan, pace }, environment);
	});
	if (run.sendOnce) await finishSendOnce(run.sendOnce, context);
}

/** What sends a call of the run, and where what becomes of its messages is recorded. */
function createEnvironment(
	context: KpnContext,
	request: RequestSettings,
	{ ledger, sendOnce }: RunMessages,
	calls: Call[],
): SendEnvironment {
	const client = new KpnClient(context, request);
	const quota = new QuotaWatch(calls.length, (words) => warn(context, words));
	const send = async (call: Call): Promise<Outcome> => {
		for (const message of call) ledger.recordStart(message);
		return await client.send(call);
	};
	const cancel = context.getExecutionCancelSignal();
	return {
		sendCall: async (call) =>
			await quota.during(async () =>
				sendOnce ? await sendOnce.send(call, send) : await send(call),
			),
		onRetry: (message) => {
			if (!sendOnce?.isNotSent(message)) ledger.recordRetry(message);
		},
		onSettled: (message, latest) => {
			if (sendOnce?.isNotSent(message)) return;
			settle(message, latest);
			ledger.recordOutcome(message);
			sendOnce?.recordOutcome(message);
		},
		sleep: async (milliseconds) => await cancelableSleep(milliseconds, cancel),
		isCanceled: () => cancel?.aborted === true,
		now: () => performance.now(),
		random: Math.random,
	};
}

/** What has been sent has been sent, whether or not it could be recorded. */
async function finishSendOnce(sendOnce: SendOnce, context: KpnContext): Promise<void> {
	try {
		await sendOnce.finish();
	} catch (error) {
		warn(
			context,
			`KPN SMS could not record what it has sent; the next execution will not know of it: ${(error as Error).message}`,
		);
	}
}

/** In n8n's log: its hints are shown once a run is over. */
function warn(context: KpnContext, words: string): void {
	const { id, name } = context.getWorkflow();
	context.logger.warn(`Workflow “${name ?? id}”, node “${context.getNode().name}”: ${words}`);
}
