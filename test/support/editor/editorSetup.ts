import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { PackedN8n } from '../../../dev/n8n/packedN8n';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { ARTIFACTS, findChromium, openBrowser, openPage, picture } from './browser';
import { EditorPage } from './editorPage';

// The first run on a machine installs n8n.
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

// Without a stack: only the failure of the first step is worth reading.
const ANOTHER_STEP_FAILED = Object.assign(new Error(), { stack: 'A step before this one failed' });

/** The packed node in a real n8n, a stand-in for KPN, and a person at a browser. */
export interface EditorScene {
	sandbox: Sandbox;
	n8n: PackedN8n;
	browser: Browser;
	person: EditorPage;
}

/**
 * Has jest set a scene before the first step of a suite and clear it after the last.
 *
 * @param story a name of its own for the suite: its pictures and its n8n's log begin with it
 */
export function setUpEditor(story: string): EditorSetup {
	const one = new EditorSetup(story);
	beforeAll(async () => await one.prepare(), SETUP_TIMEOUT_MS);
	afterAll(async () => await one.clear(), STEP_TIMEOUT_MS);
	return one;
}

export class EditorSetup {
	private scene: Partial<EditorScene> = {};
	private pictures = 0;
	private failed = false;

	constructor(private readonly story: string) {}

	/** What the suite plays with. Throws before the first step. */
	get<Part extends keyof EditorScene>(part: Part): EditorScene[Part] {
		const found = this.scene[part];
		if (!found) throw new Error(`There is no ${part} before the first step`);
		return found as EditorScene[Part];
	}

	/** One step of the person's way, with a picture of how it ended. Each needs those before it. */
	readonly step = (promise: string, name: string, body: () => Promise<void>): void => {
		it(
			promise,
			async () => {
				if (this.failed) throw ANOTHER_STEP_FAILED;
				this.failed = true;
				try {
					await body();
					this.failed = false;
				} finally {
					await this.takePicture(name);
				}
			},
			STEP_TIMEOUT_MS,
		);
	};

	/** A picture of what the person sees now. */
	readonly takePicture = async (name: string): Promise<void> => {
		const count = String(++this.pictures).padStart(2, '0');
		await picture(this.get('person').page, `${this.story}-${count}-${name}`);
	};

	/** The texts on one phone of the sandbox's page. */
	readonly phoneShows = async (mobileNumber: string): Promise<string[]> => {
		const { page } = this.get('person');
		await page.goto(this.get('sandbox').url);
		const bubbles = page.locator(`[data-phone="${mobileNumber}"] [data-message] .text`);
		await bubbles.first().waitFor();
		return await bubbles.allInnerTexts();
	};

	async prepare(): Promise<void> {
		findChromium();
		await this.forgetPictures();
		this.scene.sandbox = await startSandbox();
		this.scene.n8n = await PackedN8n.start();
		this.scene.browser = await openBrowser();
		const page = await openPage(this.scene.browser);
		this.scene.person = new EditorPage(page, this.scene.n8n.url);
	}

	async clear(): Promise<void> {
		const { browser, n8n, sandbox } = this.scene;
		await browser?.close();
		await n8n?.stop();
		await sandbox?.close();
		if (!n8n) return;
		await mkdir(ARTIFACTS, { recursive: true });
		await copyFile(n8n.logFile, join(ARTIFACTS, `${this.story}-n8n.log`)).catch(() => {});
		await n8n.remove();
	}

	/** Only its own: other suites keep theirs in the same folder. */
	private async forgetPictures(): Promise<void> {
		await mkdir(ARTIFACTS, { recursive: true });
		for (const name of await readdir(ARTIFACTS)) {
			if (name.startsWith(`${this.story}-`)) await rm(join(ARTIFACTS, name));
		}
	}
}
