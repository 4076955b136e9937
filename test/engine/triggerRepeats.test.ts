import type { TriggerHost } from '../support/engine/triggerHost';
import {
	post,
	REPORT,
	signed,
	startTriggerSetup,
	type TriggerSetup,
} from '../support/engine/triggerSetup';

let setting: TriggerSetup;
let host: TriggerHost;
beforeEach(async () => {
	setting = await startTriggerSetup();
	host = await setting.host({ parameters: { registration: 'manual' } });
	await host.publish();
});
afterEach(async () => await setting.close());

const send = async (payload: object, signing = {}) => {
	const body = JSON.stringify(payload);
	return (await post(host.url, body, signed(body, signing))).status;
};
const events = () => host.executions.flat().map(({ json }) => json.event);

test('attempts 2 to 4 of a report start no second execution, and are answered with 200', async () => {
	for (const attempt of [1, 2, 3, 4]) expect(await send(REPORT, { attempt })).toBe(200);
	expect(host.executions).toHaveLength(1);
});

test('a request that is replayed with another time is a repeat', async () => {
	const body = JSON.stringify(REPORT);
	const headers = signed(body);
	const later = {
		...headers,
		'x-kpn-webhook-timestamp': String(Date.now() / 1000 + 60).slice(0, 10),
	};
	for (const each of [headers, headers, later]) {
		expect((await post(host.url, body, each)).status).toBe(200);
	}
	expect(host.executions).toHaveLength(1);
});

test('the same report ten times at once starts one execution', async () => {
	const statuses = await Promise.all(Array.from({ length: 10 }, async () => await send(REPORT)));
	expect(statuses).toContain(200);
	for (const status of statuses) expect([200, 503]).toContain(status);
	expect(host.executions).toHaveLength(1);
});

test('different statuses of one message are different events', async () => {
	for (const Status of [2, 3, 1]) await send({ ...REPORT, Status });
	expect(host.executions.flat().map(({ json }) => json.status)).toEqual([
		'queued',
		'accepted',
		'delivered',
	]);
});

describe('where the account excludes all that tells messages apart', () => {
	test('equal first attempts are never dropped, not even in one second', async () => {
		const statuses = await Promise.all([1, 2, 3].map(async () => await send({ Status: 1 })));
		expect(statuses).toEqual([200, 200, 200]);
		expect(host.executions).toHaveLength(3);
	});

	test('a later attempt is a repeat, also with a time of its own', async () => {
		await send({ Status: 1 }, { age: 60 });
		await send({ Status: 1 }, { attempt: 2 });
		expect(host.executions).toHaveLength(1);
	});

	test('a later attempt of what was not seen before is new', async () => {
		await send({ Status: 1 }, { attempt: 2 });
		expect(host.executions).toHaveLength(1);
	});
});

test('a repeat is known by its identity, also where its bytes are others', async () => {
	const report = { message_id: 'm1', Status: 1 };
	await send({ ...report, StatusDateTime: 1714487862 });
	await send({ ...report, StatusDateTime: 1714487922 }, { attempt: 2 });
	expect(host.executions).toHaveLength(1);
});

test('while the first attempt is being stored, the second is asked to come again', async () => {
	let answerSecond: number | undefined;
	host.whileStoring = async () => {
		host.whileStoring = undefined;
		answerSecond = await send(REPORT, { attempt: 2 });
	};
	expect(await send(REPORT)).toBe(200);
	expect(answerSecond).toBe(503);
	expect(await send(REPORT, { attempt: 3 })).toBe(200);
	expect(host.executions).toHaveLength(1);
});

test('a repeat is known after n8n has started again', async () => {
	await send(REPORT);
	// Another process of n8n's: what it knows is what is in the database.
	const { node, staticData } = host;
	const other = await setting.host({ ...node, id: `${node.id}-elsewhere` });
	other.staticData = staticData;
	other.published = true;
	const body = JSON.stringify(REPORT);
	expect((await post(other.url, body, signed(body))).status).toBe(200);
	expect(other.executions).toEqual([]);
});

test('what n8n could not start is no repeat when KPN tries again', async () => {
	host.failToStart = true;
	expect(await send(REPORT)).toBe(500);
	host.failToStart = false;
	expect(await send(REPORT, { attempt: 2 })).toBe(200);
	expect(host.executions).toHaveLength(1);
});

test('the memory of repeats stays small, and forgets the oldest', async () => {
	for (let index = 0; index < 1100; index++) await send({ ...REPORT, DLRID: `d-${index}` });
	expect(host.executions).toHaveLength(1100);
	expect(host.staticData.length).toBeLessThan(25_000);
	const stored = JSON.parse(host.staticData)['node:KPN SMS Trigger'] as { events: string[] };
	expect(stored.events).toHaveLength(1000);
});

test('events that were not picked are answered and start nothing', async () => {
	const inbound = {
		sender: '31612345670',
		recipient: '3197000000000',
		message_id: '6W.1',
		content: 'STOP',
		timestamp_utc: '2024-04-30T14:37:42.218159',
		type: 'text/unicode/*',
	};
	const only = async (kind: string) => {
		host = await setting.host({ parameters: { registration: 'manual', events: [kind] } });
		await host.publish();
		expect([await send(REPORT), await send(inbound)]).toEqual([200, 200]);
		return events();
	};
	expect(await only('deliveryReport')).toEqual(['deliveryReport']);
	expect(await only('inboundSms')).toEqual(['inboundSms']);
});

test('several events in one body come out as several items', async () => {
	const two = [REPORT, { ...REPORT, DLRID: 'd2', Status: 4, ErrorCode: '2' }];
	const body = JSON.stringify(two);
	await post(host.url, body, signed(body));
	expect(host.executions).toHaveLength(1);
	expect(host.executions.flat().map(({ json }) => json.status)).toEqual(['delivered', 'failed']);
});
