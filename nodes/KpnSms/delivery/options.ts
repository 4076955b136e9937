import { isSupportedCountry, type CountryCode } from 'libphonenumber-js/mobile';

import { isRecord } from '../../shared/isRecord';
import { SMS_APIS, type SmsApi } from '../../shared/kpn';

/** What a retry does with a message whose outcome is unknown. */
type DeliveryGuarantee = 'atMostOnce' | 'atLeastOnce';

/** What is the same for all messages of one call: messages that differ in it never share a call. */
interface CallOptions {
	/** KPN posts the delivery reports of these messages there. */
	webhookUrl?: string;
	/** Seconds after which KPN gives up. */
	expireIn?: number;
	/** The header `SubAccount`. */
	subAccount?: string;
	messagesPerCall: number;
	/** How often a call that was surely not taken is made again. */
	maximumRetries: number;
}

/** The options of an item, checked. */
export interface SendOptions {
	call: CallOptions;
	/** Equal for equal call options. */
	callKey: string;
	deliveryGuarantee: DeliveryGuarantee;
	/** ISO code of the country of numbers without a country code. */
	defaultCountry: CountryCode;
	dryRun: boolean;
	replaceSpecialCharacters: boolean;
	maximumParts?: number;
	/** Of all messages of the run together. */
	maximumPartsInAll?: number;
	/** Whether what came in goes out again, beside what the node says. */
	includeInputFields: boolean;
	/** How many keys of Send Once Per to remember. */
	remember: number;
	/** Why an item with these options cannot be sent. */
	problems: string[];
}

/** Of Send Once Per: so many are found and written without holding n8n up. */
export const DEFAULT_REMEMBER = 10_000;
export const MOST_REMEMBERED = 20_000;

/** Far more than anybody pays for in one run. */
const MOST_PARTS_IN_ALL = 100_000_000;

const ONCE_KEY_CHARACTERS = 1000;

const DEFAULT_RETRIES = 3;
const MOST_RETRIES = 10;

/** KPN's own limit for the URL of a webhook. */
const WEBHOOK_URL_CHARACTERS = 2048;

/** Not KPN's limit, which is not published: what is longer is no name, and a header cannot be any length. */
const SUB_ACCOUNT_CHARACTERS = 256;

/** The least that KPN takes for traffic abroad, in seconds. */
export const SHORTEST_EXPIRY_ABROAD = 21;

/** The longest that an SMS can be kept for a phone, in seconds: 63 weeks (GSM 03.40, 9.2.3.12). */
export const LONGEST_EXPIRY = 63 * 7 * 24 * 60 * 60;

/**
 * Checks the Options of an item as they came out of their expressions. An empty option is one that
 * is not set, but for those that keep an SMS from being sent, or from being dear.
 *
 * @param isTest whether somebody tries the workflow out in the editor
 */
