import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// Time for clients in this process to see that a connection was closed before they reuse it.
const CLOSING_MS = 10;

/** A server's port: open, shut, and open again. */
export class Door {
	private known: AddressInfo | undefined;
	private reopening: NodeJS.Timeout | undefined;
	private slammed = false;

	constructor(private readonly server: Server) {}

	/** Where the server listens, or listened before the door was shut. */
	get address(): AddressInfo {
		this.known ??= listeningAddress(this.server);
		return this.known;
	}

	/** Refuses new connections and closes idle ones; calls in flight are still answered. */
	async shut(): Promise<void> {
		clearTimeout(this.reopening);
		if (!this.server.listening) return;
		this.known ??= listeningAddress(this.server);
		this.server.close();
		this.server.closeIdleConnections();
		await sleep(CLOSING_MS);
	}

	/** Shuts, and listens again after that time. */
	async shutFor(ms: number): Promise<void> {
		await this.shut();
		clearTimeout(this.reopening);
		if (this.slammed) return;
		this.reopening = setTimeout(() => void this.listenAgain(), ms);
	}

	/** Listens on the same port. */
	async listenAgain(): Promise<void> {
		clearTimeout(this.reopening);
		if (this.server.listening) return;
		this.server.listen(this.address.port, this.address.address);
		await once(this.server, 'listening');
	}

	/** Ends every connection, whatever goes on in it, for good. */
	slam(): void {
		this.slammed = true;
		clearTimeout(this.reopening);
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
