import type { KpnWords } from './kpnWords';

const NAMES = 'access_token|client_id|client_secret|\\bsecret';

/** A name and what follows it, in JSON, also in JSON within a text, in a form or in a sentence. */
const SECRETS = new RegExp(
	`((?:${NAMES})\\\\?["']?\\s*[:=]\\s*)(?:(\\\\?")(?:\\\\.|[^"\\\\])*|[^"&,\\s}]+)`,
	'gi',
);

/** KPN's words without the secrets that an answer may repeat from the request, or hold itself. */
export const withoutSecrets = (words: KpnWords): KpnWords => ({
	...words,
	message: words.message?.replace(SECRETS, '$1$2…'),
});
