import type { INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import { quoted, readKpnError, together, type KpnError } from '../shared/kpnError';
import { outcomeOfTokenError } from '../shared/tokenOutcome';

const ADD_PRODUCT =
	'Add KPN’s webhook configuration product (webhookconfigs-kpn) to the project behind this Consumer Key on KPN’s developer portal, or choose Manual under Registration.';

/** What a call to KPN's webhook settings failed with, in words for whoever publishes or unpublishes the workflow. */
export function answerError(node: INode, statusCode: number, body: string): NodeApiError {
	// It is shown, and goes into n8n's log: secrets are taken out in reading it.
	const kpn = readKpnError(body);
	if (statusCode === 401 || statusCode === 403) {
		return settingsError(node, {
			message: `KPN does not let this application manage its webhook (HTTP status ${statusCode})`,
			advice: ADD_PRODUCT,
			kpn,
			statusCode,
		});
	}
	if (statusCode === 400) {
		return settingsError(node, {
			message: 'KPN did not take the webhook settings (HTTP status 400)',
			advice:
				'KPN sends only to an https address of at most 2048 characters that it can reach: see the Production URL above, and n8n’s WEBHOOK_URL.',
			kpn,
			statusCode,
		});
	}
	const passing = statusCode === 429 || statusCode >= 500;
	return settingsError(node, {
		message: `KPN’s webhook settings answered with HTTP status ${statusCode}`,
		advice: passing
			? 'Try again later.'
			: 'Check Environment and Base URL in the credential, or choose Manual under Registration.',
		kpn,
		statusCode,
	});
}

/** The same for a call that was not answered, or for which no token could be had. */
export function connectionError(node: INode, error: unknown): NodeApiError {
	const { statusCode, meaning, advice, kpn, systemCode } = outcomeOfTokenError(error);
	// An answer that makes n8n throw is that to the token call: ours are all taken as they come.
	if (statusCode !== undefined) {
		return settingsError(node, { message: sentence(meaning), advice, kpn, statusCode });
	}
	return settingsError(node, {
		message: `KPN could not be reached${systemCode === undefined ? '' : ` (${systemCode})`}`,
		advice: `${advice} Then try again.`,
		kpn: {},
	});
}

interface ErrorParts {
	message: string;
	advice: string;
	kpn: KpnError;
	statusCode?: number;
}

function settingsError(node: INode, { message, advice, kpn, statusCode }: ErrorParts) {
	const description = together(quoted(kpn, statusCode), advice);
	const httpCode = statusCode?.toString();
	const error = new NodeApiError(node, {}, { message, description, httpCode });
	// n8n shows only this where publishing fails, and puts words of its own in place of some.
	error.message = `${message}. ${description}`;
	return error;
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
