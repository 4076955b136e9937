import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { n8nVersion } from '../../../dev/n8n/cache';
import { installThisPackage } from '../../../dev/n8n/communityPackage';
import { installN8n } from '../../../dev/n8n/install';
import { freePort } from '../../../dev/n8n/ports';
import { N8nRest } from '../../../dev/n8n/rest';
import { startN8n, type RunningN8n } from '../../../dev/n8n/run';
import { startPostgres, startRedis, type Service } from './services';

interface Wanted {
	workers: number;
	/** Whether a process of its own takes webhooks. */
	webhooks?: boolean;
	/** Settings of n8n for all of its processes. */
	env?: Record<string, string>;
}

/** What all processes of an n8n have in common. */
interface Shared {
	folder: string;
	postgres: Service;
	redis: Service;
	env: Record<string, string>;
}

/** n8n in queue mode, with the packed node: PostgreSQL, Redis, a main process, workers. */
export class QueueMode {
	readonly rest: N8nRest;

	readonly workers: RunningN8n[] = [];

	private logs = 0;

	private constructor(
		private readonly shared: Shared,
		public main: RunningN8n,
		public webhooks?: RunningN8n,
	) {
		this.rest = new N8nRest(main.url);
	}

	static async start({ workers, webhooks, env = {} }: Wanted): Promise<QueueMode> {
		const folder = await mkdtemp(path.join(tmpdir(), 'kpn-sms-queue-'));
		// PostgreSQL may be another user.
		await chmod(folder, 0o755);
		const ends = [async () => await rm(folder, { recursive: true, force: true })];
		try {
			const postgres = await startPostgres(folder);
			ends.unshift(postgres.stop);
			const redis = await startRedis(folder);
			ends.unshift(redis.stop);
			await installThisPackage(folder);
			const port = webhooks ? await freePort() : undefined;
			const shared: Shared = {
				...{ folder, postgres, redis },
				env: { ...(port && { WEBHOOK_URL: `http://127.0.0.1:${port}/` }), ...env },
			};
			const main = await startPart(shared, 'start');
			ends.unshift(main.stop);
			const n8n = new QueueMode(shared, main);
			ends.splice(0, ends.length, async () => await n8n.stop());
			if (port) n8n.webhooks = await startPart(shared, 'webhook', port);
			await Promise.all(Array.from({ length: workers }, async () => await n8n.addWorker()));
			await n8n.rest.logIn();
			return n8n;
		} catch (error) {
			for (const end of ends) await end();
			throw error;
		}
	}

	get folder(): string {
		return this.shared.folder;
	}

	get postgres(): Service {
		return this.shared.postgres;
	}

	get redis(): Service {
		return this.shared.redis;
	}

	async addWorker(): Promise<void> {
		this.workers.push(await startPart(this.shared, 'worker'));
	}

	/** Ends a worker at once, the oldest unless said otherwise. */
	async killWorker(index = 0): Promise<void> {
		const [worker] = this.workers.splice(index, 1);
		await worker?.kill();
	}

	/** @param end how the one that runs is ended */
	async restartMain(end: 'stop' | 'kill' = 'stop'): Promise<void> {
		await this.main[end]();
		// A new process begins its log anew.
		await rename(this.main.logFile, path.join(this.folder, `n8n-before-${++this.logs}.log`));
		this.main = await startPart(this.shared, 'start', portOf(this.main));
	}

	async restartAll(): Promise<void> {
		const { webhooks } = this;
		const workers = this.workers.splice(0);
		await Promise.all([webhooks, ...workers].map(async (part) => await part?.stop()));
		await this.restartMain();
		if (webhooks) this.webhooks = await startPart(this.shared, 'webhook', portOf(webhooks));
		await Promise.all(workers.map(async () => await this.addWorker()));
	}

	/** Ends all of it at once: nothing is kept. */
	async stop(): Promise<void> {
		const parts = [this.main, this.webhooks, ...this.workers];
		await Promise.all(parts.map(async (part) => await part?.kill()));
		await Promise.all([this.postgres.stop(), this.redis.stop()]);
		await rm(this.folder, { recursive: true, force: true });
	}
}

const portOf = ({ url }: RunningN8n): number => Number(new URL(url).port);

async function startPart(
	{ folder, postgres, redis, env }: Shared,
	command: 'start' | 'worker' | 'webhook',
	samePort?: number,
): Promise<RunningN8n> {
	const port = samePort ?? (await freePort());
	return await startN8n({
		installation: await installN8n({ version: n8nVersion() }),
		userFolder: folder,
		port,
		command,
		env: {
			N8N_ENCRYPTION_KEY: 'one key for all parts of queue mode',
			EXECUTIONS_MODE: 'queue',
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_DATABASE: 'n8n',
			DB_POSTGRESDB_USER: 'n8n',
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(port),
			// A job whose worker was killed is found after two of these.
			QUEUE_WORKER_STALLED_INTERVAL: '5000',
			QUEUE_WORKER_LOCK_DURATION: '10000',
			QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
			...env,
		},
	});
}
