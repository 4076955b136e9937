import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { installN8n } from '../dev/n8n/install';
import { table } from '../dev/table';
import { BenchN8n, type Reading } from './benchN8n';
import { MAX_WINDOW } from '../nodes/KpnSms/rate/callWindow';
import { DRAGGED, type Contender } from './contenders';
import { startLineProcess, type LineProcess } from './lineProcess';
import { median } from './measure';
import { limitedTogether, type Limited } from './rateLimits';

/** Whether the node sends as fast as KPN lets, and no faster: a few minutes, and a table. */

const NETWORK_MS = 150;
const ROUNDS = 5;
const TIMEOUT_MS = 600_000;

/** How a KPN changes while it is called. */
const TROUBLE: Array<[name: string, change: { count: number; query: string }]> = [
	[
		'the rate drops from 20 to 2 a second midway',
		{ count: 300, query: 'rate=20&after=250&then=2' },
	],
	['KPN is gone for 5 s', { count: 1000, query: 'after=300&goneMs=5000' }],
];

interface Counts {
	calls: number;
	messages: number;
	refused: number;
	/** Beyond the first 20 calls. */
	refusedLater: number;
}

type Row = [measure: string, target: string, measured: string, met: boolean];

interface Place {
	n8n: BenchN8n;
	kpn: string;
	say: (words: string) => void;
}

async function bench(): Promise<Row[]> {
	const { values } = parseArgs({ options: { only: { type: 'string' } } });
	const say = (words: string) => void process.stderr.write(`${words}\n`);
	const installation = await installN8n({ onStep: say });
	const kpnProcess = startLineProcess(process.execPath, [path.join(__dirname, 'kpn.mjs')]);
	const kpn = `http://127.0.0.1:${await kpnProcess.next()}`;
	const modules = path.resolve(path.dirname(installation.script), '..', '..');
	const script = path.join(__dirname, 'undici.mjs');
	const undici = (...shape: string[]) =>
		startLineProcess(installation.node, [script, modules, kpn, ...shape]);
	const [oneACall, manyACall] = [undici('1', '64'), undici()];
	let n8n: BenchN8n | undefined;
	try {
		n8n = await BenchN8n.start(installation, kpn);
		const place = { n8n, kpn, say };
		const rows: Row[] = [];
		const { only } = values;
		if (only === undefined || only === 'speed') {
			rows.push(...(await onV1(place, oneACall)), ...(await onCurrent(place, manyACall)));
		}
		const wanted = (name: string) => only === undefined || only === 'limits' || name.includes(only);
		rows.push(...(await limits(place, wanted)));
		const changes =
			only === undefined || only === 'trouble'
				? TROUBLE
				: TROUBLE.filter(([name]) => name === only);
		for (const [name, change] of changes) rows.push(...(await changing(place, name, change)));
		return rows;
	} finally {
		await n8n?.stop();
		for (const child of [oneACall, manyACall, kpnProcess]) child.stop();
	}
}

function contender({ n8n }: Place, name: string): Contender {
	const found = n8n.contenders.find((one) => one.name === name);
	if (!found) throw new Error(`There is no contender ${name}`);
	return found;
}

async function onV1(place: Place, undici: LineProcess): Promise<Row[]> {
	const { n8n, kpn } = place;
	const ours = await n8n.addVariant(contender(place, DRAGGED), 'KPN SMS, v1', {
		baseUrl: kpn,
		smsApi: 'v1',
	});
	const { ratio } = await interleaved(place, 1000, {
		ours: async () => await n8n.measure(ours, 1000, TIMEOUT_MS),
		script: async () => JSON.parse(await undici.next('1000')) as Reading,
		httpRequest: async () => await n8n.measure(contender(place, 'HTTP Request'), 1000, TIMEOUT_MS),
	});
	const what = 'v1, 1,000 messages over 150 ms';
	return [
		atMost(`${what}: of an undici script with 64 at once`, 1.3, ratio('ours', 'script'), ' ×'),
		atMost(`${what}: of HTTP Request`, 0.7, ratio('ours', 'httpRequest'), ' ×'),
	];
}

async function onCurrent(place: Place, undici: LineProcess): Promise<Row[]> {
	const { ratio } = await interleaved(place, 10_000, {
		ours: async () => await place.n8n.measure(contender(place, DRAGGED), 10_000, TIMEOUT_MS),
		script: async () => JSON.parse(await undici.next('10000')) as Reading,
	});
	const what = 'current API, 10,000 messages over 150 ms: of the undici script';
	return [atMost(what, 1.1, ratio('ours', 'script'), ' ×')];
}

/** Each in turn, again and again, so that all share what disturbs. */
async function interleaved(
	{ kpn, say }: Place,
	count: number,
	runs: Record<string, () => Promise<Reading>>,
) {
	const walls = new Map<string, number[]>();
	for (let round = 0; round <= ROUNDS; round++) {
		for (const [name, run] of Object.entries(runs)) {
			await fetch(`${kpn}/bench?delayMs=${NETWORK_MS}`, { method: 'POST' });
			const { wallMs } = await run();
			const { messages } = (await (await fetch(`${kpn}/bench`)).json()) as Counts;
			if (messages !== count) throw new Error(`${name} sent ${messages} of ${count}`);
			say(`${count} messages, ${name}: ${wallMs.toFixed(0)} ms`);
			// The first gets the token and the compilation out of the way.
			if (round > 0) walls.set(name, [...(walls.get(name) ?? []), wallMs]);
		}
	}
	const ratio = (one: string, other: string) =>
		median((walls.get(one) ?? []).map((wall, round) => wall / (walls.get(other)?.[round] ?? NaN)));
	return { ratio };
}

