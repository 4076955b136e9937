import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { CREDENTIAL_TYPE, type KpnSendBody } from '../../shared/kpn';
import type { Secrets } from '../../shared/kpnError';
import { outcomeOfTokenError } from '../../shared/tokenOutcome';
import type { Call } from './batch';
import type { Batching } from './batchingLimit';
import { CANCELED } from './deliver';
import {
	neverLeft,
	readAnswer,
	returnedAnswer,
	thrownAnswer,
	THROWN_STATUSES,
	type Answer,
} from './answer';
import { outcomeOfAnswer, outcomeOfError, type Outcome } from './outcome';

export type KpnContext = IExecuteFunctions | IExecuteSingleFunctions;

/**
 * Whether an AI Agent runs the node as a tool within the agent's own turn, as n8n does it for some
 * parents: then the execution's data are the agent's, and a call is one item.
 */
export const isWithinAgentsTurn = (context: KpnContext): boolean =>
	context.getExecuteData().node.name !== context.getNode().name;

/** How every call of a run is made. */
export interface RunRequest {
	/** From which only body and sub-account differ between calls. */
	options: IHttpRequestOptions;
	/** With its token, if n8n has stored one. n8n reads and decrypts it anew whenever it is asked. */
	credential: ICredentialDataDecryptedObject;
	/** Milliseconds for a whole call, however slowly an answer drips. */
	deadline: number;
	/** n8n's setting Batching, as the most that the user wants. */
	batching?: Batching;
}

/**
 * Calls KPN for one run of the node, through n8n's own HTTP and credential code. n8n stores the
 * token and locks its renewal across workers; which call needs a renewal is decided here, because
 * only here it is known which token that call was made with.
 */
export class KpnCalls {
	private token?: string;

	private renewal?: Promise<string>;

	constructor(
		private readonly context: KpnContext,
		private readonly request: RunRequest,
	) {
		this.token = accessToken(request.credential.oauthTokenData);
	}

	/** Makes one send call. Never throws: whatever goes wrong is an outcome. */
	async send(messages: Call): Promise<Outcome> {
		try {
			this.token ??= await this.renew(undefined);
		} catch (error) {
			return this.withoutToken(error);
		}
		const used = this.token;
		const first = await this.post(messages);
		if ('outcome' in first) return first;
		const outcome = this.outcomeOf(first, used);
		if (first.statusCode !== 401 || first.byProxy || outcome.outcome !== 'refused') return outcome;

		// 401 means that KPN did not take the messages: the one answer after which the same call may
		// be made again at once, with a new token.
		try {
			if (this.token === used) this.token = await this.renew(used);
		} catch (error) {
			return this.withoutToken(error);
		}
		const second = await this.post(messages);
		return 'outcome' in second ? second : this.outcomeOf(second, used);
	}

	private outcomeOf(answer: Answer, used: string): Outcome {
		return outcomeOfAnswer(answer, Date.now(), [used, ...this.secrets]);
	}

	private withoutToken(error: unknown): Failure {
		// Canceling ends the wait for a token, which is no fault of KPN's.
		if (this.context.getExecutionCancelSignal()?.aborted) return CANCELED;
		return {
			...outcomeOfTokenError(error, this.secrets),
			...(error instanceof OldN8nError && { advice: 'Update n8n.', retryable: false }),
		};
	}

	/** What no answer is to bring out. */
	private get secrets(): Secrets {
		const { clientSecret } = this.request.credential;
		const { proxy } = this.request.options;
		return [
			this.token,
			typeof clientSecret === 'string' ? clientSecret : undefined,
			proxy?.auth?.password,
		];
	}

	private async post(messages: Call): Promise<Answer | Outcome> {
		const [{ draft }] = messages;
		const { webhookUrl, expireIn, subAccount } = draft.options.call;
		const body: KpnSendBody = {
			sender: draft.sender,
			...(webhookUrl !== undefined && { webhook_url: webhookUrl }),
			...(expireIn !== undefined && { expirein: String(expireIn) }),
			messages: messages.map((message) => ({
				content: message.draft.content,
				mobile_number: message.recipient,
			})),
		};
		const { options, deadline } = this.request;
		// n8n aborts a request with this signal. In place of the cancel button's, it gets the
		// deadline's: canceling must not cut off a call whose messages KPN may be taking right now.
		const signal = AbortSignal.timeout(deadline);
		const read = async (raw: Parameters<typeof readAnswer>[0]) =>
			await readAnswer(raw, options.baseURL ?? '', signal);
		try {
			const credential = this.credentialWith(this.token);
			const caller = Object.create(this.context, {
				getExecutionCancelSignal: { value: () => signal },
				getCredentials: { value: async () => credential },
			}) as IExecuteFunctions;
			const answer = (await caller.helpers.httpRequestWithAuthentication.call(
				caller,
				CREDENTIAL_TYPE,
				{
					...options,
					headers: {
						...options.headers,
						...(subAccount !== undefined && { SubAccount: subAccount }),
					},
					body,
					// Only of a stream can no more be read than one wants to.
					encoding: 'stream',
					timeout: deadline,
					disableFollowRedirect: true,
					ignoreHttpStatusErrors: { ignore: true, except: THROWN_STATUSES },
					returnFullResponse: true,
				},
				// Any other type than Bearer would make n8n put the token into the address.
				{ oauth2: { tokenType: 'Bearer', skipTokenRefresh: true } },
			)) as IN8nHttpFullResponse;
			return await read(returnedAnswer(answer));
		} catch (error) {
			const proxied = options.proxy !== undefined;
			const answer = thrownAnswer(error);
			if (!answer) {
				return outcomeOfError(error, proxied, neverLeft(error, options.baseURL ?? ''));
			}
			try {
				return await read(answer);
			} catch (broken) {
				return outcomeOfError(broken, proxied);
			}
		}
	}

	/** The token in place of `used`: one that another call or worker has stored, or a new one. */
	private async renew(used: string | undefined): Promise<string> {
		this.renewal ??= this.inTime(this.newerToken(used)).finally(() => {
			this.renewal = undefined;
		});
		return await this.renewal;
	}

	/** Nothing has been sent while a token is waited for, so that can end at any time. */
	private async inTime<T>(promise: Promise<T>): Promise<T> {
		const cancel = this.context.getExecutionCancelSignal();
		const late = AbortSignal.timeout(this.request.deadline);
		const ending = AbortSignal.any(cancel ? [cancel, late] : [late]);
		const ended = new Promise<never>((_resolve, reject) => {
			const end = () =>
				reject(Object.assign(new Error('KPN gave no token in time'), { code: 'ETIMEDOUT' }));
			if (ending.aborted) end();
			ending.addEventListener('abort', end, { once: true });
		});
		// Whichever comes second has nobody to hear of it.
		promise.catch(() => undefined);
		ended.catch(() => undefined);
		return await Promise.race([promise, ended]);
	}

	/**
	 * n8n renews a token under a lock that all workers share, and only if what is stored then is still
	 * the token that the credential had. So it is shown the credential as the failed call found it.
	 */
	private async newerToken(used: string | undefined): Promise<string> {
		const { refreshOAuth2Token } = this.context.helpers;
		if (!refreshOAuth2Token) throw new OldN8nError('KPN SMS needs n8n 1.121 or newer');
		const credential = this.credentialWith(used);
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
