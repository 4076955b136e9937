import type { INode } from 'n8n-workflow';
import type { Browser, Page } from 'playwright-core';

import type { StoredWorkflow } from '../../dev/n8n/workflows';
import type { Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import {
	addWaitingWorkflow,
	executionOf,
	latestLink,
	linkIn,
	waitForStatus,
} from '../support/waitingWorkflow';
import { postItems } from '../support/webhookWorkflow';
import { openBrowser, picture } from '../support/editor/browser';
import { TriggerN8n } from '../support/editor/triggerN8n';

// The first run on a machine installs n8n.
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

const PHONE = '+31612345670';

let n8n: TriggerN8n;
let sandbox: Sandbox;
let browser: Browser;

beforeAll(async () => {
	n8n = await TriggerN8n.start();
	({ sandbox } = n8n);
	browser = await openBrowser();
}, SETUP_TIMEOUT_MS);

afterAll(async () => {
	await browser?.close();
	await n8n?.stop();
}, STEP_TIMEOUT_MS);

beforeEach(() => sandbox.reset());

let workflows = 0;

/** Publishes a workflow, and starts it with an item for each text. */
async function ask(
	parameters: INode['parameters'],
	texts: string[] = ['May order 1042 be placed?'],
	more: { settings?: Partial<INode>; loop?: boolean } = {},
): Promise<StoredWorkflow> {
	const path = `ask-${++workflows}`;
	const workflow = await addWaitingWorkflow(n8n.rest, {
		path,
		credential: n8n.credential,
		parameters,
		...more,
	});
	const items = texts.map((text) => ({ to: PHONE, text }));
	await postItems(`${n8n.rest.url}/webhook/${path}`, items);
	return workflow;
}

const waits = async (workflow: StoredWorkflow) =>
	await waitForStatus(n8n.rest, workflow, 'waiting');
const ends = async (workflow: StoredWorkflow, withinMs?: number) =>
	await waitForStatus(n8n.rest, workflow, 'success', withinMs);

/** A phone's browser, at the link of the latest SMS. */
async function opensLink(
	options: { locale?: string; colorScheme?: 'light' | 'dark' } = {},
): Promise<Page> {
	const context = await browser.newContext({
		viewport: { width: 390, height: 700 },
		locale: 'en-GB',
		...options,
	});
	const page = await context.newPage();
	await page.goto(latestLink(sandbox));
	return page;
}

const DOUBLE = { approvalOptions: { values: { approvalType: 'double' } } };

const test = (name: string, body: () => Promise<void>) => it(name, body, STEP_TIMEOUT_MS);

test('approved on a phone: the execution goes on by Answered', async () => {
	const workflow = await ask(DOUBLE);
	await waits(workflow);
	const page = await opensLink();
	await picture(page, 'wait-approval-light');
	await page.getByRole('button', { name: 'Approve' }).click();
	await page.getByText('Your answer has been passed on').waitFor();
	await picture(page, 'wait-thanks-light');
	const run = await ends(workflow);
	expect(run.out('Answered')).toEqual([
		expect.objectContaining({
			outcome: 'answered',
			asked: 'May order 1042 be placed?',
			delivery: 'delivered',
			sending: 'accepted',
			data: { approved: true, respondedAt: expect.any(String) },
			document_id: sandbox.messages[0]?.documentId,
			recipient: PHONE,
		}),
	]);
	expect(run.out('Not Delivered')).toEqual([]);
	expect(run.out('No Answer')).toEqual([]);
	expect(sandbox.messages).toHaveLength(1);
});

test('declined, in Dutch and in the dark', async () => {
	const workflow = await ask(DOUBLE);
	await waits(workflow);
	const page = await opensLink({ locale: 'nl-NL', colorScheme: 'dark' });
	await picture(page, 'wait-approval-dark');
	await page.getByRole('button', { name: 'Niet akkoord' }).click();
	await page.getByText('Uw antwoord is doorgegeven').waitFor();
	expect((await ends(workflow)).out('Answered')).toEqual([
		expect.objectContaining({ data: { approved: false, respondedAt: expect.any(String) } }),
	]);
});

test('a text comes out as it was typed, and is shown as text, never as markup', async () => {
	const workflow = await ask({ responseType: 'freeText' }, ['<b>Which</b> day suits you?']);
	await waits(workflow);
	const page = await opensLink();
	await page.getByText('<b>Which</b> day suits you?').waitFor();
	const typed = 'Tuesday <script>alert(1)</script> & "Friday"\nAt noon';
	await page.getByLabel('Your answer').fill(typed);
	await picture(page, 'wait-text-light');
	await page.getByRole('button', { name: 'Send' }).click();
	await page.getByText('<script>alert(1)</script>').waitFor();
	expect((await ends(workflow)).out('Answered')).toEqual([
		expect.objectContaining({ data: { text: typed, respondedAt: expect.any(String) } }),
	]);
});

test('a form: what is missing is asked for again, what is complete comes out by its labels', async () => {
	const values = [
		{ fieldLabel: 'Guests', fieldType: 'number', requiredField: true },
		{
			fieldLabel: 'Table',
			fieldType: 'dropdown',
			fieldOptions: { values: [{ option: 'Inside' }, { option: 'Outside' }] },
		},
		{ fieldLabel: 'Remarks', fieldType: 'textarea' },
	];
	const workflow = await ask({ responseType: 'form', formFields: { values } });
	await waits(workflow);
	const page = await opensLink({ colorScheme: 'dark' });
	await page.getByLabel('Table').selectOption('Outside');
	await picture(page, 'wait-form-dark');
	const url = latestLink(sandbox);
	const bad = await fetch(url, {
		method: 'POST',
		body: new URLSearchParams({ f1: 'On the roof' }),
		headers: { 'accept-language': 'en' },
	});
	expect(bad.status).toBe(422);
	expect(await bad.text()).toContain('Please fill in: Guests');
	await page.getByLabel('Guests').fill('4');
	await page.getByRole('button', { name: 'Send' }).click();
	await page.getByText('Thank you').first().waitFor();
	expect((await ends(workflow)).out('Answered')).toEqual([
		expect.objectContaining({
			data: { Guests: 4, Table: 'Outside', Remarks: null, respondedAt: expect.any(String) },
		}),
	]);
});

test('an SMS that does not arrive ends the wait for an answer, and what is not final does not', async () => {
	sandbox.planReports({
		reports: [{ status: 2 }, { status: 3 }, { status: 4, errorCode: '007', afterMs: 2500 }],
	});
	const workflow = await ask(DOUBLE);
	await waitUntil(() => sandbox.deliveries.filter(({ status }) => status === 200).length === 2);
	await waits(workflow);
	const run = await ends(workflow);
	expect(run.out('Answered')).toEqual([]);
	expect(run.out('Not Delivered')).toEqual([
		expect.objectContaining({
			outcome: 'notDelivered',
			asked: 'May order 1042 be placed?',
			delivery: 'failed',
			report: expect.objectContaining({
				errorCode: '007',
				errorMessage: 'Out of coverage: worth trying later',
			}),
		}),
	]);
	// A link that comes too late is told so, and changes nothing.
	const late = await fetch(latestLink(sandbox));
	expect(await late.text()).toContain('No action required');
});

it.each([
	[{ status: 1 }, 'Answered', { outcome: 'delivered', delivery: 'delivered' }],
	[{ status: 4, errorCode: '008' }, 'Not Delivered', { delivery: 'failed' }],
	[{ status: 5, errorCode: '004' }, 'Not Delivered', { delivery: 'rejected' }],
	[{ status: 6, errorCode: '024' }, 'Not Delivered', { delivery: 'expired' }],
] as const)('waiting for the report alone: %j comes out of %s', async (report, exit, json) => {
	sandbox.planReports({ reports: [{ status: 2 }, { ...report, afterMs: 500 }] });
	const workflow = await ask({ responseType: 'deliveryReport' });
	const run = await ends(workflow);
	expect(run.out(exit)).toEqual([expect.objectContaining(json)]);
	expect(sandbox.messages.map(({ content }) => content)).toEqual(['May order 1042 be placed?']);
});

test('opened twice, looked at by a preview, and forged: only the answer decides, once', async () => {
	const workflow = await ask(DOUBLE);
	const { id } = await waits(workflow);
	const link = latestLink(sandbox);
	const still = async () => expect((await executionOf(n8n.rest, id)).status).toBe('waiting');

	for (const method of ['GET', 'GET', 'HEAD']) {
		const preview = await fetch(link, { method, headers: { 'user-agent': 'LinkPreview/1.0' } });
		expect(preview.status).toBe(200);
	}
	await still();

	const approve = { method: 'POST', body: new URLSearchParams({ approved: 'true' }) };
	const forged = [
		link.replace(/signature=./, (start) => start.slice(0, -1) + (start.endsWith('0') ? '1' : '0')),
		link.replace(/&?signature=[^&]*/, ''),
		// The query is signed: neither may a link pose as a report, nor the other way round.
		link.replace('?a=', '?r='),
		link.replace('?a=', '?a=x'),
		`${link}&r=x`,
	];
	for (const url of forged) expect((await fetch(url, approve)).status).toBe(401);
	const report = sandbox.messages[0]?.webhookUrl ?? '';
	expect(new URL(report).searchParams.get('r')).toMatch(/^.{4}$/);
	for (const url of [report, link]) {
		const bodies = [
			new URLSearchParams({ approved: 'maybe' }),
			JSON.stringify({ approved: 'true', Status: 4 }),
			JSON.stringify({ approved: true, data: { approved: true } }),
		].slice(url === report ? 2 : 0);
		for (const body of bodies) await fetch(url, { method: 'POST', body });
	}
	expect((await fetch(report, approve)).status).toBe(200);
	expect((await fetch(report)).status).toBe(405);
	await still();

	const answers = await Promise.all([
		fetch(link, approve),
		fetch(link, approve),
		fetch(link, approve),
	]);
	const pages = await Promise.all(answers.map(async (one) => await one.text()));
	expect(pages.filter((page) => page.includes('Your answer has been passed on'))).toHaveLength(1);
	const run = await ends(workflow);
	expect(run.out('Answered')).toHaveLength(1);

	const late = await fetch(link, {
		method: 'POST',
		body: new URLSearchParams({ approved: 'false' }),
	});
	expect(await late.text()).toContain('No action required');
	expect((await executionOf(n8n.rest, id)).out('Answered')).toEqual(run.out('Answered'));
});

test('a restart of n8n in between loses nothing', async () => {
	const workflow = await ask({ responseType: 'freeText' });
	await waits(workflow);
	await n8n.restart();
	const page = await opensLink();
	await page.getByLabel('Your answer').fill('Yes');
	await page.getByRole('button', { name: 'Send' }).click();
	await page.getByText('Thank you').first().waitFor();
	expect((await ends(workflow)).out('Answered')).toHaveLength(1);
	expect(sandbox.messages).toHaveLength(1);
});

test('nobody answers in time: the item comes out of No Answer, and says so', async () => {
	const values = { limitType: 'afterTimeInterval', resumeAmount: 0.05, resumeUnit: 'minutes' };
	const workflow = await ask({ ...DOUBLE, options: { limitWaitTime: { values } } });
	await waits(workflow);
	const run = await ends(workflow, 150_000);
	expect(run.out('Answered')).toEqual([]);
	expect(run.out('No Answer')).toEqual([
		expect.objectContaining({
			outcome: 'noAnswer',
			message: expect.stringMatching(/^Nobody answered within Limit Wait Time/),
			asked: 'May order 1042 be placed?',
			delivery: 'unknown',
			respondedAt: null,
		}),
	]);
	expect(await (await fetch(latestLink(sandbox))).text()).toContain('No action required');
});

test('in a loop, the link of an earlier turn does not answer for a later one', async () => {
	const workflow = await ask(DOUBLE, ['For Ann: yes?', 'For Ben: yes?'], { loop: true });
	const { id } = await waits(workflow);
	const [forAnn] = sandbox.messages.map(({ content }) => linkIn(content));
	const yes = { method: 'POST', body: new URLSearchParams({ approved: 'true' }) };
	expect((await fetch(forAnn ?? '', yes)).status).toBe(200);
	await waitUntil(() => sandbox.messages.length === 2);
	await waits(workflow);
	const again = await fetch(forAnn ?? '', yes);
	expect(again.status).toBe(410);
	expect(await again.text()).toContain('no longer open');
	await fetch(sandbox.messages[0]?.webhookUrl ?? '', {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ DLRID: '1', Status: 4, ErrorCode: '008' }),
	});
	expect((await executionOf(n8n.rest, id)).status).toBe('waiting');
	const page = await opensLink();
	await page.getByText('For Ben').waitFor();
	await page.getByRole('button', { name: 'Decline' }).click();
	const run = await ends(workflow);
	expect(run.out('Answered').map(({ data }) => data)).toEqual([
		expect.objectContaining({ approved: true }),
		expect.objectContaining({ approved: false }),
	]);
});

