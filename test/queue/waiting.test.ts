import type { INode } from 'n8n-workflow';

import { addSandboxCredential, type CredentialReference } from '../../dev/n8n/credentials';
import type { StoredWorkflow } from '../../dev/n8n/workflows';
import { startSandbox, type Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { addWaitingWorkflow, latestLink, waitForStatus } from '../support/waitingWorkflow';
import { postItems } from '../support/webhookWorkflow';
import { QueueMode } from '../support/queue/queueMode';

/** Send and Wait on workers, with all of n8n stopped while it waits. */

const MINUTES = 60_000;

let sandbox: Sandbox;
let n8n: QueueMode;
let credential: CredentialReference;

beforeAll(async () => {
	sandbox = await startSandbox();
	n8n = await QueueMode.start({ workers: 1, webhooks: true });
	credential = await addSandboxCredential(n8n.rest, sandbox);
}, 40 * MINUTES);

afterAll(async () => {
	await n8n?.stop();
	await sandbox?.close();
}, 2 * MINUTES);

beforeEach(() => sandbox.reset());

let workflows = 0;

async function ask(parameters: INode['parameters']): Promise<StoredWorkflow> {
	const name = `wait-${++workflows}`;
	const workflow = await addWaitingWorkflow(n8n.rest, { path: name, credential, parameters });
	const items = [{ to: '+31612345670', text: 'May order 1042 be placed?' }];
	const response = await postItems(`${n8n.webhooks?.url}/webhook/${name}`, items);
	if (!response.ok) throw new Error(`The webhook answered ${response.status}`);
	await waitUntil(() => sandbox.messages.length === 1);
	await waitForStatus(n8n.rest, workflow, 'waiting');
	return workflow;
}

test(
	'an answer that comes after all of n8n was stopped and started: once, on a worker',
	async () => {
		const workflow = await ask({ approvalOptions: { values: { approvalType: 'double' } } });
		await n8n.restartAll();
		const link = latestLink(sandbox);
		expect(new URL(link).origin).toBe(n8n.webhooks?.url);
		for (const method of ['GET', 'HEAD']) expect((await fetch(link, { method })).status).toBe(200);
		expect((await fetch(`${link}0`)).status).toBe(401);
		const yes = { method: 'POST', body: new URLSearchParams({ approved: 'true' }) };
		const answers = await Promise.all([fetch(link, yes), fetch(link, yes)]);
		const pages = await Promise.all(answers.map(async (one) => await one.text()));
		process.stdout.write(
			`Two answers at once: ${answers.map(({ status }) => status).join(', ')}\n`,
		);
		expect(pages.filter((page) => page.includes('has been passed on'))).toHaveLength(1);
		const run = await waitForStatus(n8n.rest, workflow, 'success');
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
		expect((await waitForStatus(n8n.rest, failed, 'success')).out('Not Delivered')).toEqual([
			expect.objectContaining({ delivery: 'rejected', asked: 'May order 1042 be placed?' }),
		]);

		sandbox.reset();
		sandbox.planReports({ reports: [{ status: 1, afterMs: 3000 }] });
		const arrived = await ask({ responseType: 'deliveryReport' });
		expect((await waitForStatus(n8n.rest, arrived, 'success')).out('Answered')).toEqual([
			expect.objectContaining({ outcome: 'delivered' }),
		]);

		sandbox.reset();
		const values = { limitType: 'afterTimeInterval', resumeAmount: 0.05, resumeUnit: 'minutes' };
		const late = await ask({ responseType: 'freeText', options: { limitWaitTime: { values } } });
		const over = await waitForStatus(n8n.rest, late, 'success', 150_000);
		expect(over.out('No Answer')).toEqual([
			expect.objectContaining({ outcome: 'noAnswer', asked: 'May order 1042 be placed?' }),
		]);
		expect(over.out('Answered')).toEqual([]);
	},
	6 * MINUTES,
);
