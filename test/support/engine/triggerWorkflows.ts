import type * as TriggerModule from '../../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';
import { waitUntil } from '../waitUntil';
import { pause } from '../sandbox/client';
import type { TriggerHost } from './triggerHost';
import { takeOver, type TriggerSetup } from './triggerSetup';

/** Longer than until the URL of one that is unpublished is given back. */
const SETTLED_MS = 700;

/** Several workflows of one n8n, each with a trigger that takes over. */
export class TriggerWorkflows {
	private constructor(
		private readonly setup: TriggerSetup,
		readonly hosts: [TriggerHost, ...TriggerHost[]],
	) {}

	static async start(setup: TriggerSetup, count: number): Promise<TriggerWorkflows> {
		const first = await setup.host(takeOver);
		const others = await Promise.all(
			Array.from({ length: count - 1 }, async () => await setup.host(takeOver)),
		);
		for (const host of others) host.joins(first);
		return new TriggerWorkflows(setup, [first, ...others]);
	}

	/**
	 * `p0` publishes the first, `u0` unpublishes it, `e0` publishes it again at once; `-` waits until
	 * all is given back, `R` restarts n8n, `M` gives it another address.
	 */
	async happens(history: string): Promise<void> {
		for (const step of history.split(' ')) {
			const host = this.hosts[Number(step[1])] as TriggerHost;
			if (step === '-') await this.settled();
			else if (step === 'R') this.restart();
			else if (step === 'M') this.hosts.forEach((one) => one.moveTo('localhost'));
			else {
				if (step[0] !== 'p') await host.unpublish();
				if (step[0] !== 'u') await host.publish();
			}
		}
		await this.settled();
	}

	/** As if n8n had stored nothing of them. */
	forget(): void {
		for (const host of this.hosts) host.staticData = '{}';
	}

	get log(): string {
		return this.hosts.flatMap(({ log }) => log).join();
	}

	/** Waits for what is given back a moment later, and for the calls that it takes. */
	private async settled(): Promise<void> {
		const { settingsCalls } = this.setup.sandbox;
		let calls: number;
		do {
			calls = settingsCalls.length;
			await pause(SETTLED_MS);
		} while (settingsCalls.length > calls);
		// A busy machine takes longer. The path stays the same where n8n has moved to another address.
		const isLeaving = () =>
			this.hosts.some(
				({ published, url }) =>
					!published && this.setup.configured()?.endsWith(new URL(url).pathname),
			);
		await waitUntil(() => !isLeaving(), 5000).catch(() => {});
	}

	/** n8n as it is after a start: nothing in its memory. */
	private restart(): void {
		jest.isolateModules(() => {
			const path = '../../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts';
			const again = jest.requireActual<typeof TriggerModule>(path);
			const type = new again.KpnSmsTrigger();
			for (const host of this.hosts) host.restart2x(type);
		});
	}
}
