/** KPN's SMS API in one place: addresses and limits, as KPN documents them. */

export const CREDENTIAL_TYPE = 'kpnSmsOAuth2Api';

/** KPN's production gateway, for the token and for sending. */
export const KPN_HOST = 'api-prd.kpn.com';

/** KPN wants `grant_type` in the query, key and secret in the form body. */
export const TOKEN_PATH = '/oauth/client_credential/accesstoken?grant_type=client_credentials';

/** The headers of a send call, besides the token. */
export const REQUEST_HEADERS = { accept: 'application/json', 'content-type': 'application/json' };

/**
 * Where a credential says that KPN is, as JavaScript for an expression.
 *
 * @param credential the name that the credential has in the expression
 */
export const baseUrlExpression = (credential: '$self' | '$credentials'): string =>
	`(${credential}.environment === "custom" ? ${credential}.baseUrl.trim().replace(/\\/+$/, "") : "https://${KPN_HOST}")`;

/**
 * Where a credential says that KPN is.
 *
 * @throws Error if that is no address, or more than one, in words that do not repeat it: it may hold a
 * password
 */
export function baseUrlOf({ environment, baseUrl }: Record<string, unknown>): string {
	if (environment !== 'custom') return `https://${KPN_HOST}`;
	const text = typeof baseUrl === 'string' ? baseUrl.trim() : '';
	if (!/^https?:/i.test(text) || !URL.canParse(text)) {
		throw new Error('The Base URL in the credential is not an address: write it like https://…');
	}
	const { username, password } = new URL(text);
	if (username !== '' || password !== '') {
		throw new Error(
			'The Base URL in the credential has a name or a password in it: KPN knows you by Client ID and Secret alone.',
		);
	}
	const extra = /[?#]/.exec(text)?.[0];
	if (extra !== undefined) {
		throw new Error(
			`The Base URL in the credential has a ${extra} in it: write only what stands before it.`,
		);
	}
	return text.replace(/\/+$/, '');
}

/** KPN's older pages and its newer ones have different names for the two; n8n shows the newer. */
export const UNKNOWN_CLIENT =
	'KPN does not know this Client ID, or the Client Secret does not belong to it';

export type SmsApi = 'v1' | 'current';

interface SmsApiLimits {
	/** Messages × recipients in one call. */
	maxMessagesPerCall: number;
	/** Characters in one text; undefined where KPN names no limit. */
	maxContentCharacters?: number;
	/** Whether numbers outside the Netherlands are taken. */
	abroad: boolean;
	sendPath: string;
}

export const SMS_APIS: Record<SmsApi, SmsApiLimits> = {
	v1: { maxMessagesPerCall: 1, abroad: false, sendPath: '/messaging/sms-kpn/v1/send' },
	current: {
		maxMessagesPerCall: 200,
		maxContentCharacters: 1000,
		abroad: true,
		sendPath: '/communication/kpn/sms/send',
	},
};

/** Longest sender KPN takes, a name or a short code. */
export const MAX_SENDER_CHARACTERS = 11;

/** One entry of `messages[]`: one text to one phone. */
interface KpnMessage {
	content: string;
	mobile_number: string;
}

/** The body of a send call. */
export interface KpnSendBody {
	sender: string;
	/** Current API only. */
	webhook_url?: string;
	/** Seconds, as text. Current API only. */
	expirein?: string;
	messages: KpnMessage[];
}
