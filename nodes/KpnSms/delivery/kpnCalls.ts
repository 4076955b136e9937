import type {
	IDataObject,
	IExecuteFunctions,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import type { Failure } from '../../shared/failure';
import { CREDENTIAL_TYPE, type KpnSendBody } from '../../shared/kpn';
import { outcomeOfTokenError } from '../../shared/tokenOutcome';
import type { Call } from './batch';
import { outcomeOfAnswer, outcomeOfError, type Answer, type Outcome } from './outcome';

export type KpnContext = IExecuteFunctions | IExecuteSingleFunctions;

/**
 * Whether an AI Agent runs the node as a tool within the agent's own turn, as n8n does it for some
 * parents: then the execution's data are the agent's, and a call is one item.
 */
export const isWithinAgentsTurn = (context: KpnContext): boolean =>
	context.getExecuteData().node.name !== context.getNode().name;

/**
 * Calls KPN for one run of the node, through n8n's own HTTP and credential code. n8n stores the
 * token and locks its renewal across workers; which call needs a renewal is decided here, because
 * only here it is known which token that call was made with.
 */
export class KpnCalls {
	private token?: string;

	private renewal?: Promise<string>;

	/**
	 * @param request the declared request: address, headers, proxy, allowed domains
	 * @param deadline milliseconds for a whole call, however slowly an answer drips
	 */
	constructor(
		private readonly context: KpnContext,
		private readonly request: IHttpRequestOptions,
		private readonly deadline: number,
	) {}

	/** Makes one send call. Never throws: whatever goes wrong is an outcome. */
	async send(messages: Call): Promise<Outcome> {
		try {
			this.token ??= (await this.storedToken()) ?? (await this.renew(undefined));
		} catch (error) {
			return withoutToken(error);
		}
		const used = this.token;
		const first = await this.post(messages);
		if ('outcome' in first) return first;
		if (first.statusCode !== 401) return outcomeOfAnswer(first, Date.now());

		// 401 means that KPN did not take the messages: the one answer after which the same call may
		// be made again at once, with a new token.
		try {
			if (this.token === used) this.token = await this.renew(used);
		} catch (error) {
			return withoutToken(error);
		}
		const second = await this.post(messages);
		return 'outcome' in second ? second : outcomeOfAnswer(second, Date.now());
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
		try {
			// n8n aborts a request with this signal. In place of the cancel button's, it gets the
			// deadline's: canceling must not cut off a call whose messages KPN may be taking right now.
			const signal = AbortSignal.timeout(this.deadline);
			const caller = Object.create(this.context, {
				getExecutionCancelSignal: { value: () => signal },
			}) as IExecuteFunctions;
			const answer = (await caller.helpers.httpRequestWithAuthentication.call(
				caller,
				CREDENTIAL_TYPE,
				{
					...this.request,
					headers: {
						...this.request.headers,
						...(subAccount !== undefined && { SubAccount: subAccount }),
					},
					body,
					encoding: 'text',
					timeout: this.deadline,
					disableFollowRedirect: true,
					ignoreHttpStatusErrors: true,
					returnFullResponse: true,
				},
				// Any other type than Bearer would make n8n put the token into the address.
				{ oauth2: { tokenType: 'Bearer' } },
			)) as IN8nHttpFullResponse;
			const text = typeof answer.body === 'string' ? answer.body : '';
			return { statusCode: answer.statusCode, headers: answer.headers, body: text };
		} catch (error) {
			return outcomeOfError(error);
		}
	}

	private async storedToken(): Promise<string | undefined> {
		const { oauthTokenData } = await this.context.getCredentials(CREDENTIAL_TYPE);
		return accessToken(oauthTokenData);
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
		const late = AbortSignal.timeout(this.deadline);
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
		const credential = await this.context.getCredentials(CREDENTIAL_TYPE);
		const oauthTokenData = { ...(credential.oauthTokenData as object), access_token: used };
		const caller = Object.create(this.context, {
			getCredentials: { value: async () => ({ ...credential, oauthTokenData }) },
		}) as KpnContext;
		const token = accessToken(
			await refreshOAuth2Token.call(caller as IExecuteFunctions, CREDENTIAL_TYPE),
		);
		if (token === undefined) throw new Error('KPN’s answer holds no access_token');
		return token;
	}
}

class OldN8nError extends Error {}

const withoutToken = (error: unknown): Failure => ({
	...outcomeOfTokenError(error),
	...(error instanceof OldN8nError && { advice: 'Update n8n.', retryable: false }),
});

function accessToken(data: unknown): string | undefined {
	const token = (data as IDataObject | undefined)?.access_token;
	return typeof token === 'string' && token !== '' ? token : undefined;
}
