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

	/** The names of all types of nodes and credentials that n8n has loaded. */
	async typeNames(): Promise<Set<string>> {
		const names = new Set<string>();
		for (const kind of ['nodes', 'credentials']) {
			const response = await fetch(`${this.url}/types/${kind}.json`, {
				headers: { cookie: this.cookie },
				signal: this.signal,
			});
			for (const { name } of (await response.json()) as Array<{ name: string }>) names.add(name);
		}
		return names;
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

/** An activated workflow's URL answers a moment after the activation does. */
export async function untilFound(url: string, signal?: AbortSignal, method = 'GET'): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		const { status } = await fetch(url, { method, signal });
		if (status !== 404) return;
		if (attempt === 60) throw new Error(`${url} is still not found`);
		await delay(500, undefined, { signal });
	}
}