test('two branches lead to the node: each of their items gets its SMS, and waits for its own answer', async () => {
	const path = `ask-${++workflows}`;
	const parameters = { ...DOUBLE };
	const workflow = await addWaitingWorkflow(n8n.rest, {
		path,
		credential: n8n.credential,
		parameters,
		branches: true,
	});
	await postItems(`${n8n.rest.url}/webhook/${path}`, [
		{ to: PHONE, text: 'One?' },
		{ to: '+31612345671', text: 'Two?' },
	]);
	for (const count of [1, 2]) {
		await waitUntil(() => sandbox.messages.length === count);
		await waits(workflow);
		await fetch(latestLink(sandbox), {
			method: 'POST',
			body: new URLSearchParams({ approved: 'true' }),
		});
	}
	expect((await ends(workflow)).out('Answered').map(({ outcome }) => outcome)).toEqual([
		'answered',
		'answered',
	]);
});

test('a report that comes while the execution still runs is taken when KPN tries again', async () => {
	sandbox.inject({ delayMs: 0 });
	sandbox.planReports({ reports: [{ status: 4, errorCode: '008', afterMs: 0 }] });
	const workflow = await ask({ responseType: 'deliveryReport' });
	const run = await ends(workflow);
	expect(run.out('Not Delivered')).toHaveLength(1);
	const attempts = sandbox.deliveries.map(({ status }) => status);
	process.stdout.write(`Attempts to report: ${attempts.join(', ')}\n`);
	expect(attempts.at(-1)).toBe(200);
	const { url = '', headers = {}, body = '' } = sandbox.deliveries[0] ?? {};
	for (let repeat = 0; repeat < 2; repeat++) {
		expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
	}
	expect(await n8n.rest.executionsOf(workflow.id)).toHaveLength(1);
});

