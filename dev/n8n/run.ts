import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { endGroup, hasEnded, killGroup, startGroup } from '../processGroup';
import type { N8nInstallation } from './install';
import { freePort, HOST } from './ports';

export interface RunningN8n {
	url: string;
	pid: number;
	logFile: string;
	/** Settles when n8n has ended, for whatever reason: `killed` if in the middle of what it was doing. */
	ended: Promise<{ killed: boolean }>;
	/** Ends n8n and its task runner. */
	stop: () => Promise<void>;
	/** Ends them at once, as a crash of the machine would. */
	kill: () => Promise<void>;
}

export interface RunOptions {
	installation: N8nInstallation;
	/** Holds everything this n8n keeps: its database, its key, its community packages, its log. */
	userFolder: string;
	port: number;
	/** What this process of n8n does: all of it, or one part of queue mode. */
	command?: 'start' | 'worker' | 'webhook';
	/** Settings of n8n beyond those that each process here has. */
	env?: Record<string, string>;
	signal?: AbortSignal;
}

const READY_WITHIN_MS = 180_000;

/** What calls home, asks the user something or needs https. */
const QUIET = [
	'N8N_DIAGNOSTICS_ENABLED',
	'N8N_VERSION_NOTIFICATIONS_ENABLED',
	'N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED',
	'N8N_TEMPLATES_ENABLED',
	'N8N_PERSONALIZATION_ENABLED',
	'N8N_HIRING_BANNER_ENABLED',
	'N8N_DYNAMIC_BANNERS_ENABLED',
	'N8N_VERIFIED_PACKAGES_ENABLED',
	'N8N_LICENSE_AUTO_RENEW_ENABLED',
	'N8N_SECURE_COOKIE',
];

/** Starts n8n and resolves once it answers. */
export async function startN8n(options: RunOptions): Promise<RunningN8n> {
	const { installation, userFolder, port, command = 'start', env, signal } = options;
	signal?.throwIfAborted();
	await mkdir(userFolder, { recursive: true });
	const logFile = join(userFolder, command === 'start' ? 'n8n.log' : `n8n-${command}-${port}.log`);
	await rm(logFile, { force: true });
	const url = `http://${HOST}:${port}`;
	const child = await startGroup(installation.node, [installation.script, command], {
		cwd: userFolder,
		logFile,
		env: {
			...inherited(),
			...Object.fromEntries(QUIET.map((name) => [name, 'false'])),
			// n8n starts its task runner with the `node` it finds.
			PATH: [dirname(installation.node), process.env.PATH].join(delimiter),
			N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
			GENERIC_TIMEZONE: Intl.DateTimeFormat().resolvedOptions().timeZone,
			N8N_USER_FOLDER: userFolder,
			N8N_LISTEN_ADDRESS: HOST,
			N8N_HOST: HOST,
			N8N_PORT: String(port),
			N8N_RUNNERS_BROKER_PORT: process.env.N8N_RUNNERS_BROKER_PORT || String(await freePort()),
			...env,
		},
	});
	const exit = hasEnded(child) ? Promise.resolve() : once(child, 'exit');
	const ended = exit.then(() => ({ killed: child.signalCode === 'SIGKILL' }));
	const stop = async () => await endGroup(child);
	const kill = async () => await killGroup(child);
	try {
		const deadline = Date.now() + READY_WITHIN_MS;
		// The parts of queue mode have no settings to give, only their health.
		const ready = command === 'start' ? `${url}/rest/settings` : `${url}/healthz`;
		while (!(await answers(ready))) {
			if (hasEnded(child)) throw new Error('n8n ended while it was starting');
			if (Date.now() > deadline) throw new Error('n8n did not get ready');
			await delay(250, undefined, { signal });
		}
	} catch (cause) {
		await stop();
		signal?.throwIfAborted();
		const log = await readFile(logFile, 'utf8');
		const lastLines = log.trimEnd().split('\n').slice(-15).join('\n');
		throw new Error(`${(cause as Error).message}.\n${lastLines}\nIts log: ${logFile}`, { cause });
	}
	return { url, pid: child.pid ?? NaN, logFile, ended, stop, kill };
}

/** The user's environment without what would make this n8n another one than theirs. */
function inherited(): NodeJS.ProcessEnv {
	const foreign =
		/^(N8N|DB|QUEUE|EXECUTIONS|NODES|CREDENTIALS|WEBHOOK|JEST|npm)_|^NODE_(ENV|OPTIONS|PATH)$/;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** While it starts, n8n answers with a page; only the ready one knows its settings. */
async function answers(url: string): Promise<boolean> {
	try {
		const response = await fetch(url);
		const type = response.headers.get('content-type') ?? '';
		await response.body?.cancel();
		return response.ok && type.includes('json');
	} catch {
		return false;
	}
}
