import type { Locator, Page } from 'playwright-core';

/** A place on the canvas where the workflows of these tests have no node, in its pixels. */
const EMPTY_PLACE = { x: 500, y: 560 };

/** Waits until nothing in there moves any more: what still slides is missed by a drag. */
async function hasSettled(area: Locator): Promise<void> {
	await area.evaluate(`async (area) => {
		const moving = area.getAnimations({ subtree: true });
		const passing = moving.filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
		await Promise.allSettled(passing.map(({ finished }) => finished));
	}`);
}

/** The canvas of a workflow, and the panel from which nodes come. */
export class Canvas {
	constructor(
		private readonly page: Page,
		private readonly n8nUrl: string,
	) {}

	private get pane(): Locator {
		return this.page.locator('.vue-flow__pane');
	}

	/** A new workflow with these nodes, pasted as people paste what others share. */
	async pastesWorkflow(workflow: object): Promise<void> {
		await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
		await this.opensNew();
		const text = JSON.stringify(JSON.stringify(workflow));
		await this.page.evaluate(`navigator.clipboard.writeText(${text})`);
		await this.page.keyboard.press('Control+V');
		await this.page.getByTestId('canvas-node').first().waitFor();
		await this.page.getByTestId('zoom-to-fit').click();
		// What was pasted is selected, and n8n joins a new node to what is selected.
		await this.pane.click({ position: EMPTY_PLACE });
	}

	/** The panel in which nodes are looked for. */
	get nodePanel(): Locator {
		return this.page.getByTestId('node-creator');
	}

	async searchesNode(words: string): Promise<void> {
		await this.page.getByTestId('node-creator-plus-button').click();
		await this.page.getByTestId('node-creator-search-bar').fill(words);
		// Until the search has run, the panel shows what it had before.
		const names = this.nodePanel.getByTestId('node-creator-item-name');
		await names.filter({ hasText: words }).first().waitFor();
		await hasSettled(this.nodePanel);
	}

	/** Drags one of the found node's actions from the panel onto the canvas. */
	async dragsAction(node: string, action: string, group?: 'Triggers'): Promise<void> {
		await this.nodePanel.getByText(node, { exact: true }).click();
		// Where n8n expects an action, the triggers are folded up, and the other way round.
		const folded = this.nodePanel.getByText(action, { exact: true });
		if (group && !(await folded.isVisible())) await this.nodePanel.getByText(group).click();
		const item = this.nodePanel.getByText(action, { exact: true });
		await item.waitFor();
		await hasSettled(this.nodePanel);
		await item.dragTo(this.pane, { targetPosition: EMPTY_PLACE, steps: 10 });
		await this.page.getByTestId('ndv').waitFor();
	}

	async connects(from: string, to: string): Promise<void> {
		const handle = (side: string, name: string) =>
			this.page.locator(`[data-test-id="canvas-node-${side}-handle"][data-node-name="${name}"]`);
		await hasSettled(this.page.locator('body'));
		await handle('output', from).dragTo(handle('input', to));
		const edge = `[data-source-node-name="${from}"][data-target-node-name="${to}"]`;
		await this.page.locator(edge).first().waitFor({ state: 'attached' });
		await this.page.getByTestId('tidy-up-button').click();
	}

	async opensNew(): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/workflow/new`);
		await this.page.getByTestId('canvas-plus-button').waitFor();
	}
}