export function readOptions(
	given: Record<string, unknown>,
	api: SmsApi,
	isTest = false,
): SendOptions {
	const problems: string[] = [];
	const set = (name: string) =>
		given[name] !== undefined && given[name] !== null && given[name] !== '';
	const notEmpty = (name: string, label: string) => {
		if (!(name in given) || set(name)) return;
		problems.push(`${label} is empty: give it a value, or remove the option.`);
	};
	const usable = (name: string, label: string) => {
		if (!set(name) || api === 'current') return set(name);
		problems.push(
			`${label} works with the current SMS API only. Choose it in the credential, or remove this option.`,
		);
		return false;
	};
	const text = (name: string, label: string) => {
		const value = given[name];
		if (!usable(name, label)) return undefined;
		if (typeof value === 'string' || typeof value === 'number') return String(value).trim();
		problems.push(`${label} is not text.`);
		return undefined;
	};
	// A date, `true` and an empty list are numbers too to whoever converts them.
	const whole = (name: string, label: string, least: number, most: number) => {
		const value = given[name];
		if (!set(name)) return undefined;
		const digits = typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value);
		const number = typeof value === 'number' || digits ? Number(value) : NaN;
		if (Number.isInteger(number) && number >= least && number <= most) return number;
		const got = typeof value === 'number' ? String(value) : 'not a number';
		problems.push(`${label} is ${got}. Enter a whole number from ${least} to ${most}.`);
		return undefined;
	};
	// An expression yields text as easily: "true" must not be taken for no, and a real SMS sent.
	const yes = (name: string, label: string) => {
		const value = set(name) ? given[name] : false;
		if (typeof value === 'boolean') return value;
		const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
		if (word === 'true' || word === 'false') return word === 'true';
		problems.push(`${label} is neither true nor false.`);
		return false;
	};
	const named = set('defaultCountry') ? given.defaultCountry : 'NL';
	const country = typeof named === 'string' ? named.trim().toUpperCase() : '';
	const defaultCountry = isSupportedCountry(country) ? country : 'NL';
	if (!isSupportedCountry(country)) {
		problems.push('Default Country is not a country. Choose one, or give its code, such as BE.');
	}
	const guarantee = set('deliveryGuarantee') ? given.deliveryGuarantee : 'atMostOnce';
	if (guarantee !== 'atMostOnce' && guarantee !== 'atLeastOnce') {
		problems.push('Delivery Guarantee is neither atMostOnce nor atLeastOnce.');
	}

	notEmpty('dryRun', 'Dry Run');
	notEmpty('maximumParts', 'Maximum Parts');
	notEmpty('maximumPartsInAll', 'Maximum Parts in All');
	const webhookUrl = text('deliveryReportUrl', 'Delivery Report URL');
	if (webhookUrl !== undefined && !isWebhookUrl(webhookUrl)) {
		problems.push(
			'Delivery Report URL is not an address that KPN can post to: use one with https.',
		);
	} else if (isTestUrl(webhookUrl) && !isTest) {
		problems.push(IS_TEST_URL);
	}
	const subAccount = text('subAccount', 'Sub-Account');
	if (subAccount !== undefined && subAccount.length > SUB_ACCOUNT_CHARACTERS) {
		problems.push(
			`Sub-Account has ${subAccount.length} characters, and this node sends ${SUB_ACCOUNT_CHARACTERS} at most: copy it from KPN again.`,
		);
	} else if (subAccount !== undefined && !/^[\x20-\x7e]+$/.test(subAccount)) {
		problems.push('Sub-Account has characters that a header cannot carry: copy it from KPN again.');
	}
	const call: CallOptions = {
		webhookUrl,
		expireIn: usable('expireAfter', 'Expire After')
			? whole('expireAfter', 'Expire After', 1, LONGEST_EXPIRY)
			: undefined,
		subAccount,
		messagesPerCall:
			whole('messagesPerCall', 'Messages per Call', 1, SMS_APIS.current.messagesPerCall) ??
			SMS_APIS[api].messagesPerCall,
		maximumRetries: whole('maximumRetries', 'Maximum Retries', 0, MOST_RETRIES) ?? DEFAULT_RETRIES,
	};
	return {
		call,
		callKey: JSON.stringify(call),
		deliveryGuarantee: guarantee === 'atLeastOnce' ? 'atLeastOnce' : 'atMostOnce',
		defaultCountry,
		dryRun: yes('dryRun', 'Dry Run'),
		replaceSpecialCharacters: yes('replaceSpecialCharacters', 'Replace Special Characters'),
		maximumParts: whole('maximumParts', 'Maximum Parts', 1, 1000),
		maximumPartsInAll: whole('maximumPartsInAll', 'Maximum Parts in All', 1, MOST_PARTS_IN_ALL),
		includeInputFields: yes('includeInputFields', 'Include Input Fields'),
		remember: whole('remember', 'Remember', 1, MOST_REMEMBERED) ?? DEFAULT_REMEMBER,
		problems,
	};
}

/**
 * As `readOptions`, but for all items with equal options once. Send Once Per, which differs from item
 * to item, is not among them: see `readOnceKey`.
 */
export function optionsReader(api: SmsApi, isTest: boolean): (given: object) => SendOptions {
	const objects = new WeakMap<object, SendOptions>();
	const contents = new Map<string, SendOptions>();
	return (given) => {
		// One expression for all of them can give anything.
		if (!isRecord(given)) {
			const options = readOptions({}, api);
			return { ...options, problems: ['Options is not a set of options: choose them one by one.'] };
		}
		const known = objects.get(given);
		if (known) return known;
		const same: Record<string, unknown> = { ...given };
		delete same.sendOncePer;
		const plain = Object.values(same).every((value) => typeof value !== 'object');
		const content = plain ? JSON.stringify(same) : undefined;
		const options =
			(content === undefined ? undefined : contents.get(content)) ?? readOptions(same, api, isTest);
		objects.set(given, options);
		if (content !== undefined) contents.set(content, options);
		return options;
	};
}

/**
 * The key of an item from its Options: undefined where Send Once Per is not set. An expression that
 * gives nothing is a problem: without its key, the SMS might be sent again.
 */
export function readOnceKey(given: object): { key?: string; problem?: string } {
	if (!('sendOncePer' in given)) return {};
	const value = given.sendOncePer;
	const isText = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
	if (!isText && value !== undefined && value !== null) {
		return { problem: 'Send Once Per is neither text nor a number.' };
	}
	const key = String(value ?? '').trim();
	if (key === '') {
		return {
			problem:
				'Send Once Per is empty: give each item a key, such as the number of an order, or remove the option.',
		};
	}
	if (key.length > ONCE_KEY_CHARACTERS) {
		return {
			problem: `Send Once Per has more than ${ONCE_KEY_CHARACTERS} characters: give it a short key.`,
		};
	}
	return { key };
}

/** Reports come minutes later, and on other days. */
export const IS_TEST_URL =
	'Delivery Report URL is a test URL: n8n answers there only once, and while somebody listens. Copy the Production URL of the KPN SMS Trigger node.';

export const isTestUrl = (url: string | undefined): boolean =>
	url !== undefined && url.includes('/webhook-test/');

/** KPN wants https; a machine's own address is for a sandbox on it. */
function isWebhookUrl(text: string): boolean {
	if (text.length > WEBHOOK_URL_CHARACTERS || !URL.canParse(text)) return false;
	const { protocol, hostname } = new URL(text);
	const own = hostname === 'localhost' || hostname === '127.0.0.1';
	return protocol === 'https:' || (protocol === 'http:' && own);
}
