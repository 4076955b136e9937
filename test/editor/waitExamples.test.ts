import { parse } from 'flatted';
import type { IRunExecutionData } from 'n8n-workflow';
import type { Browser } from 'playwright-core';

import { addCredential } from '../../dev/n8n/credentials';
import { OWNER, postJson } from '../../dev/n8n/rest';
import { activate, formUrl, type StoredWorkflow } from '../../dev/n8n/workflows';
import type { Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { latestLink, waitForStatus } from '../support/waitingWorkflow';
import { openBrowser, openPage } from '../support/editor/browser';
import { EditorPage } from '../support/editor/editorPage';
import { addExampleTo } from '../support/editor/exampleWorkflow';
import { MailServer } from '../support/editor/smtp';
import { TriggerN8n } from '../support/editor/triggerN8n';

const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

let n8n: TriggerN8n;
let sandbox: Sandbox;
let browser: Browser;
const mailServer = new MailServer();

beforeAll(async () => {
	n8n = await TriggerN8n.start();
	({ sandbox } = n8n);
	browser = await openBrowser();
}, SETUP_TIMEOUT_MS);

afterAll(async () => {
	await browser?.close();
	mailServer.close();
	await n8n?.stop();
}, STEP_TIMEOUT_MS);

beforeEach(() => sandbox.reset());

/** The nodes that ran, with the JSON of what they gave out. */
async function ran(workflow: StoredWorkflow): Promise<Record<string, object[]>> {
	const { id } = await waitForStatus(n8n.rest, workflow, 'success');
	const { data } = await n8n.rest.get<{ data: string }>(`/executions/${id}`);
	const { runData } = (parse(data) as IRunExecutionData).resultData;
	return Object.fromEntries(
		Object.entries(runData).map(([name, runs]) => [
			name,
			runs
				.flatMap((run) => (run.data?.main ?? []).flatMap((items) => items ?? []))
				.map(({ json }) => json),
		]),
	);
}

const answers = async (approved: boolean) =>
	await fetch(latestLink(sandbox), {
		method: 'POST',
		body: new URLSearchParams({ approved: String(approved) }),
	});

it(
	'Ask the Manager by SMS orders what was approved, and nothing else',
	async () => {
		const workflow = await addExampleTo(n8n, 'ask-the-manager');
		await activate(n8n.rest, workflow);
		const page = await openPage(browser);
		await page.goto(await formUrl(n8n.rest, workflow));
		await page.getByLabel('What').fill('A printer');
		await page.getByLabel('Price').fill('300');
		await page.getByRole('button', { name: 'Submit' }).click();
		await waitForStatus(n8n.rest, workflow, 'waiting');
		expect(sandbox.messages[0]?.content).toMatch(
			/^Purchase request: A printer, 300 euro\. Agreed\?\n/,
		);
		await page.goto(latestLink(sandbox));
		await page.getByRole('button', { name: 'Approve' }).click();
		await page.getByText('has been passed on').waitFor();
		const nodes = await ran(workflow);
		expect(nodes).toHaveProperty('Place the Order');
		expect(nodes).not.toHaveProperty('Say No');
		expect(nodes).not.toHaveProperty('Ask Somebody Else');
	},
	STEP_TIMEOUT_MS,
);

it(
	'Appointment: Confirm or Call makes a task of whoever declines, or did not get the SMS',
	async () => {
		const workflow = await addExampleTo(n8n, 'appointment-confirm-or-call');
		await activate(n8n.rest, workflow);
		const post = async () =>
			await postJson(`${n8n.rest.url}/webhook/appointment`, {
				name: 'Anna',
				mobileNumber: '0612345671',
				when: 'tomorrow at 10:30',
			});
		for (const [approved, node, json] of [
			[true, 'Confirm in the Calendar', { customer: 'Anna' }],
			[false, 'Call the Customer', { customer: 'Anna', why: 'It does not suit' }],
		] as const) {
			await post();
			await waitForStatus(n8n.rest, workflow, 'waiting');
			await answers(approved);
			expect((await ran(workflow))[node]).toEqual([expect.objectContaining(json)]);
		}
		sandbox.planReports({ reports: [{ status: 4, errorCode: '008', afterMs: 1500 }] });
		await post();
		await waitForStatus(n8n.rest, workflow, 'waiting');
		expect((await ran(workflow))['Call the Customer']).toEqual([
			expect.objectContaining({ mobileNumber: '0612345671', why: 'The SMS did not arrive' }),
		]);
	},
	STEP_TIMEOUT_MS,
);

it(
	'Not Delivered → E-Mail sends the e-mail only if the SMS did not arrive',
	async () => {
		const smtp = await addCredential(n8n.rest, 'SMTP', 'smtp', await mailServer.listen());
		const workflow = await addExampleTo(n8n, 'not-delivered-to-email', { smtp });
		const person = new EditorPage(await openPage(browser), n8n.rest.url);
		await person.logsIn(OWNER);
		await person.opensWorkflow(workflow.id);
		for (const [reports, mails] of [
			[[{ status: 1, afterMs: 1500 }], 0],
			[[{ status: 4, errorCode: '005', afterMs: 1500 }], 1],
		] as const) {
			sandbox.reset();
			sandbox.planReports({ reports: [...reports] });
			await person.executesWorkflow();
			await waitUntil(() => sandbox.deliveries.at(-1)?.status === 200);
			await waitForStatus(n8n.rest, workflow, 'success');
			expect(mailServer.mails).toHaveLength(mails);
		}
		expect(mailServer.mails[0]).toMatch(/Your bike is ready/);
	},
	STEP_TIMEOUT_MS,
);
