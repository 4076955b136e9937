import type { Sandbox } from '../../../sandbox';

export const ANNA = '+31612345670';
export const BRAM = '+31612345671';
export const ABROAD = '+4915112345678';

const TOKEN_PATH = '/oauth/client_credential/accesstoken';
const SEND_PATH = {
	v1: '/messaging/sms-kpn/v1/send',
	current: '/communication/kpn/sms/send',
};

/** Asks for a token; `changes` make the request a different one. */
export async function askToken(
	{ url, clientId, clientSecret }: Sandbox,
	changes: { query?: string; form?: Record<string, string>; init?: RequestInit } = {},
): Promise<Response> {
	const { query = '?grant_type=client_credentials', form, init } = changes;
	const body = new URLSearchParams(form ?? { client_id: clientId, client_secret: clientSecret });
	return await fetch(`${url}${TOKEN_PATH}${query}`, { method: 'POST', body, ...init });
}

/** A token that is valid now. */
export async function token(sandbox: Sandbox): Promise<string> {
	const answer = await askToken(sandbox);
	const { access_token } = (await answer.json()) as { access_token: string };
	return access_token;
}

/** A message as KPN's API has it. */
export function sms(mobile_number = ANNA, content = 'Hello') {
	return { content, mobile_number };
}

export type Send = (body?: unknown, init?: RequestInit) => Promise<Response>;

/** A client of one send API, with a token of its own. Text is sent as it is, all else as JSON. */
export async function sender(sandbox: Sandbox, api: 'v1' | 'current' = 'current'): Promise<Send> {
	const authorization = `Bearer ${await token(sandbox)}`;
	return async (body = { messages: [sms()] }, { headers, ...init } = {}) =>
		await fetch(`${sandbox.url}${SEND_PATH[api]}`, {
			method: 'POST',
			body: typeof body === 'string' ? body : JSON.stringify(body),
			headers: { authorization, 'content-type': 'application/json', ...headers },
			...init,
		});
}

/** What KPN's own refusal says. */
export async function refusalOf(answer: Response) {
	const { errorResponse } = (await answer.json()) as {
		errorResponse: { code: string; message: string; info: string };
	};
	return { status: answer.status, ...errorResponse };
}

/** Node's or undici's code for why a fetch failed. */
export async function brokenBy(answer: Promise<unknown>): Promise<string> {
	const error = await answer.then(
		() => new Error('It was answered'),
		(reason: Error) => reason,
	);
	const cause = error.cause as { code?: string } | undefined;
	return cause?.code ?? error.name;
}

/** Waits until that many calls have arrived, and no longer. */
export async function arrival({ calls }: Sandbox, count = 1): Promise<void> {
	while (calls.length < count) await new Promise((resolve) => setImmediate(resolve));
}

export async function pause(ms: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ms));
}
