import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// Time for clients in this process to see that a connection was closed before they reuse it.
const CLOSING_MS = 10;

/** A server's port, which can be closed and opened again. */
export class ListeningPort {
	private lastAddress: AddressInfo | undefined;
	private reopenTimer: NodeJS.Timeout | undefined;
	private isClosedForGood = false;

	constructor(private readonly server: Server) {}

	/** Where the server listens, or listened before the port was closed. */
	get address(): AddressInfo {
		this.lastAddress ??= listeningAddress(this.server);
		return this.lastAddress;
	}

	/** Refuses new connections and closes idle ones; calls in flight are still answered. */
	async close(): Promise<void> {
		clearTimeout(this.reopenTimer);
		if (!this.server.listening) return;
		this.lastAddress ??= listeningAddress(this.server);
		this.server.close();
		this.server.closeIdleConnections();
		await sleep(CLOSING_MS);
	}

	/** Closes it, and listens again after that time. */
	async closeFor(ms: number): Promise<void> {
		await this.close();
		clearTimeout(this.reopenTimer);
		if (this.isClosedForGood) return;
		this.reopenTimer = setTimeout(() => void this.reopen(), ms);
	}

	/** Listens on the same port. */
	async reopen(): Promise<void> {
		clearTimeout(this.reopenTimer);
		if (this.server.listening) return;
		this.server.listen(this.address.port, this.address.address);
		await once(this.server, 'listening');
	}

	/** Ends every connection at once, and never listens again. */
	closeForGood(): void {
		this.isClosedForGood = true;
		clearTimeout(this.reopenTimer);
		this.server.closeAllConnections();
	}
}

function listeningAddress(server: Server): AddressInfo {
	const address = server.address();
	if (address === null || typeof address === 'string') {
		throw new TypeError('The server does not listen on a port');
	}
	return address;
}
