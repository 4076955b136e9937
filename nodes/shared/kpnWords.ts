import { jsonParse } from 'n8n-workflow';

/** What KPN said of a failure, in its own words. */
export interface KpnWords {
	message?: string;
	code?: string;
}

const LONGEST_QUOTE = 300;

/**
 * Reads KPN's words from any body it is known to answer with: its own error shape, Apigee's, that
 * of other KPN products, the token endpoint's, and HTML or plain text from a proxy in between.
 * An unknown JSON shape is quoted as it is: what KPN says is never thrown away.
 */
export function kpnWords(body: string): KpnWords {
	const text = body.trim();
	if (text === '') return {};
	const json = jsonParse<unknown>(text, { fallbackValue: null });
	if (!isRecord(json)) return { message: quote(plainText(text)) };

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

/** The text of an HTML page: its title if it has one, or what is left without tags. */
function plainText(text: string): string {
	if (!/<\w+[^>]*>/.test(text)) return text;
	const title = /<title[^>]*>([^<]+)<\/title>/i.exec(text)?.[1]?.trim();
	return title || text.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ');
}

function quote(text: string): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