it.each([
	['several items', {}, ['One', 'Two'], /takes one item, and 2 came in.*Loop Over Items/],
	['several numbers', { mobileNumber: `${PHONE}, 0612345671` }, ['One'], /2 numbers/],
	[
		'a limit in the past',
		{
			options: {
				limitWaitTime: { values: { limitType: 'atSpecifiedTime', maxDateAndTime: '2020-01-01' } },
			},
		},
		['One'],
		/is in the past/,
	],
	['a form without fields', { responseType: 'form' }, ['One'], /Form Fields is empty/],
	['too many parts', { options: { maximumParts: 1 } }, ['One'], /The link takes 1\d\d characters/],
	['no text', {}, [''], /Message is empty/],
] as const)('%s: nothing is sent, and the words say why', async (_, parameters, texts, words) => {
	const workflow = await ask(parameters as INode['parameters'], [...texts]);
	const run = await waitForStatus(n8n.rest, workflow, 'error');
	expect(run.error).toMatch(words);
	expect(sandbox.calls).toHaveLength(0);
});

test('refused by KPN: nothing waits; in Continue it comes out of Not Delivered or the error branch', async () => {
	sandbox.inject({ times: null, answer: { kind: 'http', status: 400 } });
	const settings = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
	const stopped = await waitForStatus(
		n8n.rest,
		await ask(DOUBLE, undefined, { settings }),
		'error',
	);
	expect(stopped.error).toMatch(/^Not sent/);
	for (const [onError, exit] of [
		['continueRegularOutput', 'Not Delivered'],
		['continueErrorOutput', 'Error'],
	] as const) {
		const run = await ends(await ask(DOUBLE, undefined, { settings: { onError } }));
		expect(run.out(exit)).toEqual([expect.objectContaining({ outcome: 'refused' })]);
		expect(run.out('Answered')).toEqual([]);
	}
	expect(sandbox.messages).toHaveLength(0);
});

