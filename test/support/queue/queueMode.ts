import { n8nVersion } from '../../../dev/n8n/cache';
import { installN8n } from '../../../dev/n8n/install';
import { freePort } from '../../../dev/n8n/ports';
import { startN8n, type RunningN8n } from '../../../dev/n8n/run';
import type { Service } from './services';

/** What all parts of one n8n in queue mode share. */
export interface QueueMode {
	folder: string;
	postgres: Service;
	redis: Service;
	env?: Record<string, string>;
}

export async function startPart(
	{ folder, postgres, redis, env }: QueueMode,
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
