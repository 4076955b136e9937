import { jsonParse } from 'n8n-workflow';

import { isRecord } from './isRecord';

/** What KPN, or a proxy before it, said of a failure, in its own words. */
export interface KpnError {
	message?: string;
	code?: string;
}

/** Texts that must be in nothing that is kept: this call's token, the client secret. */
export type Secrets = ReadonlyArray<string | undefined>;

const LONGEST_QUOTE = 300;

const LONGEST_CODE = 100;

/** Far more than any error of KPN's has: what comes after it in a page is not even looked at. */
const LONGEST_BODY = 20_000;

/**
 * Reads KPN's words from any body it is known to answer with: its own error shape, Apigee's, that
 * of other KPN products, the token endpoint's, and HTML or plain text from a proxy in between.
 * An unknown JSON shape is quoted as it is: what KPN says is never thrown away, but for secrets.
 */
export function readKpnError(body: string, secrets: Secrets = []): KpnError {
	const whole = body.trim();
	// What is cut in two at the end may be a secret, which would not be known by its half.
	const text =
		whole.length > LONGEST_BODY ? whole.slice(0, LONGEST_BODY).replace(/\S*$/, '') : whole;
	if (text === '') return {};
	const said = (message: unknown, code?: unknown, info?: unknown): KpnError => {
		const parts = [message, info].filter((part) => typeof part === 'string' && part !== '');
		const line = quote(parts.join(' — '), secrets);
		const coded = typeof code === 'string' || typeof code === 'number';
		return {
			message: line === '' ? undefined : line,
			code: coded ? quote(String(code), secrets, LONGEST_CODE) : undefined,
		};
	};
	const json = jsonParse<unknown>(text, { fallbackValue: null });
	if (!isRecord(json)) return said(plainText(text));

	const { errorResponse, fault } = json;
	if (isRecord(errorResponse)) {
		return said(errorResponse.message, errorResponse.code, errorResponse.info);
	}
	if (isRecord(fault)) {
		const detail = isRecord(fault.detail) ? fault.detail : {};
		return said(fault.faultstring, detail.errorcode);
	}
	const message = json.message ?? json.error_description ?? json.Error ?? json.error;
	if (typeof message !== 'string') return said(text);
	return said(message, json.name ?? json.ErrorCode ?? json.code, json.info);
}

/**
 * The text of an HTML page: its title if it has one, or what is left without tags. No pattern here
 * looks ahead further than the next `<`, so that a page made to be slow is read as fast as any.
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
export function quote(text: string, secrets: Secrets = [], longest = LONGEST_QUOTE): string {
	const line = redact(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), secrets);
	return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** Shorter ones are in any text: to take them out would leave nothing of it. */
const SHORTEST_SECRET = 6;

const NAMES =
	'(?:access|refresh|id)_?token|client_?id|client_?secret|\\bsecret|password|api[-_]?key';

/** One character of a token. */
const TOKEN = '[\\w.~+/=%-]';

/** A digit soon, or so long that it is no word: `Bearer authentication` is none. */
const TOKEN_LIKE = `(?:(?=${TOKEN}{0,99}\\d)${TOKEN}{8,}|${TOKEN}{20,})`;

/** What looks like a secret, whosever it is, and what is put in its place. */
const SECRET_LIKE: Array<[RegExp, string]> = [
	// A name and what follows it, in JSON, also in JSON within a text, in a form or in a sentence.
	[
		new RegExp(
			`((?:${NAMES})\\\\?["']?\\s*[:=]\\s*)(?:(\\\\?")(?:\\\\.|[^"\\\\])*|[^"&,\\s}]+)`,
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
function anyFormOf(secret: string): RegExp {
	const bytes = Buffer.from(secret);
	const written = [inAddress, inJson, inHtml].map((form) =>
		secret.replace(/\\+|[^a-z\d]/giu, form),
	);
	// In base64, what stands before it moves its bits: it then has one of three forms.
	const base64 = [0, 1, 2].map((before) => {
		const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
		const own = text.slice(
			Math.ceil((before * 4) / 3),
			Math.floor(((before + bytes.length) * 4) / 3),
		);
		return own.replace(/[-_]/g, (one) => (one === '-' ? '[-+]' : '[_/]'));
	});
	return new RegExp([...written, bytes.toString('hex'), ...base64].join('|'), 'gi');
}

/** Of the secrets of one answer, whose texts are many. */
const patterns = new WeakMap<Secrets, RegExp[]>();

function patternsOf(secrets: Secrets): RegExp[] {
	const known = patterns.get(secrets);
	if (known) return known;
	const made = secrets.flatMap((secret = '') =>
		secret.length < SHORTEST_SECRET ? [] : [anyFormOf(secret)],
	);
	patterns.set(secrets, made);
	return made;
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
export function quoted({ message, code }: KpnError, statusCode?: number): string {
	if (message === undefined) return '';
	const told = code === undefined || code === String(statusCode) ? '' : ` (${code})`;
	return `KPN says: “${message}”${told}.`;
}

/** One text of several sentences, any of which may be empty. */
export const together = (...sentences: string[]): string => sentences.filter(Boolean).join(' ');
