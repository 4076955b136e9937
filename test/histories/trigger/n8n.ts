import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { INode } from 'n8n-workflow';

import type { TriggerCredentials } from '../../support/engine/triggerCredentials';
import { TriggerHost } from '../../support/engine/triggerHost';
import type { Clock } from './clock';
import { TriggerProcess } from './process';

/** One n8n: its address and its database stay, its processes come and go. */
export class HistoryN8n {
	readonly triggers: TriggerHost[] = [];

	processes: TriggerProcess[] = [];

	isUp = false;

	base = '';

	private readonly server: Server = createServer(
		(request, response) => void this.answer(request, response),
	);

	private requests = 0;

	/** @param instance what tells it from other n8ns */
	constructor(
		private readonly instance: string,
		private readonly count: number,
		private readonly clock: Clock,
		private readonly credentials: TriggerCredentials,
	) {}

	async listen(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
		this.base = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
		this.start();
	}

	async close(): Promise<void> {
		this.kill();
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	add(node: INode, workflowId: string): TriggerHost {
		const place = { process: this.main, base: this.base, workflowId };
		const trigger = new TriggerHost(node, this.credentials, place);
		this.triggers.push(trigger);
		return trigger;
	}

	/** That publishes and unpublishes, and takes events as all do. */
	get main(): TriggerProcess {
		const [main] = this.processes;
		if (!main) throw new Error('n8n has not been started');
		return main;
	}

	/** New processes, that know what is in the database. */
	start(): void {
		const { count, clock, instance } = this;
		this.processes = Array.from({ length: count }, () => new TriggerProcess(clock, instance));
		for (const trigger of this.triggers) {
			trigger.process = this.main;
			trigger.test = undefined;
		}
		this.isUp = true;
	}

	/** The processes end, whatever goes on in them. */
	kill(): void {
		this.isUp = false;
		for (const process of this.processes) process.kill();
		this.server.closeAllConnections();
	}

	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const process = this.processes[this.requests++ % this.count];
		const found = this.triggers.find(({ url, testUrl }) =>
			[url, testUrl].includes(`${this.base}${request.url}`),
		);
		if (!this.isUp || !process) return void response.destroy();
		if (!found) return void response.writeHead(404).end('{}');
		await found.answer(request, response, process);
	}
}
