import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { ANNA, arrival, brokenBy, pause, sender, sms, token } from '../../support/sandbox/client';

let sandbox: Sandbox;
beforeEach(async () => {
	sandbox = await startSandbox();
});
afterEach(async () => await sandbox.close());

test('it listens on a free port of this machine alone', () => {
	expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test('a taken port is an error of the start', async () => {
	const port = Number(new URL(sandbox.url).port);
	await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('stopped, it refuses connections, also of those who had one; then it is back', async () => {
	const send = await sender(sandbox);
	await send();
	await sandbox.stopListening();
	expect(await brokenBy(send())).toBe('ECONNREFUSED');
	expect(await brokenBy(send())).toBe('ECONNREFUSED');
	await sandbox.resumeListening();
	expect((await send()).status).toBe(200);
	expect(sandbox.calls).toHaveLength(2);
});

test('a call in flight is still answered after the stop, and its connection not kept', async () => {
	const send = await sender(sandbox);
	sandbox.inject({ delayMs: 40 });
	const answer = send();
	await arrival(sandbox);
	await sandbox.stopListening();
	const { status, headers } = await answer;
	expect([status, headers.get('connection')]).toEqual([200, 'close']);
	expect(await brokenBy(send())).toBe('ECONNREFUSED');
});

test('a fault refuses connections from its answer on, for as long as it says', async () => {
	const send = await sender(sandbox);
	sandbox.inject({ refuseConnectionsForMs: 60, answer: { kind: 'http', status: 503 } });
	expect((await send()).status).toBe(503);
	expect(await brokenBy(send())).toBe('ECONNREFUSED');
	await pause(90);
	expect((await send()).status).toBe(200);
});

test('stopping and listening twice changes nothing', async () => {
	await sandbox.stopListening();
	await sandbox.stopListening();
	await sandbox.resumeListening();
	await sandbox.resumeListening();
	expect(await token(sandbox)).toHaveLength(28);
});

test('reset forgets calls, messages, faults, tokens and the quota used', async () => {
	const send = await sender(sandbox);
	await send();
	sandbox.inject({ answer: { kind: 'http', status: 503 } });
	sandbox.reset();
	expect([sandbox.calls, sandbox.messages, sandbox.tokenCalls]).toEqual([[], [], []]);
	expect((await send()).status).toBe(401);
	const renewed = await sender(sandbox);
	expect((await renewed()).headers.get('quota-used')).toBe('1');
});

test.each([false, true])(
	'close ends at once whatever hangs (stopped before: %s)',
	async (stopped) => {
		const send = await sender(sandbox);
		sandbox.inject({ match: { content: 'hang' }, answer: { kind: 'hang' } });
		sandbox.inject({ match: { content: 'drip' }, answer: { kind: 'drip', everyMs: 5 } });
		sandbox.inject({ match: { content: 'delay' }, delayMs: 60_000 });
		const sending = async (content: string) => await send({ messages: [sms(ANNA, content)] });
		const unanswered = ['hang', 'delay'].map(async (each) => await brokenBy(sending(each)));
		const dripping = sending('drip');
		const events = fetch(`${sandbox.url}/sandbox/events`);
		const bodies = [(await dripping).text(), (await events).text()].map(brokenBy);
		await arrival(sandbox, 3);
		if (stopped) await sandbox.stopListening();
		const started = performance.now();
		await sandbox.close();
		expect(performance.now() - started).toBeLessThan(10_000);
		const broken = await Promise.all([...unanswered, ...bodies]);
		expect(broken).toEqual(Array.from({ length: 4 }, () => 'UND_ERR_SOCKET'));
		expect(await brokenBy(send())).toBe('ECONNREFUSED');
	},
);

test.each(['while it stops', 'after it stopped'])(
	'closed %s to refuse connections, it stays closed',
	async (when) => {
		const send = await sender(sandbox);
		sandbox.inject({ refuseConnectionsForMs: 20 });
		const answer = brokenBy(send());
		await arrival(sandbox);
		if (when === 'after it stopped') await answer;
		await sandbox.close();
		await pause(50);
		expect(await brokenBy(send())).toBe('ECONNREFUSED');
	},
);

test('closed, it takes no message that it still had to wait for', async () => {
	const send = await sender(sandbox);
	sandbox.inject({ delayMs: 40 });
	const answer = brokenBy(send());
	await arrival(sandbox);
	await sandbox.close();
	await answer;
	await pause(60);
	expect(sandbox.messages).toEqual([]);
});
