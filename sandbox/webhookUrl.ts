const MAX_URL_CHARACTERS = 2048;

/** Whether KPN takes a webhook URL: https, at most 2048 characters. Else says what is wrong with it. */
export function webhookUrlProblem(url: string, httpOnLoopback: boolean): string | undefined {
	if (url.length > MAX_URL_CHARACTERS)
		return `webhook_url has more than ${MAX_URL_CHARACTERS} characters`;
	const allowed =
		URL.canParse(url) &&
		(new URL(url).protocol === 'https:' ||
			(httpOnLoopback && new URL(url).protocol === 'http:' && isLoopback(url)));
	return allowed ? undefined : 'webhook_url must be an https URL';
}

/** Whether a URL is on this machine: the sandbox calls no other. */
export function isLoopback(url: string): boolean {
	return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
