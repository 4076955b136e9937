import { createRequire } from 'node:module';
import path from 'node:path';

import { buildSync } from 'esbuild';
import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';

import type { KpnSmsTrigger } from '../../../nodes/KpnSmsTrigger/KpnSmsTrigger.node';
import type { N8nProcess } from '../../support/engine/triggerContexts';
import type { Clock } from './clock';

const FILE = path.join(__dirname, '../../../nodes/KpnSmsTrigger/KpnSmsTrigger.node.ts');

const requireHere = createRequire(__filename);

let code: string | undefined;

/** The trigger as users get it: one file, loaded once by each process. */
function bundled(): string {
	code ??= buildSync({
		entryPoints: [FILE],
		bundle: true,
		platform: 'node',
		format: 'cjs',
		external: ['n8n-workflow'],
		write: false,
	}).outputFiles[0]?.text;
	return code ?? '';
}

const never = async (): Promise<never> => await new Promise(() => {});

/** With which of its calls of KPN's settings a process ends, and whether KPN has got that one. */
export interface KilledAt {
	call: number;
	when: 'before' | 'after';
}

/**
 * A process of n8n's with the trigger's code and all that it remembers. Where it is killed, nothing of
 * it goes on: no call leaves, and no answer comes to anything.
 */
export class TriggerProcess implements N8nProcess {
	readonly type: KpnSmsTrigger;

	alive = true;

	/** Calls on their way. */
	inFlight = 0;

	/** Resolves once it is killed. */
	readonly killed: Promise<void>;

	/** Key ids with which an event has been verified here. */
	readonly verified = new Set<string>();

	/** Epoch milliseconds, by the history's clock, of the last request that it got. */
	lastRequestAt = -Infinity;

	private killedAt?: KilledAt;

	private calls = 0;

	private declareKilled = () => {};

	private breakOff = () => {};

	/** Rejects for all who wait for an answer once they have waited too long. */
	private tooLong = this.untilBrokenOff();

	constructor(
		private readonly clock: Clock,
		/** Of its n8n. */
		private readonly instanceId: string,
	) {
		this.killed = new Promise((resolve) => (this.declareKilled = resolve));
		this.type = this.load();
	}

	kill(): void {
		this.alive = false;
		this.declareKilled();
	}

	/** Ends the calls that have waited for an answer for as long as n8n waits. */
	timeOut(): void {
		this.breakOff();
		this.tooLong = this.untilBrokenOff();
	}

	private untilBrokenOff(): Promise<never> {
		const broken = new Promise<never>((_resolve, reject) => {
			this.breakOff = () =>
				reject(Object.assign(new Error('timeout of 8000ms exceeded'), { code: 'ECONNABORTED' }));
		});
		broken.catch(() => {});
		return broken;
	}

	/** From the next call on. */
	killAt(killedAt: KilledAt | undefined): void {
		this.killedAt = killedAt;
		this.calls = 0;
	}

	enter<T extends IHookFunctions | IWebhookFunctions>(context: T): T {
		const { helpers } = context;
		const guarded = {
			...helpers,
			httpRequest: this.guarded(helpers.httpRequest),
			httpRequestWithAuthentication: this.guarded(helpers.httpRequestWithAuthentication, true),
			refreshOAuth2Token: helpers.refreshOAuth2Token && this.guarded(helpers.refreshOAuth2Token),
		};
		Object.defineProperty(context, 'helpers', { value: guarded });
		return Object.defineProperty(context, 'getInstanceId', { value: () => this.instanceId });
	}

	private guarded<A extends unknown[], R>(
		call: (this: never, ...args: A) => Promise<R>,
		counts = false,
	): (...args: A) => Promise<R> {
		// eslint-disable-next-line @typescript-eslint/no-this-alias -- n8n's helpers have a `this` of their own.
		const process = this;
		return async function (this: never, ...args: A): Promise<R> {
			if (counts) process.calls++;
			const isLast = counts && process.killedAt?.call === process.calls;
			if (isLast && process.killedAt?.when === 'before') process.kill();
			if (!process.alive) return await never();
			process.inFlight++;
			try {
				return await Promise.race([call.apply(this, args), process.tooLong]);
			} finally {
				process.inFlight--;
				if (isLast) process.kill();
				if (!process.alive) await never();
			}
		};
	}

	private load(): KpnSmsTrigger {
		const { clock } = this;
		const sleep = async (milliseconds: number) => {
			await clock.sleep(milliseconds);
			if (!this.alive) await never();
		};
		const n8nWorkflow = Object.create(requireHere('n8n-workflow'), { sleep: { value: sleep } });
		const load = (name: string): unknown =>
			name === 'n8n-workflow' ? n8nWorkflow : requireHere(name);
		const module = { exports: {} as { KpnSmsTrigger: new () => KpnSmsTrigger } };
		const run = new Function('require', 'module', 'exports', 'Date', 'performance', bundled());
		run(load, module, module.exports, clock.date, { now: clock.now });
		return new module.exports.KpnSmsTrigger();
	}
}
