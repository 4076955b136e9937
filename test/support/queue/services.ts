import { execFile, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { freePort, HOST } from '../../../dev/n8n/ports';
import { endGroup, startGroup } from '../../../dev/processGroup';
import { waitUntil } from '../waitUntil';

/** A server on loopback, in a folder of its own. */
export interface Service {
	port: number;
	stop: () => Promise<void>;
	/** Ends it, and some milliseconds later starts it again with all that it holds. */
	restart: (awayMs: number) => Promise<void>;
}

const execute = promisify(execFile);

/** A new PostgreSQL with one database, `n8n`. It refuses to run as root, who lends it to `postgres`. */
export async function startPostgres(folder: string): Promise<Service> {
	const bin = postgresBin();
	const data = path.join(folder, 'postgres');
	await mkdir(data, { recursive: true, mode: 0o700 });
	const asRoot = process.getuid?.() === 0;
	if (asRoot) {
		const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
		await chown(data, id('-u'), id('-g'));
	}
	const command = (name: string, args: string[]): [string, string[]] =>
		asRoot
			? ['runuser', ['-u', 'postgres', '--', path.join(bin, name), ...args]]
			: [path.join(bin, name), args];

	await execute(...command('initdb', ['-D', data, '-U', 'n8n', '--auth=trust', '-E', 'UTF8']));
	const port = await freePort();
	const settings = { port, listen_addresses: HOST, unix_socket_directories: data, fsync: 'off' };
	const args = ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
	const logFile = path.join(folder, 'postgres.log');
	const start = async () =>
		await startGroup(...command('postgres', args), { env: process.env, logFile });
	// Without “fast” it waits until all who use it have gone.
	const end = async () => {
		await execute(...command('pg_ctl', ['stop', '-m', 'fast', '-D', data]));
	};
	const service = await serviceOn(port, start, end);
	await execute(path.join(bin, 'createdb'), ['-h', HOST, '-p', String(port), '-U', 'n8n', 'n8n']);
	return service;
}

/** A Redis that keeps what it holds over a restart. */
export async function startRedis(folder: string): Promise<Service> {
	const port = await freePort();
	const data = path.join(folder, 'redis');
	await mkdir(data, { recursive: true });
	const logFile = path.join(folder, 'redis.log');
	const args = ['--port', String(port), '--bind', HOST, '--dir', data, '--appendonly', 'yes'];
	return await serviceOn(
		port,
		async () => await startGroup('redis-server', args, { env: process.env, logFile }),
	);
}

/** @param end what it takes beyond a signal to end it */
async function serviceOn(
	port: number,
	start: () => Promise<ChildProcess>,
	end: () => Promise<void> = async () => {},
): Promise<Service> {
	let child = await start();
	await untilOpen(port);
	const stop = async () => {
		// If it fails, there is still the signal.
		await end().catch(() => {});
		await endGroup(child);
	};
	return {
		port,
		stop,
		restart: async (awayMs) => {
			await stop();
			await delay(awayMs);
			child = await start();
			await untilOpen(port);
		},
	};
}

function postgresBin(): string {
	const versions = '/usr/lib/postgresql';
	const newest = existsSync(versions) ? readdirSync(versions).sort().at(-1) : undefined;
	if (newest === undefined) {
		throw new Error('There is no PostgreSQL: apt-get install postgresql redis-server');
	}
	return path.join(versions, newest, 'bin');
}

async function untilOpen(port: number): Promise<void> {
	await waitUntil(async () => {
		const socket = connect(port, HOST);
		const opened = await once(socket, 'connect').then(
			() => true,
			() => false,
		);
		socket.destroy();
		return opened;
	});
	await delay(300);
}
