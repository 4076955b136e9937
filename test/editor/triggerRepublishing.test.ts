import { setTimeout as delay } from 'node:timers/promises';

import type { StoredWorkflow } from '../../dev/n8n/workflows';
import type { Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { TriggerN8n } from '../support/editor/triggerN8n';

// The first run on a machine installs n8n.
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 180_000;

/** Longer than n8n has the trigger off for. */
const PUBLISHED_AFTER_MS = 3000;

let n8n: TriggerN8n;
let sandbox: Sandbox;

beforeAll(async () => {
	n8n = await TriggerN8n.start();
	({ sandbox } = n8n);
}, SETUP_TIMEOUT_MS);

afterAll(async () => await n8n?.stop(), STEP_TIMEOUT_MS);

/** Ten SMS a second come in, until it is told to stop; gives their ids then. */
function stream(): () => string[] {
	const ids: string[] = [];
	const timer = setInterval(() => {
		const { messageId } = sandbox.receiveSms({ sender: '+31612345670', content: 'Hello' });
		ids.push(messageId);
	}, 100);
	return () => {
		clearInterval(timer);
		return ids;
	};
}

/** How many executions each SMS has started, by its id. n8n counts its executions from 1. */
async function startsOf(workflow: StoredWorkflow): Promise<Record<string, number>> {
	const starts: Record<string, number> = {};
	const newest = (await n8n.rest.executionsOf(workflow.id)).map(({ id }) => Number(id));
	for (let id = 1; id <= Math.max(...newest); id++) {
		const { data } = await n8n.rest.get<{ data: string }>(`/executions/${id}`);
		const messageId = /"([0-9A-F]{16}\.\d+)"/.exec(data)?.[1] ?? `none in ${id}`;
		starts[messageId] = (starts[messageId] ?? 0) + 1;
	}
	return starts;
}

it(
	'events that KPN sends while the workflow is edited and published again: each starts it once',
	async () => {
		let workflow = await n8n.addWorkflow('Edited under load');
		await n8n.publish(workflow);
		// n8n has the trigger off for as long as this takes.
		sandbox.inject({ on: 'settings', times: null, delayMs: 200 });
		const stop = stream();
		try {
			for (const timestampTolerance of [100, 200, 301]) {
				await delay(1000);
				const parameters = { additionalOptions: { timestampTolerance } };
				workflow = await n8n.editAndPublish(workflow, { parameters });
				await delay(PUBLISHED_AFTER_MS);
			}
			await delay(1000);
		} finally {
			const ids = stop();
			// KPN tries four times. Where it has no URL, it does not try at all.
			const attempts = (id: string) => sandbox.deliveries.filter(({ body }) => body.includes(id));
			const settled = (id: string) =>
				attempts(id).length % 4 === 0 || attempts(id).some(({ status }) => status === 200);
			await waitUntil(() => ids.every(settled), 60_000);
			await n8n.untilExecutions(workflow, 1);
			expect(await startsOf(workflow)).toEqual(Object.fromEntries(ids.map((id) => [id, 1])));
		}
		expect(sandbox.settings.application?.webhook_url).toBe(
			n8n.webhookUrl(workflow.nodes[0]?.webhookId ?? ''),
		);
	},
	STEP_TIMEOUT_MS,
);
