import type { IHttpRequestMethods, INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import { formatKpnError, readKpnError, joinSentences, type KpnError } from '../shared/kpnError';
import { tokenFailure } from '../shared/tokenFailure';

/** A call of KPN's webhook settings API. */
export interface SettingsCall {
	method: IHttpRequestMethods;
	/** Below the base of the API. */
	path: string;
}

const OR_MANUAL_REGISTRATION = 'or choose Manual under Registration.';

/** The error of a call to KPN's webhook settings, for the user who publishes or unpublishes the workflow. */
export function responseError(
	node: INode,
	call: SettingsCall,
	{ statusCode, body }: { statusCode: number; body: string },
): NodeApiError {
	const [level = '', keys] = call.path.split('/');
	const whose = level === 'applications' ? '' : ` of its ${level.slice(0, -1)}`;
	const what = (keys ? 'signing keys' : 'webhook settings') + whose;
	const product = keys ? 'WebhookConfigs-SigningKeys-KPN' : 'Webhook configuration';
	const isForbidden = statusCode === 401 || statusCode === 403;
	let advice = `Check Environment and Base URL in the credential, ${OR_MANUAL_REGISTRATION}`;
	if (isForbidden) {
		advice = `Add KPN’s product “${product}” to the project behind this Client ID on KPN’s developer portal, ${OR_MANUAL_REGISTRATION}`;
	} else if (statusCode === 429 || statusCode >= 500) {
		advice = 'Try again later.';
	} else if (statusCode === 400 && call.method !== 'GET') {
		advice =
			'KPN sends only to an https address of at most 2048 characters that it can reach: see the Production URL above, and n8n’s WEBHOOK_URL.';
	}
	const message = isForbidden
		? `KPN does not let this application manage the ${what} (HTTP status ${statusCode})`
		: `KPN’s ${what} answered with HTTP status ${statusCode}`;
	// The error is shown and logged: `readKpnError` redacts secrets.
	return settingsError(node, message, advice, readKpnError(body), statusCode);
}

/** The same for a call without a response, or without a token. */
export function connectionError(node: INode, error: unknown): NodeApiError {
	const { statusCode, meaning, advice, kpn, systemCode, retryable } = tokenFailure(error);
	if (statusCode !== undefined && retryable) {
		const message = `KPN’s token server failed (status ${statusCode})`;
		const again = 'Publish the workflow again in some minutes.';
		return settingsError(node, message, again, kpn, statusCode);
	}
	// A status here is that of the token call: n8n throws for none of the others. Without a system code,
	// nothing was sent, as with an invalid Base URL.
	if (statusCode !== undefined || systemCode === undefined) {
		const message = meaning.charAt(0).toUpperCase() + meaning.slice(1);
		return settingsError(node, message, advice, kpn, statusCode);
	}
	const message =
		systemCode === 'ETIMEDOUT'
			? 'KPN did not answer in time'
			: `KPN could not be reached (${systemCode})`;
	return settingsError(node, message, `${advice} Then try again.`, {});
}

function settingsError(
	node: INode,
	message: string,
	advice: string,
	kpn: KpnError,
	statusCode?: number,
): NodeApiError {
	const description = joinSentences(formatKpnError(kpn, statusCode), advice);
	const httpCode = statusCode?.toString();
	const error = new NodeApiError(node, {}, { message, description, httpCode });
	// n8n shows only the message if publishing fails, and replaces some messages by its own.
	error.message = `${message}. ${description}`;
	return error;
}
