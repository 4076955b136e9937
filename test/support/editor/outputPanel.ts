import type { Locator } from 'playwright-core';

/** The output panel of the open node. */
export class OutputPanel {
	constructor(readonly panel: Locator) {}

	async opensTab(words: string): Promise<void> {
		await this.panel.getByText(words).click();
		await this.panel.locator('[class*=active]').filter({ hasText: words }).first().waitFor();
	}

	/** Waits for a hint above the table. */
	async hints(words: string): Promise<void> {
		await this.panel.getByText(words).waitFor();
	}

	/** One column of the table, without its head. */
	async column(name: string): Promise<string[]> {
		const [names = [], ...rows] = await this.rows();
		const index = names.indexOf(name);
		// n8n's table ends in rows without cells.
		return rows.filter(({ length }) => length > index).map((cells) => cells[index] ?? '');
	}

	/** Whether the whole width of a column is seen, without scrolling. */
	async isInView(name: string): Promise<boolean> {
		const head = this.panel.locator('th').filter({ hasText: name }).first();
		const [column, panel] = [await head.boundingBox(), await this.panel.boundingBox()];
		return !!column && !!panel && column.x + column.width <= panel.x + panel.width;
	}

	private async rows(): Promise<string[][]> {
		await this.panel.locator('table').waitFor();
		const rows = await this.panel.locator('table tr').all();
		const cells = rows.map(async (row) => await row.locator('th, td').allInnerTexts());
		return (await Promise.all(cells)).map((texts) => texts.map((text) => text.trim()));
	}

	/** Why the node failed. */
	async refusal(): Promise<{ title: string; description: string }> {
		return {
			title: await this.panel.getByTestId('node-error-message').innerText(),
			description: await this.panel.getByTestId('node-error-description').innerText(),
		};
	}
}
