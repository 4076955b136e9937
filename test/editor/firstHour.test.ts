import type { Browser, Page } from 'playwright-core';

import { OWNER } from '../../dev/n8n/rest';
import { activate, deactivate } from '../../dev/n8n/workflows';
import { waitUntil } from '../support/waitUntil';
import { openBrowser, openPage, picture } from '../support/editor/browser';
import { rowsOf } from '../support/editor/dataTable';
import { FirstStart } from '../support/editor/firstStart';
import { EditorPage } from '../support/editor/editorPage';

// The first run on a machine installs n8n.
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

const ANNA = '+31612345671';
const BRAM = '+31612345672';

let first: FirstStart;
let browser: Browser;
/** The page of the phones, open all the time. */
let phones: Page;
let person: EditorPage;

beforeAll(async () => {
	first = await FirstStart.prepare();
	await first.start();
	browser = await openBrowser();
	phones = await openPage(browser);
	person = new EditorPage(await openPage(browser), first.n8n);
}, SETUP_TIMEOUT_MS);

afterAll(async () => {
	await browser?.close();
	await first?.clear();
}, STEP_TIMEOUT_MS);

let pictures = 0;

/** One step of the first hour, with pictures of what the person sees at its end. */
const step = (promise: string, name: string, body: () => Promise<void>): void => {
	it(
		promise,
		async () => {
			try {
				await body();
			} finally {
				const count = String(++pictures).padStart(2, '0');
				await picture(person.page, `first-${count}-${name}`);
				await picture(phones, `first-${count}-${name}-phones`);
			}
		},
		STEP_TIMEOUT_MS,
	);
};

const replies = async (number: string, content: string) => {
	await phones.getByLabel(`Reply from ${number}`).fill(content);
	await phones.keyboard.press('Enter');
};
const bubbles = (number: string) => phones.locator(`[data-phone="${number}"] [data-message] .text`);
const sees = async (words: string) => await person.page.getByText(words).first().waitFor();
const textsTo = async (number: string) =>
	(await first.messages()).filter(({ recipient }) => recipient === number).map((m) => m.content);

/** Waits until an execution beyond those known has ended, and says how. */
async function nextExecution(name: string, act: () => Promise<void>): Promise<string> {
	const { id } = await first.workflow(name);
	const known = (await first.rest.executionsOf(id)).map((one) => one.id);
	await act();
	let status = '';
	await waitUntil(async () => {
		const fresh = (await first.rest.executionsOf(id)).find((one) => !known.includes(one.id));
		status = fresh?.status ?? '';
		return ['success', 'error', 'crashed', 'canceled'].includes(status);
	}, 60_000);
	return status;
}

step('a start is told step by step, and says where to begin', 'start', async () => {
	expect(first.lines.join('\n')).toMatch(
		/Building the package[^]*done, \d+:\d\d min\nStarting n8n [\d.]+ …\n/,
	);
	await phones.goto(first.phones);
	const lines = phones.locator('#suggestions li');
	await lines.first().waitFor();
	expect(await lines.count()).toBe(5);
	await person.logsIn(OWNER);
	expect(await first.workflows()).toEqual({
		'Form → SMS': true,
		'One-Time Code': true,
		'Inbound SMS → Auto-Reply': true,
		'Delivery Reports → Data Table': true,
		'Opt-Outs': false,
		'Sheet → SMS': false,
		'CRM → SMS': false,
		Alarm: false,
		'Ask the Manager by SMS': false,
		'Appointment: Confirm or Call': false,
		'Not Delivered → E-Mail': false,
		'Failed Delivery → E-Mail': false,
	});
});

step('the form puts an SMS onto a phone, and the table knows that it arrived', 'form', async () => {
	const opened = phones.context().waitForEvent('page');
	await phones.getByRole('link', { name: 'the form' }).click();
	const form = await opened;
	await form.getByLabel('Name').fill('Anna');
	await form.getByLabel('Mobile number').fill('06 12345671');
	await form.getByRole('button').click();
	await form.getByText('Thank you, Anna!').waitFor();
	await form.close();
	await bubbles(ANNA).filter({ hasText: 'Hello Anna' }).waitFor();
	await waitUntil(async () => (await rowsOf(first.rest, 'sms-reports')).length === 1);
	const [message] = await first.messages();
	expect(await rowsOf(first.rest, 'sms-reports')).toMatchObject([
		{ document_id: message?.documentId, recipient: ANNA, status: 'delivered' },
	]);
	await person.page.goto(`${first.n8n}/home/datatables`);
	await sees('sms-reports');
});

step('a reply typed on a phone is answered, and after STOP no more', 'reply', async () => {
	await replies(ANNA, 'When are you open?');
	await bubbles(ANNA).filter({ hasText: 'Thank you for your message' }).waitFor();
	await nextExecution('Inbound SMS → Auto-Reply', async () => await replies(ANNA, 'Stop'));
	await nextExecution('Inbound SMS → Auto-Reply', async () => await replies(ANNA, 'Hello?'));
	expect(await textsTo(ANNA)).toHaveLength(2);
	expect(await phones.getByText('Nobody listens').count()).toBe(0);
});

