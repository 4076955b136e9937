import { jsonParse } from 'n8n-workflow';

import { isRecord } from './isRecord';

/** What KPN, or a proxy before it, said about a failure, in its own words. */
export interface KpnError {
	message?: string;
	code?: string;
}

/** Texts that must not be kept anywhere: this call's token, the client secret. */
export type Secrets = ReadonlyArray<string | undefined>;

const MAX_QUOTE_CHARACTERS = 300;

const MAX_CODE_CHARACTERS = 100;

/** Far more than any error of KPN's has: the rest of a page is not read. */
const MAX_BODY_CHARACTERS = 20_000;

/**
 * Reads KPN's words from any body it is known to answer with: its own error shape, Apigee's, that
 * of other KPN products, the token endpoint's, and HTML or plain text from a proxy in between.
 * JSON of an unknown shape is quoted as it is, without secrets: what KPN says is never dropped.
 */
export function readKpnError(body: string, secrets: Secrets = []): KpnError {
	const trimmed = body.trim();
	// What is cut in two at the end may be a secret, which half of it would not match.
	const text =
		trimmed.length > MAX_BODY_CHARACTERS
			? trimmed.slice(0, MAX_BODY_CHARACTERS).replace(/\S*$/, '')
			: trimmed;
	if (text === '') return {};
	const toKpnError = (message: unknown, code?: unknown, info?: unknown): KpnError => {
		const parts = [message, info].filter((part) => typeof part === 'string' && part !== '');
		const line = sanitize(parts.join(' — '), secrets);
		const coded = typeof code === 'string' || typeof code === 'number';
		return {
			message: line === '' ? undefined : line,
			code: coded ? sanitize(String(code), secrets, MAX_CODE_CHARACTERS) : undefined,
		};
	};
	const json = jsonParse<unknown>(text, { fallbackValue: null });
	if (!isRecord(json)) return toKpnError(plainText(text));

	const { errorResponse, fault } = json;
	if (isRecord(errorResponse)) {
		return toKpnError(errorResponse.message, errorResponse.code, errorResponse.info);
	}
	if (isRecord(fault)) {
		const detail = isRecord(fault.detail) ? fault.detail : {};
		return toKpnError(fault.faultstring, detail.errorcode);
	}
	const message = json.message ?? json.error_description ?? json.Error ?? json.error;
	if (typeof message !== 'string') return toKpnError(text);
	return toKpnError(message, json.name ?? json.ErrorCode ?? json.code, json.info);
}

/**
 * The text of an HTML page: its title if it has one, or what is left without tags. No pattern here
 * looks ahead further than the next `<`, so that the time it takes is linear.
 */
function plainText(text: string): string {
	if (!/<\w[^<>]*>/.test(text)) return text;
	const title = /<title\b[^<>]*>([^<]+)/i.exec(text)?.[1]?.trim();
	if (title) return title;
	return text
		.split(/<\/(?:script|style)\b[^<>]*>/i)
		.map((part) => part.replace(/<(?:script|style)\b[^]*$/i, ' ').replace(/<[^<>]*>/g, ' '))
		.join(' ');
}

/**
 * A text of KPN's or of a proxy's as it may be kept: without secrets, shortened, and in one line,
 * since a log takes control characters for commands to the terminal.
 */
export function sanitize(
	text: string,
	secrets: Secrets = [],
	maxCharacters = MAX_QUOTE_CHARACTERS,
): string {
	const line = redact(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), secrets);
	return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line;
}

/** Shorter ones are in any text: to take them out would leave nothing of it. */
const MIN_SECRET_CHARACTERS = 6;

const SECRET_NAMES =
	'(?:access|refresh|id)_?token|client_?id|client_?secret|\\bsecret|password|api[-_]?key';

/** One character of a token. */
const TOKEN_CHARACTER = '[\\w.~+/=%-]';

/** A digit soon, or so long that it is no word: `Bearer authentication` is none. */
const TOKEN_LIKE = `(?:(?=${TOKEN_CHARACTER}{0,99}\\d)${TOKEN_CHARACTER}{8,}|${TOKEN_CHARACTER}{20,})`;

