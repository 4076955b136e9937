import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { table } from '../dev/table';
import { MAX_WINDOW } from '../nodes/KpnSms/rate/callWindow';
import { BenchN8n } from './benchN8n';
import { DRAGGED, SCRIPT, type Contender } from './contenders';
import { NETWORK } from './measure';
import { onCurrent, onV1, ratioOf } from './overNetwork';
import { inPlace, type Place } from './place';
import { limitedTogether, type Limited } from './rateLimits';
import { v1Targets } from './targets';

/** Whether the node sends as fast as KPN lets, and no faster: a few minutes, and a table. */

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

interface Arena extends Place {
	n8n: BenchN8n;
}

async function bench(place: Place): Promise<Row[]> {
	const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
	const n8n = await BenchN8n.start(place.kpn);
	try {
		const arena = { ...place, n8n };
		const rows: Row[] = [];
		if (only === undefined || only === 'speed') rows.push(...(await speed(arena)));
		const wanted = (name: string) => only === undefined || only === 'limits' || name.includes(only);
		rows.push(...(await limits(arena, wanted)));
		const changes =
			only === undefined || only === 'trouble'
				? TROUBLE
				: TROUBLE.filter(([name]) => name === only);
		for (const [name, change] of changes) rows.push(...(await changing(arena, name, change)));
		return rows;
	} finally {
		await n8n.stop();
	}
}

async function speed(arena: Arena): Promise<Row[]> {
	const v1 = v1Targets(await onV1(arena, arena.n8n));
	const current = ratioOf(await onCurrent(arena, arena.n8n), DRAGGED, SCRIPT);
	const what = `current API, 10,000 messages over ${NETWORK} ms: of the undici script`;
	return [
		...v1.map(([measure, most, value]) => atMost(measure, most, value, ' ×')),
		atMost(what, 1.1, current, ' ×'),
	];
}

/** What n8n needs to start one of them is not to disturb the first calls of another. */
const APART_MS = 3_000;

/** Every KPN with a limit, a few at a time: they mostly wait. */
async function limits(place: Arena, wanted: (name: string) => boolean): Promise<Row[]> {
	const rows: Row[] = [];
	for (const together of limitedTogether(wanted)) {
		const found = await Promise.all(
			together.map(async (limited, index) => {
				await delay(index * APART_MS);
				return await underLimit(place, limited);
			}),
		);
		rows.push(...found.flat());
	}
	return rows;
}

/** Each message once, or named as what it is. */
async function changing(
	place: Arena,
	name: string,
	{ count, query }: { count: number; query: string },
): Promise<Row[]> {
	const { n8n, kpn, say } = place;
	const at = name.replace(/\W+/g, '-');
	await fetch(`${kpn}/bench?at=${at}&delayMs=${NETWORK}&${query}`, { method: 'POST' });
	const dragged = n8n.contender(DRAGGED);
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

async function underLimit(place: Arena, limited: Limited): Promise<Row[]> {
	const { n8n, kpn, say } = place;
	const { name, smsApi, rate, burst, messages, perCall = 1, executions = 1 } = limited;
	const at = name.replace(/\W+/g, '-');
	const manners = (now: number) => `at=${at}&rate=${now}&burst=${burst}&delayMs=${NETWORK}`;
	await fetch(`${kpn}/bench?${manners(rate)}`, { method: 'POST' });
	const sms = await n8n.addVariant(
		n8n.contender(DRAGGED),
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
	const allowedMs = (Math.max(0, calls - burst) / rate) * 1000 + NETWORK;
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

inPlace(bench)
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
