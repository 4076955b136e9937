import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { ANNA, BRAM, arrival, sender, sms } from '../../support/sandbox/client';

let sandbox: Sandbox;
beforeEach(async () => {
	sandbox = await startSandbox({ quotaLimit: 3, delayMs: 30 });
});
afterEach(async () => await sandbox.close());

test('a success tells the quota, counted in calls, however many messages are in each', async () => {
	const send = await sender(sandbox);
	const { headers } = await send({ messages: [sms(`${ANNA},${BRAM}`)] });
	expect(Object.fromEntries(headers)).toMatchObject({
		'quota-limit': '3',
		'quota-used': '1',
		'quota-interval': '1',
		'quota-time-unit': 'month',
		'quota-reset-utc': expect.stringMatching(/^\d{13}$/),
		'api-version': expect.any(String),
		sunset: 'n/a',
	});
	expect((await send()).headers.get('quota-used')).toBe('2');
});

test('beyond the quota the gateway answers 429 and nothing is taken', async () => {
	const send = await sender(sandbox);
	for (let call = 0; call < 3; call++) await send({ messages: [sms(), sms()] });
	const answer = await send({ messages: [sms(), sms()] });
	expect(answer.status).toBe(429);
	expect(await answer.json()).toMatchObject({
		fault: { detail: { errorcode: 'policies.ratelimit.QuotaViolation' } },
	});
	expect(answer.headers.get('quota-used')).toBe('3');
	expect(sandbox.messages).toHaveLength(6);
});

test('calls know how many were in flight with them', async () => {
	const send = await sender(sandbox);
	sandbox.inject({ times: 3, delayMs: 150 });
	await Promise.all([send(), send(), send()]);
	await send();
	expect(sandbox.calls.map(({ inFlight }) => inFlight)).toEqual([1, 2, 3, 1]);
});

test('with a delay the message is taken before the answer comes', async () => {
	const send = await sender(sandbox);
	const started = performance.now();
	const answer = send();
	await arrival(sandbox);
	expect(sandbox.messages).toHaveLength(1);
	expect(sandbox.calls).toMatchObject([{ status: null, accepted: true }]);
	expect((await answer).status).toBe(200);
	expect(performance.now() - started).toBeGreaterThanOrEqual(29);
});
