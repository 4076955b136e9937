import { setTimeout as delay } from 'node:timers/promises';

/** The local owner of an n8n started here. It listens on this machine only: no secret. */
export const OWNER = {
	email: 'owner@example.com',
	password: 'Demo-owner-1',
	firstName: 'Demo',
	lastName: 'Owner',
};

/** n8n's own REST API, as its editor uses it. */
export class N8nRest {
	private cookie = '';

	constructor(
		readonly url: string,
		private readonly signal?: AbortSignal,
	) {}

	/** Logs the owner in, and makes that owner first where n8n is new. */
	async logIn(): Promise<void> {
		const { userManagement } = await this.get<Settings>('/settings');
		if (userManagement.showSetupOnFirstLoad) {
			await this.post('/owner/setup', OWNER);
			return;
		}
		await this.post('/login', { emailOrLdapLoginId: OWNER.email, password: OWNER.password });
	}

	async get<T>(path: string): Promise<T> {
		return await this.call<T>('GET', path);
	}

	async post<T>(path: string, body: unknown): Promise<T> {
		return await this.call<T>('POST', path, body);
	}

	async patch<T>(path: string, body: unknown): Promise<T> {
		return await this.call<T>('PATCH', path, body);
	}

	async delete<T>(path: string): Promise<T> {
		return await this.call<T>('DELETE', path);
	}

	/** Newest first, at most 100. */
	async executionsOf(workflowId: string): Promise<Array<{ id: string; status: string }>> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId }));
		type Found = { results: Array<{ id: string; status: string }> };
		return (await this.get<Found>(`/executions?filter=${filter}&limit=100`)).results;
	}

	/** The types that n8n has loaded, as its editor gets them. */
	async types<T extends { name: string }>(kind: 'nodes' | 'credentials'): Promise<T[]> {
		const headers = { cookie: this.cookie };
		const answer = await fetch(`${this.url}/types/${kind}.json`, { headers, signal: this.signal });
		return (await answer.json()) as T[];
	}

	private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
		const response = await fetch(`${this.url}/rest${path}`, {
			method,
			headers: { 'content-type': 'application/json', cookie: this.cookie },
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: this.signal,
		});
		const text = await response.text();
		if (!response.ok) throw new N8nError(`${method} /rest${path}`, response.status, text);
		const login = response.headers.getSetCookie().find((cookie) => cookie.startsWith('n8n-auth='));
		if (login) this.cookie = login.split(';', 1)[0] ?? '';
		return (JSON.parse(text) as { data: T }).data;
	}
}

interface Settings {
	userManagement: { showSetupOnFirstLoad: boolean };
}

export class N8nError extends Error {
	constructor(
		call: string,
		readonly status: number,
		answer: string,
	) {
		super(`n8n answered ${status} to ${call}: ${answer.slice(0, 500)}`);
	}
}

/**
 * Fetches the URL of an activated workflow, which answers a moment after the activation does: until
 * it is found, within half a minute.
 */
export async function fetchOnceFound(url: string, init: RequestInit = {}): Promise<Response> {
	for (let attempt = 1; ; attempt++) {
		const response = await fetch(url, init);
		if (response.status !== 404 || attempt === 120) return response;
		await response.body?.cancel();
		await delay(250, undefined, { signal: init.signal ?? undefined });
	}
}

/** Posts JSON to a workflow's webhook. */
export async function postJson(url: string, body: unknown, init: RequestInit = {}) {
	return await fetchOnceFound(url, {
		...init,
		method: 'POST',
		headers: { 'content-type': 'application/json', ...init.headers },
		body: JSON.stringify(body),
	});
}

/** @throws Error if it is not found within half a minute */
export async function untilFound(url: string, init?: RequestInit): Promise<void> {
	const { status, body } = await fetchOnceFound(url, init);
	await body?.cancel();
	if (status === 404) throw new Error(`${url} is still not found`);
}
