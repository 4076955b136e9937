import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { brokenBy, pause, sender } from '../../support/sandbox/client';

let sandbox: Sandbox;
beforeAll(async () => {
	sandbox = await startSandbox();
});
afterEach(() => sandbox.reset());
afterAll(async () => await sandbox.close());

const statusesOf = async (count: number) => {
	const send = await sender(sandbox);
	const answers = await Promise.all(Array.from({ length: count }, async () => await send()));
	return answers.map(({ status }) => status).sort((one, other) => one - other);
};

const took = async (work: () => Promise<unknown>) => {
	const started = performance.now();
	await work();
	return performance.now() - started;
};

test('calls a second without a burst: of several at once one is taken', async () => {
	await sandbox.setCapacity({ callsPerSecond: 5 });
	expect(await statusesOf(5)).toEqual([200, 429, 429, 429, 429]);
	expect(sandbox.messages).toHaveLength(1);
	await pause(220);
	expect(await statusesOf(2)).toEqual([200, 429]);
});

test('calls a second with a burst: so many are taken at once, in the gateway’s words', async () => {
	await sandbox.setCapacity({ callsPerSecond: 1, burst: 3 });
	expect(await statusesOf(5)).toEqual([200, 200, 200, 429, 429]);
	const send = await sender(sandbox);
	expect(await (await send()).text()).toContain('policies.ratelimit.SpikeArrestViolation');
});

test('an answer takes its time, some more than others', async () => {
	await sandbox.setCapacity({ latencyMs: 40, latencySpreadMs: 60 });
	const send = await sender(sandbox);
	const times: number[] = [];
	for (let call = 0; call < 8; call++) times.push(await took(send));
	expect(Math.min(...times)).toBeGreaterThanOrEqual(39);
	expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(10);
});

test('slower under load: more calls at once take longer', async () => {
	await sandbox.setCapacity({ latencyMs: 30, slowerBeyond: 2 });
	const send = await sender(sandbox);
	await send();
	expect(await took(async () => await statusesOf(20))).toBeGreaterThan(150);
});

test('an outage: no connection for a while, then as before', async () => {
	const send = await sender(sandbox);
	await sandbox.setCapacity({ outageMs: 150 });
	expect(await brokenBy(send())).toBe('ECONNREFUSED');
	await pause(250);
	expect((await send()).status).toBe(200);
});

test('it is told and changed from outside, and reset ends it', async () => {
	const url = `${sandbox.url}/sandbox/capacity`;
	const change = { callsPerSecond: 10, latencyMs: 5 };
	const changed = await fetch(url, { method: 'POST', body: JSON.stringify(change) });
	expect(await changed.json()).toMatchObject(change);
	expect(await (await fetch(url)).json()).toMatchObject({ ...change, burst: 1 });
	sandbox.reset();
	expect(await (await fetch(url)).json()).toMatchObject({ callsPerSecond: null, latencyMs: 0 });
});

test.each([
	['{', /JSON/],
	['{"callsPerSecond":0}', /callsPerSecond/],
	['{"burst":1.5}', /burst/],
	['{"speed":3}', /speed/],
])('%s is no way to be: 400 in words', async (body, words) => {
	const answer = await fetch(`${sandbox.url}/sandbox/capacity`, { method: 'POST', body });
	expect(answer.status).toBe(400);
	expect(((await answer.json()) as { error: string }).error).toMatch(words);
});
