import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Browser, Page } from 'playwright-core';

import { startSandbox, type Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { sender, sms, type Send } from '../support/sandbox/client';
import { openBrowser, picture } from '../support/editor/browser';

const ANNA = '+31612345670';
const BRAM = '+31612345671';

let browser: Browser;
let page: Page;
let sandbox: Sandbox;
let send: Send;
let server: Server;
/** Where reports and replies are taken, and where nobody is. */
let webhook: string;
let nobody: string;

beforeAll(async () => {
	browser = await openBrowser();
	server = createServer((request, response) => {
		response.statusCode = request.url === '/webhook/kpn' ? 200 : 404;
		response.end();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	webhook = `${base}/webhook/kpn`;
	nobody = `${base}/webhook/2fb3d111-7a0e-4c35-9d2e-1b6f7f0c9a55/webhook`;
});
beforeEach(async () => {
	sandbox = await startSandbox({ reportAfterMs: 50, attemptsAfterMs: [0, 100] });
	send = await sender(sandbox);
	await opens();
});
afterEach(async () => {
	await page.context().close();
	await sandbox.close();
});
afterAll(async () => {
	await browser.close();
	server.close();
});

async function opens(colorScheme: 'light' | 'dark' = 'light', width = 1280): Promise<void> {
	const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
	page = await context.newPage();
	page.setDefaultTimeout(10_000);
	await page.goto(sandbox.url);
	await page.getByText('Live', { exact: true }).waitFor();
}

const phone = (number: string) => page.locator(`[data-phone="${number}"]`);
const says = async (words: string | RegExp) =>
	await page.locator('#news').filter({ hasText: words }).waitFor({ state: 'attached' });

/** Reaches something by the tab key alone. */
async function tabsTo(name: string): Promise<void> {
	const focused = async () =>
		await page.evaluate<string>(
			'(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()',
		);
	for (let tries = 0; tries < 30 && (await focused()) !== name; tries++) {
		await page.keyboard.press('Tab');
	}
	expect(await focused()).toBe(name);
}

test('a phone that got nothing yet writes first, by keyboard, and what comes of it is said', async () => {
	await tabsTo('Write a message as a phone');
	await page.keyboard.press('Enter');
	await tabsTo('Message');
	await page.keyboard.type('Are you open?');
	await page.keyboard.press('Enter');
	await phone(ANNA).getByText('Nobody listens').waitFor();
	await says(`Message sent from ${ANNA}. Nobody listens`);
	expect(sandbox.inbound).toMatchObject([{ sender: ANNA, content: 'Are you open?' }]);

	// The field is empty and has the focus still.
	sandbox.settings.application = { webhook_url: webhook };
	await page.keyboard.type('Hello?');
	await page.keyboard.press('Enter');
	await phone(ANNA).getByText('Taken', { exact: true }).waitFor();
	await says(`${ANNA}: Taken`);
	expect(await page.locator('#message-count').innerText()).toBe('0');
});

test('a number is read however it is written; what is none is refused in words and loses no text', async () => {
	await page.getByText('Write a message as a phone').click();
	await page.getByLabel('From', { exact: true }).fill('06 1234-5671');
	await page.getByLabel('Message', { exact: true }).fill('Hi');
	await page.keyboard.press('Enter');
	await phone(BRAM).getByText('Hi', { exact: true }).waitFor();
	await page.getByLabel('From', { exact: true }).fill('020 1234567');
	await page.getByLabel('Message', { exact: true }).fill('Not lost');
	await page.keyboard.press('Enter');
	await page.locator('#write').getByText('Not sent. Not a mobile number: 0201234567').waitFor();
	await says('Not sent.');
	expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('Not lost');
});

test('each message says whether it is accepted, delivered or failed, also after a reload', async () => {
	sandbox.planReports({
		match: { content: 'slow' },
		reports: [{ status: 1, afterMs: 600_000 }],
	});
	sandbox.switchPhone({ mobileNumber: BRAM, state: 'barred' });
	await send({ messages: [sms(ANNA, 'slow'), sms(ANNA, 'quick'), sms(BRAM, 'barred')] });
	for (const reload of [false, true]) {
		if (reload) await page.reload();
		const fates = page.locator('.fate');
		await waitUntil(async () => (await fates.allInnerTexts()).includes('Delivered'));
		await phone(BRAM).getByText('Rejected: recipient barred (003)').waitFor();
		if (!reload) await says(`${BRAM}: Rejected: recipient barred (003)`);
		expect(await phone(ANNA).locator('.fate').allInnerTexts()).toEqual(['Accepted', 'Delivered']);
	}
});

test('a delivery report that found nobody is said on the phone, and to a screen reader', async () => {
	await send({ messages: [sms()], webhook_url: nobody });
	await phone(ANNA).getByText(`Its delivery report found nobody: ${nobody} answered 404`).waitFor();
	await says(`${ANNA}: Its delivery report found nobody`);
	await phone(ANNA).getByText('Given up after 2 attempts').waitFor();
	expect(await phone(ANNA).locator('.fate').innerText()).toBe('Delivered');
});

test('Clear and its undo, by keyboard: the focus stays, and so do planned faults', async () => {
	sandbox.inject({ answer: { kind: 'http', status: 412 }, skip: 1 });
	await send({ messages: [sms(ANNA, 'first'), sms(BRAM, 'second')] });
	await phone(BRAM).waitFor();
	await tabsTo('Clear');
	await page.keyboard.press('Enter');
	await page.getByText('No messages yet').waitFor();
	await says('2 messages cleared. Undo Clear brings them back.');
	// Also where the page is opened anew.
	await page.reload();
	await page.getByText('No messages yet').waitFor();
	await tabsTo('Undo Clear');
	await page.keyboard.press('Enter');
	await phone(ANNA).getByText('first').waitFor();
	await phone(BRAM).getByText('second').waitFor();
	await says('The cleared messages are back');
	expect(await page.locator(':focus').innerText()).toBe('Clear');
	await page.keyboard.press('Enter');
	await waitUntil(async () => (await page.locator(':focus').innerText()) === 'Undo Clear');
	expect((await send()).status).toBe(412);
});

/** The text with the least contrast of all that are shown, as WCAG reckons it. */
const MIN_CONTRAST = `(() => {
	const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
	const light = (color) => {
		const [red, green, blue] = channels(color).map((one) => {
			const part = one / 255;
			return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
	};
	const ground = (one) => {
		const { backgroundColor } = getComputedStyle(one);
		return channels(backgroundColor)[3] === 0 ? ground(one.parentElement) : backgroundColor;
	};
	return [...document.querySelectorAll('main p, main span, summary, label, #undo')]
		.filter((one) => one.offsetWidth > 1 && one.innerText.trim() !== '')
		.map((one) => {
			const both = [light(getComputedStyle(one).color), light(ground(one))];
			const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
			return { ratio, text: one.innerText };
		})
		.sort((one, other) => one.ratio - other.ratio)[0];
})()`;

test.each([
	['light', 1280],
	['light', 390],
	['dark', 1280],
	['dark', 390],
] as const)(
	'in the %s, %i px wide: all can be read, and nothing comes from outside',
	async (colorScheme, width) => {
		await page.context().close();
		sandbox.switchPhone({ mobileNumber: BRAM, state: 'barred' });
		await send({ messages: [sms(ANNA, 'Before it')] });
		sandbox.clear();
		await opens(colorScheme, width);
		const requested: string[] = [];
		page.on('request', (request) => requested.push(request.url()));
		await page.reload();
		await page.getByText('Write a message as a phone').click();
		await page.getByLabel('Message', { exact: true }).fill('Hello');
		await page.keyboard.press('Enter');
		await send({ messages: [sms(ANNA), sms(BRAM)], webhook_url: nobody });
		await phone(BRAM).getByText('found nobody').waitFor();
		await phone(ANNA).getByText('Given up').waitFor();
		await page.waitForTimeout(300);
		await picture(page, `phones-${colorScheme}-${width}`);
		const { ratio, text } = await page.evaluate<{ ratio: number; text: string }>(MIN_CONTRAST);
		expect([ratio >= 4.5, ratio, text]).toEqual([true, ratio, text]);
		expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
		const outside = requested.filter(
			(url) => !url.startsWith(sandbox.url) && !url.startsWith('data:'),
		);
		expect(outside).toEqual([]);
		expect(requested.length).toBeGreaterThan(10);
	},
);
