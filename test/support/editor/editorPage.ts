import type { Locator, Page } from 'playwright-core';

import { Canvas } from './canvas';
import { OutputPanel } from './outputPanel';

/** What a person does in n8n's editor, with the words and fields they see there. */
export class EditorPage {
	constructor(
		readonly page: Page,
		private readonly n8nUrl: string,
	) {}

	async logsIn({ email, password }: { email: string; password: string }): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/signin`);
		await this.page.locator('input[name=emailOrLdapLoginId]').fill(email);
		await this.page.locator('input[name=password]').fill(password);
		await this.page.getByRole('button', { name: 'Sign in' }).click();
		await this.page.getByTestId('project-home-menu-item').waitFor();
	}

	async choosesCredentialType(name: string): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/home/credentials/create`);
		await this.page.getByTestId('new-credential-type-select').locator('input').fill(name);
		await this.page
			.getByTestId('new-credential-type-select-option')
			.filter({ hasText: name, visible: true })
			.click();
		await this.page.getByTestId('new-credential-type-button').click();
		await this.credential.waitFor();
	}

	/** The dialog of the credential at hand. */
	get credential(): Locator {
		return this.page.getByTestId('editCredential-modal');
	}

	field(name: string): Locator {
		return this.page.getByTestId(`parameter-input-${name}`);
	}

	async fills(name: string, text: string): Promise<void> {
		await this.field(name).locator('input').fill(text);
	}

	async chooses(name: string, option: string): Promise<void> {
		await this.field(name).click();
		await this.page.getByRole('option', { name: option }).filter({ visible: true }).click();
	}

	/** Saves the credential, which makes n8n test it, and waits for this to be said. */
	async saves(saying: string): Promise<void> {
		await this.page.getByTestId('credential-save-button').click();
		await this.credential.getByText(saying).waitFor();
	}

	/** All that n8n tells about a credential whose test has failed. */
	async readsWhyItFailed(): Promise<string> {
		await this.credential.getByText('More details').click();
		const retry = this.credential.getByRole('button', { name: 'Retry' });
		return await retry.locator('xpath=../..').innerText();
	}

	async closesDialog(): Promise<void> {
		await this.page.keyboard.press('Escape');
		await this.credential.waitFor({ state: 'hidden' });
	}

	async imports(file: string): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/workflow/new`);
		await this.page.getByTestId('canvas-plus-button').waitFor();
		const chooser = this.page.waitForEvent('filechooser');
		await this.page.getByTestId('workflow-menu').click();
		await this.page.getByTestId('workflow-menu-item-import').click();
		await this.page.getByRole('menuitem', { name: 'From file' }).click();
		await (await chooser).setFiles(file);
		await this.page.getByTestId('canvas-node').first().waitFor();
	}

	async publishes(): Promise<void> {
		await this.page.getByTestId('workflow-open-publish-modal-button').click();
		const dialog = this.page.getByRole('dialog').filter({ hasText: 'Publish workflow' });
		await dialog.getByRole('button', { name: 'Publish' }).click();
		await dialog.waitFor({ state: 'hidden' });
		await this.page.getByRole('button', { name: 'Got it' }).click();
	}

	node(name: string): Locator {
		return this.page.getByTestId('canvas-node').filter({ hasText: name });
	}

	async opensNode(name: string): Promise<void> {
		await this.node(name).dblclick();
		await this.page.getByTestId('ndv').waitFor();
	}

	async chosenCredential(): Promise<string> {
		return await this.page.getByTestId('node-credentials-select').locator('input').inputValue();
	}

	async closesNode(): Promise<void> {
		await this.page.getByTestId('ndv-close-button').click();
		await this.page.getByTestId('ndv').waitFor({ state: 'hidden' });
	}

	async opensWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/workflow/${id}`);
		await this.page.getByTestId('canvas-node').first().waitFor();
	}

	async executesWorkflow(): Promise<void> {
		await this.page.getByTestId('execute-workflow-button').click();
		await this.page.getByText('Workflow executed successfully').waitFor();
	}

	async submitsForm(url: string, answers: Record<string, string>): Promise<void> {
		await this.page.goto(url);
		for (const [label, answer] of Object.entries(answers)) {
			await this.page.getByLabel(label).fill(answer);
		}
		await this.page.getByRole('button').click();
	}

	async choosesCredential(name: string): Promise<void> {
		await this.page.getByTestId('node-credentials-select').click();
		await this.page.getByRole('option', { name }).filter({ visible: true }).click();
	}

	/** Makes a field of the open node an expression. */
	async fillsExpression(name: string, expression: string): Promise<void> {
		await this.field(name).locator('input, textarea').first().fill('=');
		await this.fillsCode(name, expression);
	}

	async fillsCode(name: string, code: string): Promise<void> {
		// n8n takes over what was typed a moment later, and saves it then.
		const asSaved = JSON.stringify(code).slice(1, -1);
		const saved = this.page.waitForRequest(
			(request) =>
				request.url().includes('/rest/workflows') && !!request.postData()?.includes(asSaved),
		);
		await this.field(name).locator('.cm-content').fill(code);
		await saved;
	}

	async opensTab(name: 'Parameters' | 'Settings'): Promise<void> {
		await this.page.getByTestId('ndv').getByText(name, { exact: true }).click();
	}

	/** Adds an option of the open node and switches it on. */
	async turnsOn(name: string, option: string): Promise<void> {
		await this.page.getByTestId('ndv').getByPlaceholder('Add option', { exact: true }).click();
		await this.page.getByRole('option', { name: option }).filter({ visible: true }).click();
		await this.field(name).locator('.el-switch__core').click();
	}

	/** Executes the open node, and those before it that have not been. */
	async executesNode(ending: 'executed successfully' | 'Problem in node'): Promise<void> {
		await this.dismissesNotes();
		await this.page.getByTestId('node-execute-button').click();
		await this.note(ending).waitFor();
		await this.dismissesNotes();
	}

	/** What n8n says at the corner of the page. */
	note(words: string): Locator {
		return this.page.getByRole('alert').filter({ hasText: words, visible: true }).first();
	}

	async dismissesNotes(): Promise<void> {
		const close = this.page.getByRole('alert').locator('.el-notification__closeBtn');
		while (await close.count()) {
			// It may go by itself in the meantime.
			await close
				.first()
				.click({ timeout: 3000 })
				.catch(() => {});
		}
	}

	/** The workflow's canvas, and the panel from which nodes come. */
	get canvas(): Canvas {
		return new Canvas(this.page, this.n8nUrl);
	}

	/** What came out of the open node. */
	get output(): OutputPanel {
		return new OutputPanel(this.page.getByTestId('output-panel'));
	}

	async opensExecutions(): Promise<void> {
		await this.page.getByText('Executions', { exact: true }).click();
		await this.executions.first().waitFor();
	}

	/** The list of executions, the newest first. */
	get executions(): Locator {
		return this.page
			.getByTestId('current-executions-list')
			.locator('[data-test-id^=execution-details-]');
	}

	async retriesExecution(): Promise<void> {
		await this.page.getByTestId('retry-execution-button').first().click();
		await this.page.getByRole('menuitem', { name: 'Retry with original workflow' }).click();
	}

	async choosesTheme(name: string): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/settings/personal`);
		await this.page.getByTestId('theme-select').click();
		await this.page.getByRole('option', { name }).filter({ visible: true }).click();
		await this.page.getByTestId('save-settings-button').click();
		await this.note('Personal details updated').waitFor();
		await this.dismissesNotes();
	}
}
