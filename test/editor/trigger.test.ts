import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { activate, type StoredWorkflow } from '../../dev/n8n/workflows';
import { signedHeaders, type Sandbox } from '../../sandbox';
import { sender } from '../support/sandbox/client';
import { waitUntil } from '../support/waitUntil';
import { TriggerN8n } from '../support/editor/triggerN8n';

// The first run on a machine installs n8n.
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

const WEBHOOK_ID = '0f4f1a52-3b5e-4a57-9c55-4d0c0e1f6b01';

let n8n: TriggerN8n;
let sandbox: Sandbox;
let workflow: StoredWorkflow;
let url: string;

beforeAll(async () => {
	n8n = await TriggerN8n.start();
	({ sandbox } = n8n);
	url = n8n.webhookUrl(WEBHOOK_ID);
}, SETUP_TIMEOUT_MS);

afterAll(async () => await n8n?.stop(), STEP_TIMEOUT_MS);

/** One step. Each needs those before it. */
const step = (promise: string, body: () => Promise<void>) => it(promise, body, STEP_TIMEOUT_MS);

const signed = (body: string | Buffer, secret = sandbox.settings.activeKey?.secret ?? '') =>
	signedHeaders(body, { secret, keyId: sandbox.settings.activeKey?.key_id ?? '' });

const post = async (body: string | Buffer, headers: Record<string, string>, method = 'POST') =>
	(await fetch(url, { method, body, headers })).status;

const report = (id: string) =>
	JSON.stringify({ DLRID: id, RecipientPhonenumber: '31612345670', Status: 1 });

const executionCount = async () => (await n8n.rest.executionsOf(workflow.id)).length;

interface NodeType {
	name: string;
	iconUrl?: { light: string; dark: string };
}