step('a link in an SMS opens its page', 'link', async () => {
	const url = `${first.n8n}/form/one-time-code`;
	await phones.goto(first.phones);
	await person.submitsForm(first.form, { Name: url, 'Mobile number': '0612345677' });
	// What follows the address is not part of it.
	const link = bubbles('+31612345677').getByRole('link', { name: url, exact: true });
	const opened = phones.context().waitForEvent('page');
	await link.click();
	const page = await opened;
	await page.getByText('Is this your phone?').waitFor();
	expect(page.url()).toBe(url);
	await page.close();
});

/** Fills in the number, and says which code was sent to it. */
async function asksForCode(number: string): Promise<string> {
	const { length } = await first.messages();
	await person.submitsForm(`${first.n8n}/form/one-time-code`, { 'Mobile number': number });
	const { content } = await first.messageAfter(length);
	await sees('It is in the SMS');
	return /\b\d{6}\b/.exec(content)?.[0] ?? '';
}

async function enters(code: string): Promise<void> {
	await person.page.getByLabel('Code').fill(code);
	await person.page.getByRole('button').click();
}

const wrong = (code: string) => (code === '000000' ? '000001' : '000000');

step('the code that was sent proves a phone, at the third try too', 'code', async () => {
	const code = await asksForCode('06 12345672');
	await enters(wrong(code));
	await sees('Tries left: 2');
	await enters(wrong(code));
	await sees('Tries left: 1');
	await enters(code);
	await sees('this phone is yours');
	expect(await rowsOf(first.rest, 'sms-codes')).toEqual([]);
});

step('three wrong codes end it, and the right one comes too late', 'code-over', async () => {
	const code = await asksForCode('0031612345673');
	await enters(wrong(code));
	await sees('Tries left: 2');
	await enters(wrong(code));
	await sees('Tries left: 1');
	await enters(wrong(code));
	await sees('This code has ended');
	expect(await rowsOf(first.rest, 'sms-codes')).toEqual([]);
});

step('a number gets one code a minute, however it is written', 'code-twice', async () => {
	await asksForCode('0612345674');
	const { length } = await first.messages();
	const again = { 'Mobile number': '+31 6 12345674' };
	await person.submitsForm(`${first.n8n}/form/one-time-code`, again);
	await sees('less than a minute ago');
	expect(await first.messages()).toHaveLength(length);
});

step('a code that is past its end is refused, right as it is', 'code-late', async () => {
	const code = await asksForCode('0612345675');
	const { data } = await first.rest.get<{
		data: Array<{ id: string; name: string; project?: { id: string }; projectId?: string }>;
	}>('/data-tables-global');
	const table = data.find(({ name }) => name === 'sms-codes');
	const project = table?.project?.id ?? table?.projectId ?? '';
	await first.rest.patch(`/projects/${project}/data-tables/${table?.id}/rows`, {
		filter: { type: 'and', filters: [{ columnName: 'code', condition: 'eq', value: code }] },
		data: { valid_until: Date.now() - 1 },
	});
	await enters(code);
	await sees('This code has ended');
});

step('a wrong number is told at once', 'code-number', async () => {
	await person.submitsForm(`${first.n8n}/form/one-time-code`, { 'Mobile number': '020 1234567' });
	await sees('We could not send a code');
});

step('Sheet → SMS runs in the editor', 'sheet', async () => {
	await person.opensWorkflow((await first.workflow('Sheet → SMS')).id);
	await person.executesWorkflow();
	await bubbles(ANNA).filter({ hasText: 'your table is booked' }).waitFor();
});

step('CRM → SMS runs in the editor with its sample', 'crm', async () => {
	await person.opensWorkflow((await first.workflow('CRM → SMS')).id);
	await person.executesWorkflow();
	await bubbles(ANNA).filter({ hasText: 'deal 1148291' }).waitFor();
});

step('Alarm runs in the editor with its sample, and everybody gets it', 'alarm', async () => {
	await person.opensWorkflow((await first.workflow('Alarm')).id);
	await person.executesWorkflow();
	const alarms = (await first.messages()).filter(({ sender }) => sender === 'Alarm');
	expect(alarms.map(({ recipient }) => recipient)).toEqual([ANNA, BRAM, '+31612345673']);
	expect(alarms.map(({ expireIn }) => expireIn)).toEqual(['900', '900', '900']);
	expect(alarms[0]?.content).toBe(
		'ALARM: Cold store 2 is at 9 degrees. Since 02:14. The limit is 7 degrees.',
	);
});

/** n8n publishes and unpublishes in the background: the webhook answers a moment later, or no more. */
const posts = async (expected = 200) => {
	const body = JSON.stringify({ title: 'Fire', details: 'Hall 1' });
	const headers = { 'content-type': 'application/json' };
	const post = { method: 'POST', headers, body };
	await waitUntil(
		async () => (await fetch(`${first.n8n}/webhook/alarm`, post)).status === expected,
		60_000,
	);
};
const fires = async () =>
	(await first.messages())
		.filter(({ content }) => content.includes('Fire'))
		.map((m) => m.recipient);

