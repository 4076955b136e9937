import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Where everything started here listens: for this machine alone. */
export const HOST = '127.0.0.1';

/** Below those that a system hands out for outgoing connections: one of these stays free for a while. */
const [MIN_PORT, MAX_PORT] = [20_000, 30_000];

export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(MIN_PORT, MAX_PORT);
		try {
			return await listen(port);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
		}
	}
}

/** The port an environment variable names, or its default; rejects in plain words if it is taken. */
export async function portFor(variable: string, preset: number): Promise<number> {
	const written = process.env[variable] || String(preset);
	const port = Number(written);
	if (!/^\d+$/.test(written) || port < 1 || port > 65535) {
		throw new Error(`${variable} must be a port number, not "${written}".`);
	}
	try {
		return await listen(port);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
		throw new Error(`Port ${port} is taken. Choose another one with ${variable}=<port>.`);
	}
}

async function listen(port: number): Promise<number> {
	const server = createServer();
	try {
		server.listen(port, HOST);
		await once(server, 'listening');
		return (server.address() as AddressInfo).port;
	} finally {
		server.close();
	}
}
