import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface GroupOptions {
	env: NodeJS.ProcessEnv;
	/** Everything the command prints is appended here. */
	logFile: string;
	cwd?: string;
}

/** Those that have been started and not ended here. */
const running = new Set<ChildProcess>();

// However this process ends in order, nothing of it stays behind.
process.once('exit', () => {
	for (const { pid } of running) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
});

/**
 * Starts a command as the leader of a process group of its own: Ctrl-C in the terminal does not
 * reach it, so that processes are ended here alone, in a given order.
 */
export async function startGroup(
	command: string,
	args: string[],
	{ env, logFile, cwd }: GroupOptions,
): Promise<ChildProcess> {
	const log = await open(logFile, 'a');
	try {
		const child = spawn(command, args, {
			cwd,
			env,
			detached: true,
			stdio: ['ignore', log.fd, log.fd],
		});
		await once(child, 'spawn');
		running.add(child);
		return child;
	} finally {
		await log.close();
	}
}

/** So long a process that is asked to end may take for it. */
export const GRACE_MS = 15_000;

/** Asks the leader to end, then kills what is left of its group. */
export async function endGroup(child: ChildProcess, graceMs = GRACE_MS): Promise<void> {
	if (child.pid === undefined) return;
	if (!hasEnded(child)) {
		const exit = once(child, 'exit');
		child.kill('SIGTERM');
		await Promise.race([exit, delay(graceMs, undefined, { ref: false })]);
	}
	await killGroup(child);
}

/** Kills a whole group. */
export async function killGroup(child: ChildProcess): Promise<void> {
	if (child.pid === undefined) return;
	signalGroup(child.pid, 'SIGKILL');
	if (!hasEnded(child)) await once(child, 'exit');
	running.delete(child);
}

/** Runs a command to its end. Rejects if it fails, or once `signal` aborts, with nothing left of it. */
export async function run(
	command: string,
	args: string[],
	{ signal, ...options }: GroupOptions & { signal?: AbortSignal },
): Promise<void> {
	signal?.throwIfAborted();
	const child = await startGroup(command, args, options);
	const end = () => void endGroup(child, 2000);
	signal?.addEventListener('abort', end, { once: true });
	try {
		if (!hasEnded(child)) await once(child, 'exit');
		signal?.throwIfAborted();
		if (child.exitCode !== 0) {
			throw new Error(`"${command} ${args.join(' ')}" failed. What it said: ${options.logFile}`);
		}
	} finally {
		signal?.removeEventListener('abort', end);
		if (hasEnded(child)) running.delete(child);
	}
}

export const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
	exitCode !== null || signalCode !== null;

function signalGroup(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-pid, signal);
	} catch {
		// The group has ended already.
	}
}
