import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface SandboxProcess {
	url: string;
	stop(): void;
}

/** A sandbox in a process of its own, so that it is not part of what is measured here. */
export async function startSandboxProcess(): Promise<SandboxProcess> {
	const main = path.resolve(__dirname, '..', 'sandbox', 'main.ts');
	const child = spawn(process.execPath, ['--import', 'tsx', main], {
		env: { ...process.env, SANDBOX_PORT: '0' },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = once(child, 'exit').then(() => {
		throw new Error('The sandbox did not start');
	});
	const address = (async () => {
		for await (const line of createInterface({ input: child.stdout })) {
			const url = /Base URL\s+(\S+)/.exec(line)?.[1];
			if (url !== undefined) return url;
		}
		return await ended;
	})();
	const url = await Promise.race([address, ended]);
	ended.catch(() => undefined);
	return { url, stop: () => child.kill() };
}