test('an unknown outcome waits, and is never sent again', async () => {
	// With a token that is no longer taken, KPN would not have the message.
	await ends(await ask({ responseType: 'deliveryReport' }));
	sandbox.inject({ times: null, accept: true, answer: { kind: 'reset' } });
	for (const onError of ['stopWorkflow', 'continueErrorOutput'] as const) {
		sandbox.messages.length = 0;
		const settings = { onError, retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
		const workflow = await ask(DOUBLE, undefined, { settings });
		await waits(workflow);
		const page = await opensLink();
		await page.getByRole('button', { name: 'Approve' }).click();
		const run = await ends(workflow);
		expect(run.out('Answered')).toEqual([
			expect.objectContaining({ outcome: 'answered', sending: 'unknown' }),
		]);
		expect(sandbox.messages).toHaveLength(1);
	}
});

test('Dry Run shows the text with its link and its parts, and waits for nothing', async () => {
	const run = await ends(await ask({ ...DOUBLE, options: { dryRun: true } }));
	expect(run.out('No Answer')).toEqual([
		expect.objectContaining({
			outcome: 'dryRun',
			parts: 2,
			content: expect.stringMatching(/placed\?\nhttp:\S+signature=/),
		}),
	]);
	expect(sandbox.calls).toHaveLength(0);
});

test('stopped while it waited, then retried: no second SMS, and it says what happened', async () => {
	const workflow = await ask(DOUBLE);
	const { id } = await waits(workflow);
	await n8n.rest.post(`/executions/${id}/stop`, {});
	await waitUntil(async () => (await executionOf(n8n.rest, id)).status === 'canceled');
	await n8n.rest.post(`/executions/${id}/retry`, { loadWorkflow: false });
	await waitUntil(async () => (await n8n.rest.executionsOf(workflow.id))[0]?.status !== 'running');
	const [newest] = await n8n.rest.executionsOf(workflow.id);
	const run = await executionOf(n8n.rest, newest?.id ?? '');
	expect(run.out('Answered')).toEqual([]);
	expect(run.out('No Answer')).toEqual([
		expect.objectContaining({
			outcome: 'noAnswer',
			message:
				'Nobody answered before the wait was stopped. This execution is a retry of it, and sent nothing. The link in the SMS takes no answer any more.',
		}),
	]);
	expect(sandbox.messages).toHaveLength(1);
});

test('on the sandbox’s page: the link in the SMS opens, and a phone that is barred gets nothing', async () => {
	const workflow = await ask(DOUBLE);
	await waits(workflow);
	const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
	const phones = await context.newPage();
	await phones.goto(sandbox.url);
	const link = phones.locator('[data-message] a');
	await link.waitFor();
	await picture(phones, 'wait-phone');
	const [opened] = await Promise.all([context.waitForEvent('page'), link.click()]);
	await opened.getByRole('button', { name: 'Approve' }).click();
	await opened.getByText('has been passed on').waitFor();
	await ends(workflow);

	await phones.getByLabel(`Phone ${PHONE} is`).selectOption('barred');
	await waitUntil(() => sandbox.phoneStates.get(PHONE) === 'barred');
	const barred = await ends(await ask({ responseType: 'deliveryReport' }));
	expect(barred.out('Not Delivered')).toEqual([
		expect.objectContaining({
			delivery: 'rejected',
			report: expect.objectContaining({ errorCode: '003' }),
		}),
	]);
	await phones.reload();
	await phones.locator(`[data-phone="${PHONE}"]`).waitFor();
	await waitUntil(
		async () => (await phones.getByLabel(`Phone ${PHONE} is`).inputValue()) === 'barred',
	);
});
