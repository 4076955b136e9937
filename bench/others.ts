import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { modulesOf } from '../dev/n8n/install';
import { postJson } from '../dev/n8n/rest';
import type { BenchN8n } from './benchN8n';
import { median, NETWORK, TIMEOUT_MS } from './measure';
import type { Place } from './place';

const execute = promisify(execFile);

export interface Neighbour {
	/** Who was sending meanwhile. */
	contender: string;
	/** Milliseconds that the second workflow's webhook took: of 100 calls, 99 were quicker. */
	p99: number;
	calls: number;
	/** How many of them n8n answered with an error. */
	failed: number;
	/** Why the contender did not send all, if so. */
	failure?: string;
}

const IDLE = 'nobody';
const NEIGHBOUR_COUNT = 10_000;
const NEIGHBOUR_MS = 10_000;
const NEIGHBOUR_EVERY_MS = 50;

/** So many in a row take longer than n8n needs to notice that its database answers. */
const SETTLED_CALLS = 60;

/** What a second workflow's webhook sees while a contender sends 10,000 messages, over and over. */
export async function neighbours(
	{ kpn, say }: Place,
	n8n: BenchN8n,
	names: string[],
): Promise<Neighbour[]> {
	const webhook = await n8n.addWorkflow('Neighbour', [
		{ name: 'Nothing', type: 'n8n-nodes-base.noOp' },
	]);
	const url = `${n8n.url}/webhook/${webhook}`;
	await fetch(`${kpn}/bench?delayMs=${NETWORK}`, { method: 'POST' });
	for (let call = 0; call < 50; call++) await postJson(url, {});
	const found: Neighbour[] = [];
	for (const name of [IDLE, ...names]) {
		await settled(url);
		const contender = name === IDLE ? undefined : n8n.contender(name);
		const deadline = performance.now() + NEIGHBOUR_MS;
		const going = () => performance.now() < deadline;
		let failure: string | undefined;
		const sending = (async () => {
			while (contender && going()) {
				await n8n.measure(contender, NEIGHBOUR_COUNT, TIMEOUT_MS);
			}
		})().catch((error: Error) => {
			failure = error.message;
		});
		// One call after the other: a queue of them would measure itself.
		const took: number[] = [];
		let failed = 0;
		while (going()) {
			const started = performance.now();
			const { ok } = await postJson(url, {});
			took.push(performance.now() - started);
			if (!ok) failed++;
			await delay(NEIGHBOUR_EVERY_MS);
		}
		await sending;
		if (failure !== undefined) await n8n.restart();
		took.sort((one, other) => one - other);
		const p99 = took[Math.floor(took.length * 0.99)] ?? NaN;
		found.push({ contender: name, p99, calls: took.length, failed, failure });
		say(
			`second workflow while ${name} sends: p99 ${p99.toFixed(1)} ms, ${failed} of ${took.length} failed ${failure ?? ''}`,
		);
	}
	return found;
}

/** n8n answers 503 for some seconds after a node has held it up: that is the fault of the one before. */
async function settled(url: string): Promise<void> {
	for (let inRow = 0; inRow < SETTLED_CALLS;) {
		const { ok } = await postJson(url, {});
		inRow = ok ? inRow + 1 : 0;
		await delay(NEIGHBOUR_EVERY_MS);
	}
}

const LOADS = 9;

/** Milliseconds to `require` both nodes in a new process that has n8n-workflow and used Intl, as n8n has. */
export async function loading({ installation }: Place, { userFolder }: BenchN8n): Promise<number> {
	const modules = modulesOf(installation);
	const folder = path.join(userFolder, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-kpn-sms');
	const script = `
		require('n8n-workflow');
		new Intl.DateTimeFormat('en').format();
		const started = performance.now();
		for (const node of require('${folder}/package.json').n8n.nodes) require('${folder}/' + node);
		console.log(performance.now() - started);`;
	const took: number[] = [];
	for (let load = 0; load < LOADS; load++) {
		const env = { ...process.env, NODE_PATH: modules };
		// From there, so that the nodes find the n8n-workflow that is loaded already.
		const { stdout } = await execute(installation.node, ['-e', script], { env, cwd: modules });
		took.push(Number(stdout));
	}
	return median(took);
}
