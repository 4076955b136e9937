import { isSupportedCountry, type CountryCode } from 'libphonenumber-js/mobile';

import { isRecord } from '../../shared/isRecord';
import { SMS_APIS, type SmsApi } from '../../shared/kpnApi';
import { isTestUrl } from '../../shared/testUrl';

/** What a retry does with a message whose outcome is unknown. */
type DeliveryGuarantee = 'atMostOnce' | 'atLeastOnce';

/** The options of a call: messages that differ in them never share a call. */
interface CallOptions {
	/** KPN posts the delivery reports of these messages there. */
	webhookUrl?: string;
	/** Seconds after which KPN gives up. */
	expireIn?: number;
	/** The header `SubAccount`. */
	subAccount?: string;
	messagesPerCall: number;
	/** After more failed attempts in a row, of whatever calls, a call is not made again. */
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
	/** Whether the fields of the input item are in the output as well. */
	includeInputFields: boolean;
	/** How many keys of Send Once Per to remember. */
	remember: number;
	/** Why an item with these options cannot be sent. */
	problems: string[];
}

/** Of Send Once Per: this many are found and written without blocking n8n. */
export const DEFAULT_REMEMBER = 10_000;
export const MAX_REMEMBER = 20_000;

/** Far more than one run is ever meant to cost. */
const MAX_PARTS_IN_ALL = 100_000_000;

const MAX_ONCE_KEY_CHARACTERS = 1000;

const DEFAULT_RETRIES = 3;
const MAX_RETRIES = 10;

/** KPN's own limit for the URL of a webhook. */
const MAX_WEBHOOK_URL_CHARACTERS = 2048;

/** KPN publishes no limit; but the name is sent as a header, whose length is limited. */
const MAX_SUB_ACCOUNT_CHARACTERS = 256;

/** The least that KPN takes for traffic abroad, in seconds. */
export const MIN_EXPIRY_ABROAD = 21;

/** The longest that an SMS can be kept for a phone, in seconds: 63 weeks (GSM 03.40, 9.2.3.12). */
export const MAX_EXPIRY = 63 * 7 * 24 * 60 * 60;

/**
 * Checks the Options of an item as they came out of their expressions. An empty option is one that
 * is not set, but for those that keep an SMS from being sent, or limit what it costs.
 *
 * @param isTest whether the workflow is tested in the editor
 */
