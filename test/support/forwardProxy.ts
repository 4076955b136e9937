import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy on this machine. */
export interface ForwardProxy {
	/** `http://127.0.0.1:…` */
	url: string;
	/** The addresses that somebody asked for a way to, with the name and password given. */
	asked: Array<{ address: string; authorization?: string }>;
	close(): Promise<void>;
}

/**
 * What it does when it is asked for a way (CONNECT): open it, hang up, refuse with an answer, or say
 * something and go on listening.
 */
export type ProxyBehavior =
	'open' | 'hangUp' | { status: number; body?: string; headers?: string } | { says: string };

/** Starts a proxy that answers each CONNECT in the same way, and each other call with 407. */
export async function startForwardProxy(way: ProxyBehavior): Promise<ForwardProxy> {
	const asked: ForwardProxy['asked'] = [];
	const sockets = new Set<Socket>();
	const server: Server = createServer((request, response) => {
		asked.push({ address: request.url ?? '', authorization: nameAndPassword(request.headers) });
		response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' });
		response.end('Who are you?');
	});
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
	});
	server.on('connect', (request, socket: Socket) => {
		const address = request.url ?? '';
		asked.push({ address, authorization: nameAndPassword(request.headers) });
		if (way === 'hangUp') {
			socket.end();
		} else if (typeof way === 'object' && 'says' in way) {
			socket.write(way.says);
		} else if (way === 'open') {
			const [host = '', port] = address.split(':');
			const onward = connect(Number(port), host, () => {
				socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
				onward.pipe(socket).pipe(onward);
			});
			sockets.add(onward);
			onward.on('error', () => socket.destroy());
		} else {
			const { status, body = 'No way', headers = '' } = way;
			socket.end(
				`HTTP/1.1 ${status} Refused\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
			);
		}
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		asked,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function nameAndPassword(headers: NodeJS.Dict<string | string[]>): string | undefined {
	const [, encoded] = String(headers['proxy-authorization'] ?? '').split('Basic ');
	return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}
