import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

import { chromium, selectors, type Browser, type Page } from 'playwright-core';

export const ARTIFACTS = resolve(__dirname, '../../../artifacts/editor');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const FLAGS = [
	// Chromium refuses to run as root, as it does in a container, with its sandbox on.
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/** The Chromium that CHROMIUM_PATH names, or the first one on the PATH. */
export function findChromium(): string {
	if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
	const folders = (process.env.PATH ?? '').split(delimiter);
	const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(
		existsSync,
	);
	if (found) return found;
	throw new Error(
		`The editor tests need a Chromium: none of ${NAMES.join(', ')} is on the PATH. ` +
			'Install one, or name yours with CHROMIUM_PATH=<file>.',
	);
}

export async function openBrowser(): Promise<Browser> {
	selectors.setTestIdAttribute('data-test-id');
	return await chromium.launch({ executablePath: findChromium(), args: FLAGS });
}

export async function openPage(browser: Browser): Promise<Page> {
	const context = await browser.newContext({
		viewport: { width: 1280, height: 800 },
		colorScheme: 'light',
		locale: 'en-US',
	});
	const page = await context.newPage();
	page.setDefaultTimeout(45_000);
	return page;
}

/** Keeps what the page looks like now under `artifacts/editor/`. */
export async function picture(page: Page, name: string): Promise<void> {
	await mkdir(ARTIFACTS, { recursive: true });
	await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), animations: 'disabled' });
}