/** Every KPN with a limit, a few at a time: they mostly wait. */
async function limits(place: Place, wanted: (name: string) => boolean): Promise<Row[]> {
	const rows: Row[] = [];
	for (const together of limitedTogether(wanted)) {
		const found = await Promise.all(
			together.map(async (limited) => await underLimit(place, limited)),
		);
		rows.push(...found.flat());
	}
	return rows;
}

/** Each message once, or named as what it is. */
async function changing(
	place: Place,
	name: string,
	{ count, query }: { count: number; query: string },
): Promise<Row[]> {
	const { n8n, kpn, say } = place;
	const at = name.replace(/\W+/g, '-');
	await fetch(`${kpn}/bench?at=${at}&delayMs=${NETWORK_MS}&${query}`, { method: 'POST' });
	const dragged = contender(place, DRAGGED);
	const { node } = dragged;
	if (!node) throw new Error(`${dragged.name} is not in n8n`);
	const continuing: Contender = { ...dragged, node: { ...node, onError: 'continueRegularOutput' } };
	const baseUrl = `${kpn}/at/${at}`;
	const sms = await n8n.addVariant(continuing, name, { baseUrl, smsApi: 'v1' });
	const { wallMs, items, accepted = 0, unknown = 0 } = await n8n.measure(sms, count, TIMEOUT_MS);
	// It may be gone still when the run has given up.
	await delay(5_000);
	const { messages, calls, refused } = (await (
		await fetch(`${kpn}/bench?at=${at}`)
	).json()) as Counts;
	say(
		`${name}: ${(wallMs / 1000).toFixed(1)} s, ${calls} calls, ${refused} refused; KPN took ${messages}, accepted ${accepted}, unknown ${unknown}`,
	);
	const once = items === count && accepted <= messages && messages <= accepted + unknown;
	return [
		[`${name}: each once, or named`, `${count}`, `${accepted} + ${count - accepted}`, once],
		atMost(`${name}: unknown, of those on their way`, MAX_WINDOW, unknown, ''),
	];
}

async function underLimit(place: Place, limited: Limited): Promise<Row[]> {
	const { n8n, kpn, say } = place;
	const { name, smsApi, rate, burst, messages, perCall = 1, executions = 1 } = limited;
	const at = name.replace(/\W+/g, '-');
	const manners = (now: number) => `at=${at}&rate=${now}&burst=${burst}&delayMs=${NETWORK_MS}`;
	await fetch(`${kpn}/bench?${manners(rate)}`, { method: 'POST' });
	const sms = await n8n.addVariant(
		contender(place, DRAGGED),
		name,
		{ baseUrl: `${kpn}/at/${at}`, smsApi },
		smsApi === 'current' ? { messagesPerCall: perCall } : {},
	);
	const started = performance.now();
	const outputs = await Promise.all(
		Array.from({ length: executions }, async () => await n8n.measure(sms, messages, TIMEOUT_MS)),
	);
	const wallMs = performance.now() - started;
	const counts = (await (await fetch(`${kpn}/bench?at=${at}`)).json()) as Counts;
	const wanted = messages * executions;
	const calls = Math.ceil(messages / perCall) * executions;
	// The first calls of a burst cost no time, and the last answer comes when it comes.
	const allowedMs = (Math.max(0, calls - burst) / rate) * 1000 + NETWORK_MS;
	const later = counts.calls > 20 ? (100 * counts.refusedLater) / (counts.calls - 20) : 0;
	const refused = (100 * counts.refused) / counts.calls;
	say(
		`${name}: ${(wallMs / 1000).toFixed(1)} s of ${(allowedMs / 1000).toFixed(1)} s, ${counts.calls} calls, ${counts.refused} refused`,
	);
	const items = outputs.reduce((sum, output) => sum + (output.items ?? 0), 0);
	const once = counts.messages === wanted && items === wanted;
	const accepted: Row = [
		`${name}: all accepted, once`,
		`${wanted}`,
		once ? `${wanted}` : `${counts.messages} sent, ${items} came out`,
		once,
	];
	if (executions > 1) {
		return [accepted, atMost(`${name}: calls refused`, 10, refused, ' %')];
	}
	return [
		accepted,
		atMost(`${name}: of what the rate allows`, 1.15, wallMs / allowedMs, ' ×'),
		atMost(`${name}: calls refused beyond the first 20`, 3, later, ' %'),
	];
}

const atMost = (measure: string, most: number, value: number, unit: string): Row => [
	measure,
	`≤ ${most}${unit}`,
	`${value.toFixed(2)}${unit}`,
	value <= most,
];

bench()
	.then((rows) => {
		const cells = rows.map(([measure, target, measured, met]) => [
			measure,
			target,
			measured,
			met ? 'met' : 'MISSED',
		]);
		process.stdout.write(`${table(['measure', 'target', 'measured', ''], cells)}\n`);
		if (rows.some(([, , , met]) => !met)) process.exitCode = 1;
	})
	.catch((error: Error) => {
		process.stderr.write(`${error.stack}\n`);
		process.exitCode = 1;
	});
