import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { untilFound } from '../dev/n8n/rest';
import { signedHeaders, startSandbox } from '../sandbox';
import { BenchN8n } from './benchN8n';
import { median } from './measure';
import type { Place } from './place';

const execute = promisify(execFile);

export interface EventRate {
	name: string;
	/** Events a second. */
	perSecond: number;
	/** Milliseconds of CPU that n8n spends on one, which other load on the machine disturbs less. */
	cpuMs: number;
	/** The same with n8n's setting that makes an isolate only where an expression needs one. */
	lazyPerSecond: number;
}

export interface Events {
	rates: EventRate[];
	/** MB that n8n holds for a hundred requests whose body does not come. */
	held: Array<{ name: string; mb: number }>;
}

export const BARE = 'a bare community trigger';
export const MANUAL = 'KPN SMS Trigger, manual';
export const AUTOMATIC = 'KPN SMS Trigger, automatic';
export const FORGED = 'KPN SMS Trigger, forged events';

const ROUNDS = 5;
const ROUND_MS = 3_000;
const CLIENTS = 4;
const SECRET = 'bench secret';
const UNFINISHED = 100;

interface Contender {
	name: string;
	url: string;
	secret: string;
	statuses: number[];
}

/** What comes in, with n8n as it is and with its lazy setting. Each has an n8n of its own. */
export async function events({ say }: Pick<Place, 'say'>): Promise<Events> {
	const usual = await inN8n({}, async (n8n, contenders) => ({
		rates: await rates(contenders, say),
		held: await held(n8n, contenders),
	}));
	const lazySetting = { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' };
	const lazy = await inN8n(lazySetting, async (_n8n, contenders) => await rates(contenders, say));
	for (const { name, mb } of usual.held) say(`${UNFINISHED} unfinished, ${name}: ${mb} MB`);
	return {
		rates: [...usual.rates].map(([name, { perSecond, cpuMs }]) => ({
			name,
			perSecond,
			cpuMs,
			lazyPerSecond: lazy.get(name)?.perSecond ?? NaN,
		})),
		held: usual.held,
	};
}

async function inN8n<T>(
	env: Record<string, string>,
	measure: (n8n: BenchN8n, contenders: Contender[]) => Promise<T>,
): Promise<T> {
	const sandbox = await startSandbox();
	sandbox.settings.addKey({ secret: SECRET, key_id: 'bench' });
	const n8n = await BenchN8n.startEmpty(env);
	try {
		return await measure(n8n, await addContenders(n8n, sandbox.url));
	} finally {
		await n8n.stop();
		await sandbox.close();
	}
}

async function addContenders(n8n: BenchN8n, sandbox: string): Promise<Contender[]> {
	const typed = await n8n.addCredential('kpnSmsWebhookApi', { secret: SECRET });
	const application = await n8n.addKpnCredential(sandbox);
	const nothing = { name: 'Nothing', type: 'n8n-nodes-base.noOp' };
	const add = async (webhookId: string, type: string, parameters = {}, credentials = {}) => {
		const trigger = { name: 'Trigger', type, webhookId, parameters, credentials };
		await n8n.add(webhookId, [trigger, nothing]);
		const url = `${n8n.url}/webhook/${webhookId}/webhook`;
		await untilFound(url, { method: 'POST' });
		return url;
	};
	const kpn = 'n8n-nodes-kpn-sms.kpnSmsTrigger';
	const bare = await add('bench-bare', 'CUSTOM.bareTrigger');
	const manual = await add(
		'bench-manual',
		kpn,
		{ registration: 'manual' },
		{ kpnSmsWebhookApi: { id: typed, name: 'typed' } },
	);
	const automatic = await add(
		'bench-automatic',
		kpn,
		{},
		{ kpnSmsOAuth2Api: { id: application, name: 'application' } },
	);
	return [
		{ name: BARE, url: bare, secret: SECRET, statuses: [200] },
		{ name: MANUAL, url: manual, secret: SECRET, statuses: [200] },
		{ name: AUTOMATIC, url: automatic, secret: SECRET, statuses: [200] },
		{ name: FORGED, url: manual, secret: 'another secret', statuses: [401, 503] },
	];
}

type Rate = Pick<EventRate, 'perSecond' | 'cpuMs'>;

/** Rounds are interleaved, so that all share what disturbs; the median is what counts. */
async function rates(
	contenders: Contender[],
	say: (words: string) => void,
): Promise<Map<string, Rate>> {
	const found = new Map<string, Rate[]>(contenders.map(({ name }) => [name, []]));
	const { url = '' } = contenders.find(({ name }) => name === BARE) ?? {};
	const spentMs = async () => {
		const { user, system } = (await (await fetch(url)).json()) as NodeJS.CpuUsage;
		return (user + system) / 1000;
	};
	for (const contender of contenders) await load(contender, 500);
	for (let round = 0; round < ROUNDS; round++) {
		for (const contender of contenders) {
			const before = await spentMs();
			const { events, ms } = await load(contender, ROUND_MS);
			const cpuMs = ((await spentMs()) - before) / events;
			found.get(contender.name)?.push({ perSecond: (events / ms) * 1000, cpuMs });
		}
	}
	return new Map(
		[...found].map(([name, all]) => {
			const perSecond = median(all.map((one) => one.perSecond));
			const cpuMs = median(all.map((one) => one.cpuMs));
			say(`${name}: ${perSecond.toFixed(1)} events a second, ${cpuMs.toFixed(1)} ms of CPU each`);
			return [name, { perSecond, cpuMs }];
		}),
	);
}

let sent = 0;

/** @returns how many events were answered as they should be, in how many milliseconds */
async function load(
	{ name, url, secret, statuses }: Contender,
	forMs: number,
): Promise<{ events: number; ms: number }> {
	let events = 0;
	const send = async () => {
		const body = JSON.stringify({
			DLRID: `event ${sent++}`,
			RecipientPhonenumber: '31612345670',
			Status: 1,
		});
		const headers = signedHeaders(body, { secret, keyId: 'bench' });
		const response = await fetch(url, { method: 'POST', body, headers });
		if (!statuses.includes(response.status)) throw new Error(`${name} answered ${response.status}`);
		await response.arrayBuffer();
		events++;
	};
	const started = performance.now();
	await Promise.all(
		Array.from({ length: CLIENTS }, async () => {
			while (performance.now() < started + forMs) await send();
		}),
	);
	return { events, ms: performance.now() - started };
}

/** Unsigned requests with a part of their body. */
async function held(n8n: BenchN8n, contenders: Contender[]): Promise<Events['held']> {
	const found: Events['held'] = [];
	// Ours first: what n8n has had for the bare one, it would use again.
	for (const wanted of [MANUAL, BARE]) {
		const { name, url } = contenders.find((one) => one.name === wanted) ?? { name: '', url: '' };
		const before = await memoryOf(n8n.pid);
		const { hostname, port, pathname } = new URL(url);
		const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`;
		const sockets = Array.from({ length: UNFINISHED }, () => {
			const socket = connect(Number(port), hostname, () => socket.write(head));
			return socket.on('error', () => {});
		});
		let most = 0;
		for (let second = 0; second < 30; second++) {
			await delay(1000);
			most = Math.max(most, (await memoryOf(n8n.pid)) - before);
		}
		found.push({ name, mb: Math.round(most) });
		for (const socket of sockets) socket.destroy();
		await delay(3000);
	}
	return found;
}

async function memoryOf(pid: number): Promise<number> {
	const { stdout } = await execute('ps', ['-o', 'rss=', '-p', String(pid)]);
	return Number(stdout) / 1024;
}
