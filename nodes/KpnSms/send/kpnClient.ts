import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { CREDENTIAL_TYPE, type KpnSendBody } from '../../shared/kpnApi';
import type { Secrets } from '../../shared/kpnError';
import { tokenFailure } from '../../shared/tokenFailure';
import type { Call } from './message';
import type { RequestSettings } from '../operations/requestSettings';
import type { KpnContext } from './kpnContext';
import { CANCELED } from './sendCalls';
import {
	neverSent,
	readResponse,
	returnedResponse,
	thrownResponse,
	THROWN_STATUSES,
	type KpnResponse,
} from './response';
import { connectionFailure } from './connectionFailure';
import { outcomeOfResponse, type Outcome } from './outcome';

/**
 * Calls KPN for one run of the node, through n8n's own HTTP and credential code. n8n stores the
 * token and locks its renewal across workers; which call needs a renewal is decided here, because
 * only here it is known which token that call was made with.
 */
export class KpnClient {
	private token?: string;

	private tokenRefresh?: Promise<string>;

	constructor(
		private readonly context: KpnContext,
		private readonly request: RequestSettings,
	) {
		this.token = accessToken(request.credential.oauthTokenData);
	}

	/** Makes one send call. Never throws: whatever goes wrong is an outcome. */
	async send(messages: Call): Promise<Outcome> {
		try {
			this.token ??= await this.refreshToken(undefined);
		} catch (error) {
			return this.noTokenFailure(error);
		}
		const usedToken = this.token;
		const firstResponse = await this.post(messages);
		if ('outcome' in firstResponse) return firstResponse;
		const outcome = this.outcomeOf(firstResponse, usedToken);
		if (
			firstResponse.statusCode !== 401 ||
			firstResponse.fromProxy ||
			outcome.outcome !== 'refused'
		)
			return outcome;

		// 401 means that KPN did not take the messages: the one response after which the same call may
		// be made again at once, with a new token.
		try {
			if (this.token === usedToken) this.token = await this.refreshToken(usedToken);
		} catch (error) {
			return this.noTokenFailure(error);
		}
		const secondResponse = await this.post(messages);
		return 'outcome' in secondResponse ? secondResponse : this.outcomeOf(secondResponse, usedToken);
	}

	private outcomeOf(response: KpnResponse, usedToken: string): Outcome {
		return outcomeOfResponse(response, Date.now(), [usedToken, ...this.secrets]);
	}

	private noTokenFailure(error: unknown): Failure {
		// Canceling ends the wait for a token, which is no fault of KPN's.
		if (this.context.getExecutionCancelSignal()?.aborted) return CANCELED;
		return {
			...tokenFailure(error, this.secrets),
			...(error instanceof OldN8nError && { advice: 'Update n8n.', retryable: false }),
		};
	}

	/** What must not be quoted from a response. */
	private get secrets(): Secrets {
		const { clientSecret } = this.request.credential;
		const { proxy } = this.request.httpOptions;
		return [
			this.token,
			typeof clientSecret === 'string' ? clientSecret : undefined,
			proxy?.auth?.password,
		];
	}

