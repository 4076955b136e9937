import type { Browser } from 'playwright-core';

import { addCredential, type CredentialReference } from '../../dev/n8n/credentials';
import { OWNER } from '../../dev/n8n/rest';
import { addExample, type StoredWorkflow } from '../../dev/n8n/workflows';
import type { Sandbox } from '../../sandbox';
import { sender } from '../support/sandbox/client';
import { openBrowser, openPage, picture } from '../support/editor/browser';
import { rowsOf } from '../support/editor/dataTable';
import { EditorPage } from '../support/editor/editorPage';
import { addExampleTo } from '../support/editor/exampleWorkflow';
import { MailServer } from '../support/editor/smtp';
import { waitUntil } from '../support/waitUntil';
import { TriggerN8n } from '../support/editor/triggerN8n';

// The first run on a machine installs n8n.
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

const PHONE = '+31612345670';

let n8n: TriggerN8n;
let sandbox: Sandbox;
let mailServer: MailServer;
let browser: Browser;

beforeAll(async () => {
	n8n = await TriggerN8n.start();
	({ sandbox } = n8n);
	mailServer = new MailServer();
	browser = await openBrowser();
}, SETUP_TIMEOUT_MS);

afterAll(async () => {
	await browser?.close();
	mailServer?.close();
	await n8n?.stop();
}, STEP_TIMEOUT_MS);

/** Publishes an example, lets it run, and unpublishes it: KPN has one webhook URL. */
async function withExample(
	name: string,
	credentials: Record<string, CredentialReference>,
	body: (workflow: StoredWorkflow) => Promise<void>,
): Promise<void> {
	const workflow = await addExampleTo(n8n, name, credentials);
	await n8n.publish(workflow);
	try {
		await body(workflow);
	} finally {
		await n8n.unpublish(workflow);
		await n8n.untilKpnHas(undefined);
	}
}

const sendSms = async (content: string) => {
	const send = await sender(sandbox);
	await send({ messages: [{ content, mobile_number: PHONE }] });
};

it(
	'Delivery Reports → Data Table keeps one row for each SMS, with its latest status',
	async () => {
		await withExample('reports-to-data-table', {}, async (workflow) => {
			sandbox.planReports({
				match: { content: 'slow' },
				reports: [{ status: 2 }, { status: 4, errorCode: '007', afterMs: 3000 }],
			});
			await sendSms('fast');
			await n8n.untilExecutions(workflow, 1);
			await sendSms('slow');
			await n8n.untilExecutions(workflow, 3);
			const rows = await rowsOf(n8n.rest, 'sms-reports');
			expect(rows).toHaveLength(2);
			expect(rows).toContainEqual(
				expect.objectContaining({ recipient: PHONE, status: 'delivered', error: '' }),
			);
			expect(rows).toContainEqual(
				expect.objectContaining({
					document_id: sandbox.messages.at(-1)?.documentId,
					status: 'failed',
					error: 'Out of coverage: worth trying later',
				}),
			);
		});
	},
	STEP_TIMEOUT_MS,
);

it(
	'SMS sent from the editor: their reports arrive by themselves, and start the report workflow',
	async () => {
		await withExample('reports-to-data-table', {}, async (workflow) => {
			const { id } = await addExample(n8n.rest, 'sheet-to-sms', n8n.credential);
			const person = new EditorPage(await openPage(browser), n8n.rest.url);
			await person.logsIn(OWNER);
			await person.opensWorkflow(id);
			await person.executesWorkflow();
			await n8n.untilExecutions(workflow, 3);
			const rows = await rowsOf(n8n.rest, 'sms-reports');
			for (const { recipient, documentId } of sandbox.messages.slice(-3)) {
				expect(rows).toContainEqual(
					expect.objectContaining({ recipient, document_id: documentId, status: 'delivered' }),
				);
			}
		});
	},
	STEP_TIMEOUT_MS,
);

it(
	'Inbound SMS → Auto-Reply answers what is typed on a phone, and after STOP never again',
	async () => {
		await withExample('inbound-sms-to-auto-reply', {}, async (workflow) => {
			await sendSms('Your bike is ready.');
			const before = sandbox.messages.length;
			const answers = () => sandbox.messages.length - before;
			const page = await openPage(browser);
			await page.goto(sandbox.url);
			const types = async (content: string) => {
				await page.getByLabel(`Reply from ${PHONE}`).fill(content);
				await page.keyboard.press('Enter');
			};
			await types('When are you open?');
			await page.locator('[data-message]', { hasText: 'Thank you for your message' }).waitFor();
			await n8n.untilExecutions(workflow, 1);
			expect(sandbox.messages.at(-1)).toMatchObject({ recipient: PHONE });
			await types('Stop please');
			await n8n.untilExecutions(workflow, 2);
			await types('And tomorrow?');
			await n8n.untilExecutions(workflow, 3);
			expect(answers()).toBe(1);
			await picture(page, 'trigger-replies');
			sandbox.receiveSms({ sender: '+31612345671', content: 'Hello' });
			await n8n.untilExecutions(workflow, 4);
			await waitUntil(() => answers() === 2);
			expect(await rowsOf(n8n.rest, 'sms-stop')).toMatchObject([{ mobile_number: PHONE }]);
		});
	},
	STEP_TIMEOUT_MS,
);

it(
	'Failed Delivery → E-Mail tells of what failed, and of nothing else',
	async () => {
		const smtp = await addCredential(n8n.rest, 'SMTP', 'smtp', await mailServer.listen());
		await withExample('failed-delivery-to-email', { smtp }, async (workflow) => {
			await sendSms('arrives');
			await n8n.untilExecutions(workflow, 1);
			sandbox.planReports({
				match: { content: 'fails' },
				reports: [{ status: 2 }, { status: 5, errorCode: '004', afterMs: 3000 }],
			});
			await sendSms('fails');
			await n8n.untilExecutions(workflow, 3);
			expect(mailServer.mails).toHaveLength(1);
			expect(mailServer.mails[0]).toMatch(/Subject: SMS to \+31612345670: rejected/);
			expect(mailServer.mails[0]).toMatch(/Recipient opted out/);
		});
	},
	STEP_TIMEOUT_MS,
);
