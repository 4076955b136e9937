import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { INode } from 'n8n-workflow';

import { installThisPackage } from '../../dev/n8n/communityPackage';
import { freePort } from '../../dev/n8n/ports';
import { N8nRest } from '../../dev/n8n/rest';
import type { RunningN8n } from '../../dev/n8n/run';
import type { CredentialReference, StoredWorkflow } from '../../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { startSandbox, type Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { addWaitingWorkflow, latestLink, waitForStatus } from '../support/waitingWorkflow';
import { postItems } from '../support/webhookWorkflow';
import { startPart, type QueueMode } from '../support/queue/queueMode';
import { startPostgres, startRedis } from '../support/queue/services';

/** Send and Wait on workers, with all of n8n stopped while it waits. */

const MINUTES = 60_000;

let mode: QueueMode;
let sandbox: Sandbox;
let main: RunningN8n;
let webhooks: RunningN8n;
let worker: RunningN8n;
let rest: N8nRest;
let credential: CredentialReference;
let webhookPort: number;

beforeAll(async () => {
	const folder = await mkdtemp(path.join(tmpdir(), 'kpn-sms-waiting-'));
	await chmod(folder, 0o755);
	const [postgres, redis] = await Promise.all([startPostgres(folder), startRedis(folder)]);
	webhookPort = await freePort();
	const env = { WEBHOOK_URL: `http://127.0.0.1:${webhookPort}/` };
	mode = { folder, postgres, redis, env };
	sandbox = await startSandbox();
	await installThisPackage(folder);
	main = await startPart(mode, 'start');
	await startOthers();
	rest = new N8nRest(main.url);
	await rest.logIn();
	credential = await rest.post<CredentialReference>('/credentials', {
		name: 'KPN SMS',
		type: CREDENTIAL_TYPE,
		data: {
			clientId: sandbox.clientId,
			clientSecret: sandbox.clientSecret,
			smsApi: 'current',
			environment: 'custom',
			baseUrl: sandbox.url,
		},
	});
}, 40 * MINUTES);

afterAll(async () => {
	await Promise.all([main, webhooks, worker].map(async (part) => await part?.stop()));
	await Promise.all([mode?.postgres.stop(), mode?.redis.stop(), sandbox?.close()]);
	if (mode) await rm(mode.folder, { recursive: true, force: true });
}, 2 * MINUTES);

beforeEach(() => sandbox.reset());

async function startOthers(): Promise<void> {
	[webhooks, worker] = await Promise.all([
		startPart(mode, 'webhook', webhookPort),
		startPart(mode, 'worker'),
	]);
}

async function restartAll(): Promise<void> {
	await Promise.all([main, webhooks, worker].map(async (part) => await part.stop()));
	const port = Number(new URL(main.url).port);
	main = await startPart(mode, 'start', port);
	await startOthers();
	await rest.logIn();
}

let workflows = 0;

async function ask(parameters: INode['parameters']): Promise<StoredWorkflow> {
	const name = `wait-${++workflows}`;
	const workflow = await addWaitingWorkflow(rest, { path: name, credential, parameters });
	const items = [{ to: '+31612345670', text: 'May order 1042 be placed?' }];
	const response = await postItems(`${webhooks.url}/webhook/${name}`, items);
	if (!response.ok) throw new Error(`The webhook answered ${response.status}`);
	await waitUntil(() => sandbox.messages.length === 1);
	await waitForStatus(rest, workflow, 'waiting');
	return workflow;
}

test(
	'an answer that comes after all of n8n was stopped and started: once, on a worker',
	async () => {
		const workflow = await ask({ approvalOptions: { values: { approvalType: 'double' } } });
		await restartAll();
		const link = latestLink(sandbox);
		expect(new URL(link).port).toBe(String(webhookPort));
		for (const method of ['GET', 'HEAD']) expect((await fetch(link, { method })).status).toBe(200);
		expect((await fetch(`${link}0`)).status).toBe(401);
		const yes = { method: 'POST', body: new URLSearchParams({ approved: 'true' }) };
		const answers = await Promise.all([fetch(link, yes), fetch(link, yes)]);
		const pages = await Promise.all(answers.map(async (one) => await one.text()));
		process.stdout.write(
			`Two answers at once: ${answers.map(({ status }) => status).join(', ')}\n`,
		);
		expect(pages.filter((page) => page.includes('has been passed on'))).toHaveLength(1);
		const run = await waitForStatus(rest, workflow, 'success');
		expect(run.out('Answered')).toEqual([
			expect.objectContaining({
				asked: 'May order 1042 be placed?',
				data: expect.objectContaining({ approved: true }),
			}),
		]);
		expect(await (await fetch(link)).text()).toContain('No action required');
		expect(sandbox.messages).toHaveLength(1);
	},
	5 * MINUTES,
);

test(
	'what did not arrive, what arrived, and what nobody answered',
	async () => {
		sandbox.planReports({
			reports: [{ status: 2 }, { status: 5, errorCode: '004', afterMs: 3000 }],
		});
		const failed = await ask({ responseType: 'freeText' });
		expect((await waitForStatus(rest, failed, 'success')).out('Not Delivered')).toEqual([
			expect.objectContaining({ delivery: 'rejected', asked: 'May order 1042 be placed?' }),
		]);

		sandbox.reset();
		sandbox.planReports({ reports: [{ status: 1, afterMs: 3000 }] });
		const arrived = await ask({ responseType: 'deliveryReport' });
		expect((await waitForStatus(rest, arrived, 'success')).out('Answered')).toEqual([
			expect.objectContaining({ outcome: 'delivered' }),
		]);

		sandbox.reset();
		const values = { limitType: 'afterTimeInterval', resumeAmount: 0.05, resumeUnit: 'minutes' };
		const late = await ask({ responseType: 'freeText', options: { limitWaitTime: { values } } });
		const over = await waitForStatus(rest, late, 'success', 150_000);
		expect(over.out('No Answer')).toEqual([
			expect.objectContaining({ outcome: 'noAnswer', asked: 'May order 1042 be placed?' }),
		]);
		expect(over.out('Answered')).toEqual([]);
	},
	6 * MINUTES,
);