step('an alarm that KPN may or may not have is sent again', 'alarm-unknown', async () => {
	const alarm = await first.workflow('Alarm');
	await activate(first.rest, alarm);
	// KPN does not have it, and nobody can know.
	await first.inject({ match: { content: 'Fire' }, answer: { kind: 'reset' } });
	expect(await nextExecution('Alarm', posts)).toBe('success');
	expect(await fires()).toEqual([ANNA, BRAM, '+31612345673']);
	await deactivate(first.rest, alarm);
	await posts(404);
});

step('a wrong number keeps nobody else from being told of an alarm', 'alarm-wrong', async () => {
	const { nodes, connections, id, versionId } = await first.workflow('Alarm');
	const typo = JSON.parse(JSON.stringify(nodes).replace('06 12345672', '020 1234567'));
	const changed = await first.rest.patch(`/workflows/${id}`, {
		nodes: typo,
		connections,
		versionId,
	});
	await activate(first.rest, changed as never);
	const before = (await fires()).length;
	expect(await nextExecution('Alarm', posts)).toBe('error');
	expect((await fires()).slice(before)).toEqual([ANNA, '+31612345673']);
	await person.page.goto(`${first.n8n}/workflow/${id}/executions`);
	await sees('Error');
});

step('Opt-Outs: after STOP, or KPN saying so, nobody gets another SMS', 'opt-out', async () => {
	// KPN has one webhook URL, and the auto-reply has it.
	await deactivate(first.rest, await first.workflow('Inbound SMS → Auto-Reply'));
	await waitUntil(async () => {
		await activate(first.rest, await first.workflow('Opt-Outs')).catch(() => {});
		return (await first.workflow('Opt-Outs')).active === true;
	});
	await first.plan({
		match: { content: 'Hello Bram, we are open' },
		reports: [{ status: 5, errorCode: '022' }],
	});
	const before = (await first.messages()).length;
	await person.opensWorkflow((await first.workflow('Opt-Outs')).id);
	// Anna has replied STOP before, to the auto-reply.
	await executesFrom('When You Press Execute');
	const sent = async () => (await first.messages()).slice(before).map(({ recipient }) => recipient);
	expect(await sent()).toEqual([BRAM]);
	const stopped = async () =>
		(await rowsOf(first.rest, 'sms-stop')).map((row) => row.mobile_number);
	await waitUntil(async () => (await stopped()).includes(BRAM));
	await executesFrom('When You Press Execute');
	expect(await sent()).toEqual([BRAM]);
	const stops = async () => await replies('+31612345673', 'STOP please');
	expect(await nextExecution('Opt-Outs', stops)).toBe('success');
	expect(await stopped()).toEqual([ANNA, BRAM, '+31612345673']);
});

/** Runs a workflow that more than one trigger can start. */
async function executesFrom(trigger: string): Promise<void> {
	await person.dismissesNotes();
	await person.node(trigger).hover();
	await person.page.getByTestId(`execute-workflow-button-${trigger}`).click();
	await person.note('Workflow executed successfully').waitFor();
}

step('Ctrl-C says at once that it stops, and what was cut off', 'stop', async () => {
	const { length } = await first.messages();
	await first.inject({ match: { content: 'Fay' }, accept: true, answer: { kind: 'hang' } });
	await person.submitsForm(first.form, { Name: 'Fay', 'Mobile number': '0612345678' });
	await first.messageAfter(length);
	const ended = first.end();
	await waitUntil(() => first.lines.some((line) => line.startsWith('Stopping')), 2000);
	await ended;
	expect(first.lines.at(-1)).toMatch(
		/^n8n did not end within 15 s\. .*retry sends all of it again/,
	);
});

step(
	'the first page is there again after a restart, and so is what was published',
	'again',
	async () => {
		await first.start();
		const { id } = await first.workflow('Form → SMS');
		expect((await first.rest.executionsOf(id))[0]?.status).toBe('crashed');
		person = new EditorPage(person.page, first.n8n);
		expect(first.lines.filter((line) => line.includes('not published'))).toEqual([]);
		await phones.goto(first.phones);
		await person.submitsForm(first.form, { Name: 'Emma', 'Mobile number': '0612345676' });
		await bubbles('+31612345676').filter({ hasText: 'Hello Emma' }).waitFor();
		// Also where n8n has another port now: its report is posted there.
		await waitUntil(async () =>
			(await rowsOf(first.rest, 'sms-reports')).some((row) => row.recipient === '+31612345676'),
		);
		await nextExecution('Opt-Outs', async () => await replies('+31612345676', 'stop'));
		expect((await rowsOf(first.rest, 'sms-stop')).map((row) => row.mobile_number)).toContain(
			'+31612345676',
		);
	},
);
