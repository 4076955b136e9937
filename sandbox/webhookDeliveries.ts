import { setTimeout as sleep } from 'node:timers/promises';
import { signedHeaders } from './signedHeaders';
import { webhookStatusOf } from './statusTexts';
import type { SandboxRecord } from './record';
import type { WebhookSettings } from './webhookSettings';
import { createAbortController } from './abortController';
import type { AcceptedMessage } from './types';
import type { InboundSms, WebhookDelivery } from './webhookTypes';
import { isLoopback } from './webhookUrl';

const RESPONSE_TIMEOUT_MS = 10_000;

/** KPN's side of a webhook: signs an event and delivers it until it is taken, or four times. */
export class WebhookDeliveries {
	private abortController = createAbortController();

	constructor(
		private readonly settings: WebhookSettings,
		private readonly record: SandboxRecord,
		private readonly attemptsAfterMs: number[],
	) {}

	/** Cancels everything that is still to be delivered. */
	stop(): void {
		this.abortController.abort();
		this.abortController = createAbortController();
	}

	/** Waits without keeping the process alive. Rejects if deliveries are cancelled. */
	async pause(ms: number): Promise<void> {
		await sleep(ms, undefined, { signal: this.abortController.signal, ref: false });
	}

	/** Delivers an event on a message or an inbound SMS to a webhook. Rejects if deliveries are cancelled. */
	async deliver(
		subject: AcceptedMessage | InboundSms,
		url: string,
		payload: object,
	): Promise<void> {
		const [event, id]: [WebhookDelivery['event'], string] =
			'messageId' in subject ? ['inboundSms', subject.messageId] : ['deliveryReport', subject.id];
		const body = JSON.stringify(payload);
		const { signal } = this.abortController;
		let waited = 0;
		for (const [index, afterMs] of this.attemptsAfterMs.entries()) {
			// A signal gets slow with many thousands that wait on it.
			if (afterMs > waited) await sleep(afterMs - waited, undefined, { signal, ref: false });
			waited = afterMs;
			const attempt = index + 1;
			const { secret, key_id: keyId } = this.settings.keyForDelivery();
			const headers = signedHeaders(body, { secret, keyId, attempt });
			const delivery: WebhookDelivery = { event, id, url, headers, body, attempt, status: null };
			this.record.deliveries.push(delivery);
			if (isLoopback(url)) {
				await post(delivery, signal);
			} else {
				delivery.notSent = true;
				delivery.problem = 'Not sent: the sandbox calls nobody but this machine';
			}
			const posted = webhookStatusOf(delivery, this.attemptsAfterMs.length);
			this.record.progress([subject], { posted });
			if (posted.taken || delivery.notSent) return;
		}
	}
}

async function post(delivery: WebhookDelivery, stopped: AbortSignal): Promise<void> {
	const { url, headers, body } = delivery;
	try {
		const response = await fetch(url, {
			method: 'POST',
			headers,
			body,
			redirect: 'manual',
			signal: AbortSignal.any([stopped, AbortSignal.timeout(RESPONSE_TIMEOUT_MS)]),
		});
		delivery.status = response.status;
		await response.body?.cancel();
	} catch (error) {
		stopped.throwIfAborted();
		const { cause, message, name } = error as Error;
		if (name === 'TimeoutError') delivery.problem = 'no answer within 10 seconds';
		else delivery.problem = cause instanceof Error ? cause.message : message;
	}
}
