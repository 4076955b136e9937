import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { jsonResponse, errorResponse } from './responses';
import type { HttpResponse } from './responses';
import type { TokenCall } from './types';

const FORM = /^application\/x-www-form-urlencoded\b/i;

const querySchema = z.object({ grant_type: z.literal('client_credentials') });

/** The tokens issued, and what KPN's token URL answers. */
export class Tokens {
	private readonly validUntil = new Map<string, number>();

	private readonly formSchema: z.ZodType;

	constructor(
		private readonly clientId: string,
		clientSecret: string,
		private readonly lifetimeSeconds: number,
	) {
		this.formSchema = z.object({
			client_id: z.literal(clientId),
			client_secret: z.literal(clientSecret),
		});
	}

	/** KPN's response to a call of the token URL: a token only if nothing is wrong with the call. */
	answer({ method, query, form, headers }: Omit<TokenCall, 'status'>): HttpResponse {
		if (method !== 'POST') return errorResponse(405, 'Method not allowed', { allow: 'POST' });
		if (!FORM.test(headers['content-type'] ?? '')) {
			return errorResponse(400, 'The content type must be application/x-www-form-urlencoded');
		}
		if (!querySchema.safeParse(query).success) {
			return jsonResponse(400, {
				ErrorCode: 'invalid_request',
				Error: 'The query must have grant_type=client_credentials',
			});
		}
		if (!this.formSchema.safeParse(form).success) {
			return jsonResponse(401, { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' });
		}
		return this.issue();
	}

	/** A new token in KPN's words; every value is a string there. */
	issue(): HttpResponse {
		const issuedAt = Date.now();
		const token = randomBytes(14).toString('hex');
		this.validUntil.set(token, issuedAt + this.lifetimeSeconds * 1000);
		return jsonResponse(200, {
			refresh_token_expires_in: '0',
			api_product_list: '[SMS - KPN]',
			api_product_list_json: ['SMS - KPN'],
			organization_name: 'kpn',
			'developer.email': 'developer@example.com',
			token_type: 'Bearer',
			issued_at: String(issuedAt),
			client_id: this.clientId,
			access_token: token,
			application_name: '00000000-0000-4000-8000-000000000000',
			scope: '',
			expires_in: String(this.lifetimeSeconds),
			refresh_count: '0',
			status: 'approved',
		});
	}

	/** Whether an authorization header holds a token that is valid now. */
	accepts(authorization: string | undefined): boolean {
		const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
		return Date.now() < (this.validUntil.get(token) ?? 0);
	}

	/** Makes every token issued so far invalid. */
	expireAll(): void {
		this.validUntil.clear();
	}
}