	private async post(messages: Call): Promise<KpnResponse | Outcome> {
		const [{ item }] = messages;
		const { webhookUrl, expireIn, subAccount } = item.options.call;
		const body: KpnSendBody = {
			sender: item.sender,
			...(webhookUrl !== undefined && { webhook_url: webhookUrl }),
			...(expireIn !== undefined && { expirein: String(expireIn) }),
			messages: messages.map((message) => ({
				content: message.item.content,
				mobile_number: message.recipient,
			})),
		};
		const { httpOptions, timeoutMs } = this.request;
		// n8n aborts a request with this signal. In place of the cancel button's, it gets the time
		// limit's: canceling must not cut off a call whose messages KPN may be taking right now.
		const signal = AbortSignal.timeout(timeoutMs);
		const read = async (raw: Parameters<typeof readResponse>[0]) =>
			await readResponse(raw, httpOptions.baseURL ?? '', signal);
		try {
			const credential = this.credentialWith(this.token);
			const caller = Object.create(this.context, {
				getExecutionCancelSignal: { value: () => signal },
				getCredentials: { value: async () => credential },
			}) as IExecuteFunctions;
			const response = (await caller.helpers.httpRequestWithAuthentication.call(
				caller,
				CREDENTIAL_TYPE,
				{
					...httpOptions,
					headers: {
						...httpOptions.headers,
						...(subAccount !== undefined && { SubAccount: subAccount }),
					},
					body,
					// A stream, because reading it can be stopped.
					encoding: 'stream',
					timeout: timeoutMs,
					disableFollowRedirect: true,
					ignoreHttpStatusErrors: { ignore: true, except: THROWN_STATUSES },
					returnFullResponse: true,
				},
				// Any other type than Bearer would make n8n put the token into the address.
				{ oauth2: { tokenType: 'Bearer', skipTokenRefresh: true } },
			)) as IN8nHttpFullResponse;
			return await read(returnedResponse(response));
		} catch (error) {
			const proxied = httpOptions.proxy !== undefined;
			const answer = thrownResponse(error);
			if (!answer) {
				return connectionFailure(error, proxied, neverSent(error, httpOptions.baseURL ?? ''));
			}
			try {
				return await read(answer);
			} catch (readError) {
				return connectionFailure(readError, proxied);
			}
		}
	}

	/** The token in place of `usedToken`: one that another call or worker has stored, or a new one. */
	private async refreshToken(usedToken: string | undefined): Promise<string> {
		this.tokenRefresh ??= this.withTimeout(this.requestToken(usedToken)).finally(() => {
			this.tokenRefresh = undefined;
		});
		return await this.tokenRefresh;
	}

	/** Nothing has been sent while a token is waited for, so that can end at any time. */
	private async withTimeout<T>(promise: Promise<T>): Promise<T> {
		const cancel = this.context.getExecutionCancelSignal();
		const timeout = AbortSignal.timeout(this.request.timeoutMs);
		const abort = AbortSignal.any(cancel ? [cancel, timeout] : [timeout]);
		const aborted = new Promise<never>((_resolve, reject) => {
			const end = () =>
				reject(Object.assign(new Error('KPN gave no token in time'), { code: 'ETIMEDOUT' }));
			if (abort.aborted) end();
			abort.addEventListener('abort', end, { once: true });
		});
		// The one that settles last must not be an unhandled rejection.
		promise.catch(() => undefined);
		aborted.catch(() => undefined);
		return await Promise.race([promise, aborted]);
	}

	/**
	 * n8n renews a token under a lock that all workers share, and only if what is stored then is still
	 * the token that the credential had. So it is shown the credential as the failed call found it.
	 */
	private async requestToken(usedToken: string | undefined): Promise<string> {
		const { refreshOAuth2Token } = this.context.helpers;
		if (!refreshOAuth2Token) throw new OldN8nError('KPN SMS needs n8n 1.121 or newer');
		const credential = this.credentialWith(usedToken);
		const caller = Object.create(this.context, {
			getCredentials: { value: async () => credential },
		}) as KpnContext;
		const token = accessToken(
			await refreshOAuth2Token.call(caller as IExecuteFunctions, CREDENTIAL_TYPE),
		);
		if (token === undefined) throw new Error('KPN’s answer holds no access_token');
		return token;
	}

	private credentialWith(token: string | undefined): ICredentialDataDecryptedObject {
		const { credential } = this.request;
		const oauthTokenData = { ...(credential.oauthTokenData as object), access_token: token };
		return { ...credential, oauthTokenData };
	}
}

class OldN8nError extends Error {}

function accessToken(data: unknown): string | undefined {
	const token = (data as IDataObject | undefined)?.access_token;
	return typeof token === 'string' && token !== '' ? token : undefined;
}
