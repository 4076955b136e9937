import { startSandbox } from './index';

const DEFAULT_PORT = 4040;

async function main(): Promise<void> {
	const written = process.env.SANDBOX_PORT ?? String(DEFAULT_PORT);
	const port = Number(written);
	if (!/^\d+$/.test(written) || port > 65535) {
		throw new Error(`SANDBOX_PORT must be a port number, not "${written}"`);
	}
	const sandbox = await startSandbox({ port }).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'EADDRINUSE') throw error;
		throw new Error(
			`Port ${port} is taken, perhaps by another sandbox. Stop that one or set SANDBOX_PORT.`,
		);
	});
	console.log(
		[
			'A stand-in for KPN is listening. Nothing reaches a real phone.',
			'',
			`  Base URL         ${sandbox.url}`,
			`  Client ID        ${sandbox.clientId}`,
			`  Client Secret    ${sandbox.clientSecret}`,
			`  Phones           ${sandbox.url}/`,
		].join('\n'),
	);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void sandbox.close());
	}
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
