import { z } from 'zod';

const MAX_URL_CHARACTERS = 2048;

/**
 * A webhook URL as KPN takes it.
 *
 * @param httpOnLoopback whether one on this machine may do without TLS
 */
export const webhookUrlSchema = (httpOnLoopback: boolean) =>
	z
		.string()
		.max(MAX_URL_CHARACTERS, `has more than ${MAX_URL_CHARACTERS} characters`)
		.refine(
			(url) =>
				URL.canParse(url) &&
				(new URL(url).protocol === 'https:' ||
					(httpOnLoopback && new URL(url).protocol === 'http:' && isLoopback(url))),
			'must be an https URL',
		);

/** Whether a URL is on this machine: the sandbox calls no other. */
export function isLoopback(url: string): boolean {
	return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
