import { jsonParse } from 'n8n-workflow';

import { isRecord } from './isRecord';

/** What KPN said of a failure, in its own words. */
export interface KpnWords {
	message?: string;
	code?: string;
}

const LONGEST_QUOTE = 300;

/** Far more than any error of KPN's has: what comes after it in a page is not even looked at. */
const LONGEST_BODY = 20_000;

/**
 * Reads KPN's words from any body it is known to answer with: its own error shape, Apigee's, that
 * of other KPN products, the token endpoint's, and HTML or plain text from a proxy in between.
 * An unknown JSON shape is quoted as it is: what KPN says is never thrown away.
 */
export function kpnWords(body: string): KpnWords {
	const text = body.trim().slice(0, LONGEST_BODY);
	if (text === '') return {};
	const json = jsonParse<unknown>(text, { fallbackValue: null });
	if (!isRecord(json)) return { message: quote(plainText(text)) || undefined };

	const { errorResponse, fault } = json;
	if (isRecord(errorResponse)) {
		return words(errorResponse.message, errorResponse.code, errorResponse.info);
	}
	if (isRecord(fault)) {
		const detail = isRecord(fault.detail) ? fault.detail : {};
		return words(fault.faultstring, detail.errorcode);
	}
	const message = json.message ?? json.error_description ?? json.Error ?? json.error;
	if (typeof message !== 'string') return { message: quote(text) };
	return words(message, json.name ?? json.ErrorCode ?? json.code, json.info);
}

function words(message: unknown, code: unknown, info?: unknown): KpnWords {
	const said = [message, info].filter((part) => typeof part === 'string' && part !== '');
	return {
		message: said.length > 0 ? quote(said.join(' — ')) : undefined,
		code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
	};
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

/** In one line; a log takes control characters for commands to the terminal. */
function quote(text: string): string {
	const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
	return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
}
