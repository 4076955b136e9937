import { createHmac } from 'node:crypto';

export interface Signing {
	secret: string;
	keyId: string;
	/** From 1. */
	attempt?: number;
	/** Epoch seconds; now unless said otherwise. */
	timestamp?: number;
}

/** The headers with which KPN posts an event. */
export function signedHeaders(
	body: string | Buffer,
	{ secret, keyId, attempt = 1, timestamp = Math.floor(Date.now() / 1000) }: Signing,
): Record<string, string> {
	return {
		'content-type': 'application/json',
		'x-kpn-webhook-signature': createHmac('sha256', secret).update(body).digest('hex'),
		'x-kpn-webhook-timestamp': String(timestamp),
		'x-kpn-webhook-key-id': keyId,
		'x-kpn-webhook-attempt': String(attempt),
	};
}