/** Patterns of secrets in general, and what is put in its place. */
const SECRET_LIKE: Array<[RegExp, string]> = [
	// A name and what follows it, in JSON, also in JSON within a text, in a form or in a sentence.
	[
		new RegExp(
			`((?:${SECRET_NAMES})\\\\?["']?\\s*[:=]\\s*)(?:(\\\\?")(?:\\\\.|[^"\\\\])*|[^"&,\\s}]+)`,
			'gi',
		),
		'$1$2…',
	],
	[
		new RegExp(
			`(authorization\\\\?["']?\\s*[:=]\\s*\\\\?["']?)(?:(?:bearer|basic|digest|token)\\s+[^\\s"'\\\\,;<]+|${TOKEN_LIKE})`,
			'gi',
		),
		'$1…',
	],
	[new RegExp(`\\b(bearer|basic)(?:\\s|%20|[+:=])+${TOKEN_LIKE}`, 'gi'), '$1 …'],
	// A JSON Web Token.
	[/(?<![\w-])eyJ[\w-]{5,}\.[\w.-]+/g, '…'],
	// Name and password in an address.
	[/\/\/[^\s/@]+@/g, '//…@'],
];

/** What a special character is in an address or a form, in JSON, and in HTML; encoded twice, too. */
const inAddress = (one: string): string => {
	const hex = Buffer.from(one).toString('hex').replace(/../g, '%(?:25){0,3}$&');
	return one === ' ' ? `(?:\\+|%(?:25){0,3}2b|${hex})` : `(?:${literal(one)}|${hex})`;
};
const inJson = (one: string): string => {
	// A run of them is one, or there would be too many ways to read it.
	if (one.startsWith('\\')) return `\\\\{${one.length},${8 * one.length}}`;
	const code = one.charCodeAt(0).toString(16).padStart(4, '0');
	return `(?:${literal(one)}|\\\\{1,4}(?:${literal(one)}|u${code}))`;
};
const inHtml = (one: string): string => {
	const codes = Array.from(one, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return `&(?:#0{0,3}${code}|#x0{0,3}${code.toString(16)}|[a-z]{2,4});`;
	});
	return `(?:${literal(one)}|${codes.join('')})`;
};

const literal = (text: string): string => text.replace(/[$()*+./?[\\\]^{|}-]/g, '\\$&');

/** A pattern for a secret as it is, or in any of these forms, or in base64 or hex. */
function secretPattern(secret: string): RegExp {
	const bytes = Buffer.from(secret);
	const escaped = [inAddress, inJson, inHtml].map((form) =>
		secret.replace(/\\+|[^a-z\d]/giu, form),
	);
	// In base64, what stands before it moves its bits: it then has one of three forms.
	const base64 = [0, 1, 2].map((before) => {
		const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
		const unaffected = text.slice(
			Math.ceil((before * 4) / 3),
			Math.floor(((before + bytes.length) * 4) / 3),
		);
		return unaffected.replace(/[-_]/g, (one) => (one === '-' ? '[-+]' : '[_/]'));
	});
	return new RegExp([...escaped, bytes.toString('hex'), ...base64].join('|'), 'gi');
}

/** Of the secrets of one response, whose texts are many. */
const patterns = new WeakMap<Secrets, RegExp[]>();

function patternsOf(secrets: Secrets): RegExp[] {
	const cached = patterns.get(secrets);
	if (cached) return cached;
	const created = secrets.flatMap((secret = '') =>
		secret.length < MIN_SECRET_CHARACTERS ? [] : [secretPattern(secret)],
	);
	patterns.set(secrets, created);
	return created;
}

/**
 * A text without the secrets given, in whatever form, and without anything
 * that looks like a bearer token, a client secret or a password.
 */
export function redact(text: string, secrets: Secrets = []): string {
	let redacted = text;
	for (const pattern of patternsOf(secrets)) redacted = redacted.replace(pattern, '…');
	for (const [pattern, replacement] of SECRET_LIKE) {
		redacted = redacted.replace(pattern, replacement);
	}
	return redacted;
}

/** A sentence with what KPN said, empty if it said nothing; with its code, unless that is the HTTP status. */
export function formatKpnError({ message, code }: KpnError, statusCode?: number): string {
	if (message === undefined) return '';
	const shownCode = code === undefined || code === String(statusCode) ? '' : ` (${code})`;
	return `KPN says: “${message}”${shownCode}.`;
}

/** One text of several sentences, any of which may be empty. */
export const joinSentences = (...sentences: string[]): string =>
	sentences.filter(Boolean).join(' ');
