/**
 * `npm start`: the real n8n with this package installed, beside a sandbox that plays KPN. Everything
 * stays on this machine, and ends with Ctrl-C.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startSandbox } from '../sandbox';
import { cacheFolder, n8nVersion } from './n8n/cache';
import { installThisPackage } from './n8n/community-package';
import { installN8n } from './n8n/install';
import { HOST, portFor } from './n8n/ports';
import { N8nRest, OWNER } from './n8n/rest';
import { startN8n } from './n8n/run';
import { prepareWorkspace } from './workspace';

const say = (words: string) => console.log(words);

async function main(signal: AbortSignal): Promise<void> {
	const stops: Array<() => Promise<void>> = [];
	try {
		const version = n8nVersion();
		const userFolder = join(cacheFolder(), `start-${version}`);
		const [port, sandboxPort] = await Promise.all([
			portFor('N8N_PORT', 5678),
			portFor('KPN_SANDBOX_PORT', 4040),
		]);
		const installation = await installN8n({ version, say, signal });

		say('Building the package and installing it into n8n …');
		await mkdir(userFolder, { recursive: true });
		await installThisPackage(userFolder, signal);

		say(`Starting n8n ${version} …`);
		const sandbox = await startSandbox({ port: sandboxPort, host: HOST });
		stops.push(() => sandbox.close());
		const n8n = await startN8n({ installation, userFolder, port, signal });
		stops.push(n8n.stop);

		const rest = new N8nRest(n8n.url, signal);
		await rest.logIn().catch((cause: unknown) => {
			signal.throwIfAborted();
			throw new Error(
				`${OWNER.email} can't log in; was the password changed? To begin anew, delete ${userFolder}`,
				{ cause },
			);
		});
		const form = await prepareWorkspace(rest, sandbox, userFolder, signal);

		say(`n8n's editor   ${n8n.url}  (log in: ${OWNER.email}, password ${OWNER.password})`);
		say(`The phones     ${sandbox.url}/`);
		say(`A form to try  ${form}`);

		await Promise.race([n8n.ended, aborted(signal)]);
		if (!signal.aborted) throw new Error(`n8n ended by itself. Its log: ${n8n.logFile}`);
	} finally {
		for (const stop of stops.reverse()) await stop();
	}
}

const aborted = async (signal: AbortSignal) =>
	await new Promise<void>((resolve) => {
		if (signal.aborted) resolve();
		signal.addEventListener('abort', () => resolve(), { once: true });
	});

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	// Not `once`: npm passes on a signal that the terminal has sent here already.
	process.on(name, () => stopping.abort());
}
main(stopping.signal)
	.catch((error: unknown) => {
		if (stopping.signal.aborted) return;
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	})
	.finally(() => process.exit());