export function readOptions(
	given: Record<string, unknown>,
	api: SmsApi,
	isTest = false,
): SendOptions {
	const problems: string[] = [];
	const isSet = (name: string) =>
		given[name] !== undefined && given[name] !== null && given[name] !== '';
	const requireValue = (name: string, label: string) => {
		if (!(name in given) || isSet(name)) return;
		problems.push(`${label} is empty: give it a value, or remove the option.`);
	};
	const isUsable = (name: string, label: string) => {
		if (!isSet(name) || api === 'current') return isSet(name);
		problems.push(
			`${label} works with the current SMS API only. Choose it in the credential, or remove this option.`,
		);
		return false;
	};
	const readText = (name: string, label: string) => {
		const value = given[name];
		if (!isUsable(name, label)) return undefined;
		if (typeof value === 'string' || typeof value === 'number') return String(value).trim();
		problems.push(`${label} is not text.`);
		return undefined;
	};
	// A date, `true` and an empty list would pass `Number()`.
	const readInteger = (name: string, label: string, min: number, max: number) => {
		const value = given[name];
		if (!isSet(name)) return undefined;
		const digits = typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value);
		const number = typeof value === 'number' || digits ? Number(value) : NaN;
		if (Number.isInteger(number) && number >= min && number <= max) return number;
		const shown = typeof value === 'number' ? String(value) : 'not a number';
		problems.push(`${label} is ${shown}. Enter a whole number from ${min} to ${max}.`);
		return undefined;
	};
	// An expression may give text: "true" must not count as false, or a real SMS would be sent.
	const readBoolean = (name: string, label: string) => {
		const value = isSet(name) ? given[name] : false;
		if (typeof value === 'boolean') return value;
		const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
		if (word === 'true' || word === 'false') return word === 'true';
		problems.push(`${label} is neither true nor false.`);
		return false;
	};
	const countryOption = isSet('defaultCountry') ? given.defaultCountry : 'NL';
	const country = typeof countryOption === 'string' ? countryOption.trim().toUpperCase() : '';
	const defaultCountry = isSupportedCountry(country) ? country : 'NL';
	if (!isSupportedCountry(country)) {
		problems.push('Default Country is not a country. Choose one, or give its code, such as BE.');
	}
	const guarantee = isSet('deliveryGuarantee') ? given.deliveryGuarantee : 'atMostOnce';
	if (guarantee !== 'atMostOnce' && guarantee !== 'atLeastOnce') {
		problems.push('Delivery Guarantee is neither atMostOnce nor atLeastOnce.');
	}

	requireValue('dryRun', 'Dry Run');
	requireValue('maximumParts', 'Maximum Parts');
	requireValue('maximumPartsInAll', 'Maximum Parts in All');
	const webhookUrl = readText('deliveryReportUrl', 'Delivery Report URL');
	if (webhookUrl !== undefined && !isWebhookUrl(webhookUrl)) {
		problems.push(
			'Delivery Report URL is not an address that KPN can post to: use one with https.',
		);
	} else if (webhookUrl !== undefined && isTestUrl(webhookUrl) && !isTest) {
		problems.push(TEST_URL_PROBLEM);
	}
	const subAccount = readText('subAccount', 'Sub-Account');
	if (subAccount !== undefined && subAccount.length > MAX_SUB_ACCOUNT_CHARACTERS) {
		problems.push(
			`Sub-Account has ${subAccount.length} characters, and this node sends ${MAX_SUB_ACCOUNT_CHARACTERS} at most: copy it from KPN again.`,
		);
	} else if (subAccount !== undefined && !/^[\x20-\x7e]+$/.test(subAccount)) {
		problems.push('Sub-Account has characters that a header cannot carry: copy it from KPN again.');
	}
	const call: CallOptions = {
		webhookUrl,
		expireIn: isUsable('expireAfter', 'Expire After')
			? readInteger('expireAfter', 'Expire After', 1, MAX_EXPIRY)
			: undefined,
		subAccount,
		messagesPerCall:
			readInteger('messagesPerCall', 'Messages per Call', 1, SMS_APIS.current.maxMessagesPerCall) ??
			SMS_APIS[api].maxMessagesPerCall,
		maximumRetries:
			readInteger('maximumRetries', 'Maximum Retries', 0, MAX_RETRIES) ?? DEFAULT_RETRIES,
	};
	return {
		call,
		callKey: JSON.stringify(call),
		deliveryGuarantee: guarantee === 'atLeastOnce' ? 'atLeastOnce' : 'atMostOnce',
		defaultCountry,
		dryRun: readBoolean('dryRun', 'Dry Run'),
		replaceSpecialCharacters: readBoolean('replaceSpecialCharacters', 'Replace Special Characters'),
		maximumParts: readInteger('maximumParts', 'Maximum Parts', 1, 1000),
		maximumPartsInAll: readInteger(
			'maximumPartsInAll',
			'Maximum Parts in All',
			1,
			MAX_PARTS_IN_ALL,
		),
		includeInputFields: readBoolean('includeInputFields', 'Include Input Fields'),
		remember: readInteger('remember', 'Remember', 1, MAX_REMEMBER) ?? DEFAULT_REMEMBER,
		problems,
	};
}

/**
 * As `readOptions`, but for all items with equal options once. Send Once Per, which differs from item
 * to item, is not among them: see `readOnceKey`.
 */
export function optionsReader(api: SmsApi, isTest: boolean): (given: object) => SendOptions {
	const byObject = new WeakMap<object, SendOptions>();
	const byContent = new Map<string, SendOptions>();
	return (given) => {
		// One expression for all of them can give anything.
		if (!isRecord(given)) {
			const options = readOptions({}, api);
			return { ...options, problems: ['Options is not a set of options: choose them one by one.'] };
		}
		const cached = byObject.get(given);
		if (cached) return cached;
		const shared: Record<string, unknown> = { ...given };
		delete shared.sendOncePer;
		const isPlain = Object.values(shared).every((value) => typeof value !== 'object');
		const content = isPlain ? JSON.stringify(shared) : undefined;
		const options =
			(content === undefined ? undefined : byContent.get(content)) ??
			readOptions(shared, api, isTest);
		byObject.set(given, options);
		if (content !== undefined) byContent.set(content, options);
		return options;
	};
}

/**
 * The key of an item from its Options: undefined where Send Once Per is not set. An expression that
 * gives nothing is a problem: without its key, the SMS might be sent again.
 */
export function readOnceKey(given: object): { key?: string; problem?: string } {
	if (!isRecord(given) || !('sendOncePer' in given)) return {};
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
	if (key.length > MAX_ONCE_KEY_CHARACTERS) {
		return {
			problem: `Send Once Per has more than ${MAX_ONCE_KEY_CHARACTERS} characters: give it a short key.`,
		};
	}
	return { key };
}

/** Why a test URL cannot be used: reports come minutes later, or on another day. */
export const TEST_URL_PROBLEM =
	'Delivery Report URL is a test URL: n8n answers there only once, and while somebody listens. Copy the Production URL of the KPN SMS Trigger node.';

/** KPN wants https; the loopback address is for a sandbox. */
function isWebhookUrl(text: string): boolean {
	if (text.length > MAX_WEBHOOK_URL_CHARACTERS || !URL.canParse(text)) return false;
	const { protocol, hostname } = new URL(text);
	const isLoopback = hostname === 'localhost' || hostname === '127.0.0.1';
	return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}