describe('the KPN SMS Trigger in the real n8n', () => {
	step('n8n loads the trigger and its credential, with their icons', async () => {
		for (const [kind, name] of [
			['nodes', 'n8n-nodes-kpn-sms.kpnSmsTrigger'],
			['credentials', 'kpnSmsWebhookApi'],
		] as const) {
			const types = await n8n.rest.types<NodeType>(kind);
			const { light, dark } = types.find((type) => type.name === name)?.iconUrl ?? {};
			for (const icon of [light, dark]) {
				const answer = await fetch(`${new URL(url).origin}/${icon}`);
				expect(answer.headers.get('content-type')).toMatch(/svg/);
			}
		}
	});

	step('publishing registers at KPN by itself', async () => {
		workflow = await n8n.rest.post<StoredWorkflow>('/workflows', {
			name: 'Reports',
			nodes: [
				{
					id: 'trigger',
					name: 'KPN SMS Trigger',
					type: 'n8n-nodes-kpn-sms.kpnSmsTrigger',
					typeVersion: 1,
					position: [0, 0],
					webhookId: WEBHOOK_ID,
					parameters: {},
					credentials: { kpnSmsOAuth2Api: n8n.credential },
				},
			],
			connections: {},
			settings: { executionOrder: 'v1' },
		});
		await n8n.publish(workflow);
		expect(sandbox.settings.activeKey).toBeUndefined();
	});

	step(
		'a report on an SMS starts an execution, signed with the key that KPN makes for it',
		async () => {
			const send = await sender(sandbox);
			await send({ messages: [{ content: 'Hello', mobile_number: '+31612345670' }] });
			await n8n.untilExecutions(workflow, 1);
			expect(sandbox.deliveries).toMatchObject([{ status: 200 }]);
			expect(sandbox.settings.levels.organization.keys).toMatchObject([{ status: 'active' }]);
		},
	);

	step('an SMS that comes in starts one, and a repeat none', async () => {
		sandbox.receiveSms({ sender: '+31612345670', content: 'Yes, please' });
		await n8n.untilExecutions(workflow, 2);
		const body = report('repeated');
		const statuses = await Promise.all([1, 2, 3].map(async () => await post(body, signed(body))));
		expect(statuses).toContain(200);
		// While the first is being stored, the others are to come again.
		for (const status of statuses) expect([200, 503]).toContain(status);
		await n8n.untilExecutions(workflow, 3);
		await delay(500);
		expect(await executionCount()).toBe(3);
	});

	step('what is not KPN’s, or not to be read, starts none and has its answer', async () => {
		const body = report('forged');
		const large = JSON.stringify({ Message: 'x'.repeat(1024 * 1024) });
		const zipped = gzipSync(body);
		const form = { ...signed(body), 'content-type': 'multipart/form-data; boundary=x' };
		expect([401, 503]).toContain(await post(body, signed(body, 'wrong')));
		expect(await post(body, { 'content-type': 'application/json' })).toBe(401);
		expect(await post('no JSON', { 'content-type': 'application/json' })).toBe(401);
		expect(await post('no JSON', signed('no JSON'))).toBe(400);
		expect(await post(large, signed(large))).toBe(413);
		expect(await post(zipped, { ...signed(body), 'content-encoding': 'gzip' })).toBe(401);
		expect([401, 503]).toContain(await post('--x--', form));
		for (const method of ['PUT', 'PATCH', 'DELETE']) {
			expect(await post(body, signed(body), method)).toBe(405);
		}
		expect((await fetch(url)).status).toBe(405);
		for (let batch = 0; batch < 8; batch++) {
			const forged = Array.from(
				{ length: 25 },
				async (_, index) => await post(body, signed(body, `guess ${batch * 25 + index}`)),
			);
			for (const status of await Promise.all(forged)) expect([401, 503]).toContain(status);
		}
		await delay(500);
		expect(await executionCount()).toBe(3);
		const log = await readFile(n8n.logFile, 'utf8');
		expect(log).not.toContain('31612345670');
		expect(log).not.toContain(sandbox.settings.activeKey?.secret);
	});

	step('a rotation at KPN loses no event', async () => {
		const before = signed(report('old key'));
		sandbox.settings.addKey({ secret: 'another secret' });
		// KPN, too, tries again: it may have been asked for its keys just before.
		const statuses: number[] = [];
		await waitUntil(async () => {
			statuses.push(await post(report('new key'), signed(report('new key'))));
			if (statuses.at(-1) !== 200) await delay(1000);
			return statuses.at(-1) === 200;
		}, 60_000);
		expect(statuses).not.toContain(401);
		expect(await post(report('old key'), before)).toBe(200);
		await n8n.untilExecutions(workflow, 5);
	});

	step('a start of n8n changes nothing at KPN, and repeats are still known', async () => {
		sandbox.settingsCalls.length = 0;
		await n8n.restart();
		expect(await post(report('new key'), signed(report('new key')))).toBe(200);
		expect(await post(report('after'), signed(report('after')))).toBe(200);
		await n8n.untilExecutions(workflow, 6);
		await delay(500);
		expect(await executionCount()).toBe(6);
		expect(sandbox.settingsCalls.filter(({ method }) => method !== 'GET')).toEqual([]);
		expect(sandbox.settings.application).toEqual({ webhook_url: url });
	});

	step('unpublishing puts back what was there, and leaves the keys', async () => {
		await n8n.unpublish(workflow);
		await n8n.untilKpnHas(undefined);
		expect(sandbox.settings.keys).toMatchObject([{ secret: 'another secret', status: 'active' }]);
		expect(await post(report('late'), signed(report('late')))).toBe(404);
	});

	step('KPN being away on publishing is said in words', async () => {
		await sandbox.stopListening();
		await activate(n8n.rest, workflow);
		const { status, errors } = await n8n.publication(workflow);
		expect(status).toBe('failed');
		expect(errors).toEqual([
			expect.stringMatching(/KPN could not be reached \(ECONNREFUSED\)\. Check/),
		]);
		await sandbox.resumeListening();
		await n8n.unpublish(workflow);
		await n8n.publish(workflow);
	});

	step('a request whose headers are not KPN’s is answered before its body has come', async () => {
		const head = `POST ${new URL(url).pathname} HTTP/1.1\r\nhost: n8n\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`;
		const socket = connect(Number(new URL(url).port), new URL(url).hostname);
		socket.write(head);
		const [answer] = (await once(socket, 'data')) as [Buffer];
		expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
		socket.destroy();
	});
});
