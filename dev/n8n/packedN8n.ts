import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { n8nVersion } from './cache';
import { installThisPackage } from './communityPackage';
import { installN8n, type N8nInstallation } from './install';
import { buildOwnNodes } from './ownNodes';
import { freePort } from './ports';
import { N8nRest } from './rest';
import { startN8n, type RunningN8n } from './run';

export interface PackedN8nOptions {
	version?: string;
	/** A folder of nodes that only measure or check: n8n has them as `CUSTOM.…`. */
	ownNodes?: string;
	/** Settings of n8n. */
	env?: Record<string, string>;
	signal?: AbortSignal;
}

/** The real n8n with this package as npm would publish it, in a folder of its own. */
export class PackedN8n {
	readonly rest: N8nRest;

	private constructor(
		readonly installation: N8nInstallation,
		/** Holds all that this n8n keeps. Where a start fails it stays, for its log. */
		readonly userFolder: string,
		private readonly env: Record<string, string>,
		private running: RunningN8n,
		signal?: AbortSignal,
	) {
		this.rest = new N8nRest(running.url, signal);
	}

	/** Installs n8n if it is not there, starts it, and logs the owner in. */
	static async start(options: PackedN8nOptions = {}): Promise<PackedN8n> {
		const { version = n8nVersion(), ownNodes, signal } = options;
		const onStep = (words: string) => void process.stderr.write(`${words}\n`);
		const installation = await installN8n({ version, onStep, signal });
		const userFolder = await mkdtemp(join(tmpdir(), 'kpn-sms-n8n-'));
		await installThisPackage(userFolder, signal);
		const nodes = join(userFolder, 'own-nodes');
		const env = {
			...(ownNodes && (await buildOwnNodes(ownNodes, nodes, installation))),
			...options.env,
		};
		const port = await freePort();
		const running = await startN8n({ installation, userFolder, port, env, signal });
		const n8n = new PackedN8n(installation, userFolder, env, running, signal);
		await n8n.rest.logIn();
		return n8n;
	}

	get url(): string {
		return this.running.url;
	}

	get pid(): number {
		return this.running.pid;
	}

	get logFile(): string {
		return this.running.logFile;
	}

	/** Ends it, and starts it at the same address with all that it has stored; its log begins anew. */
	async restart(end: 'stop' | 'kill' = 'stop', env: Record<string, string> = {}): Promise<void> {
		const { installation, userFolder } = this;
		await this.running[end]();
		this.running = await startN8n({
			installation,
			userFolder,
			port: Number(new URL(this.url).port),
			env: { ...this.env, ...env },
		});
		await this.rest.logIn();
	}

	/** Ends it, and keeps its folder. */
	async stop(): Promise<void> {
		await this.running.stop();
	}

	/** Ends it, and deletes its folder. */
	async remove(): Promise<void> {
		await this.stop();
		await rm(this.userFolder, { recursive: true, force: true });
	}
}
