import { addSandboxCredential } from '../../dev/n8n/credentials';
import { PackedN8n } from '../../dev/n8n/packedN8n';
import { startSandbox, type Sandbox } from '../../sandbox';
import { addSubWorkflow } from '../support/subWorkflow';
import { waitUntil } from '../support/waitUntil';
import { executionOf } from '../support/waitingWorkflow';
import { postItems } from '../support/webhookWorkflow';

/** What n8n shows at the workflow that calls one with the node in it, and where its advice leads. */
const MINUTES = 60_000;

let sandbox: Sandbox;
let n8n: PackedN8n;

beforeAll(async () => {
	sandbox = await startSandbox();
	n8n = await PackedN8n.start();
}, 30 * MINUTES);

afterAll(async () => {
	await n8n?.remove();
	await sandbox?.close();
}, MINUTES);

test(
	'what n8n shows at a workflow that calls the one with the node leads to what sends only the rest',
	async () => {
		const { rest } = n8n;
		const credential = await addSandboxCredential(rest, sandbox);
		const { sub, parent } = await addSubWorkflow(rest, {
			path: 'parent',
			credential,
			parameters: {
				resource: 'message',
				operation: 'send',
				sender: 'Sub',
				mobileNumber: '={{ $json.to }}',
				content: '={{ $json.text }}',
				options: { messagesPerCall: 1 },
			},
		});
		sandbox.inject({ skip: 10, answer: { kind: 'http', status: 403 } });
		const items = Array.from({ length: 20 }, (_, index) => ({
			to: `+316123456${10 + index}`,
			text: `Text ${index}`,
		}));
		await (await postItems(`${n8n.url}/webhook/parent`, items)).text();
		const [failed] = await rest.executionsOf(parent.id);
		const { error } = await executionOf(rest, failed?.id ?? '');
		expect(error).toMatch(/^Not all items were sent: /);
		// Followed to the letter.
		expect(JSON.stringify(await rest.get(`/executions/${failed?.id}`))).toContain(
			'To send only the rest: in the workflow with the node “SMS”, Executions → the newest one that failed → Retry',
		);
		const called = (await rest.executionsOf(sub.id)).find(({ status }) => status === 'error');
		const retried = await rest.post<{ id: string }>(`/executions/${called?.id}/retry`, {
			loadWorkflow: false,
		});
		await waitUntil(
			async () => !['new', 'running'].includes((await executionOf(rest, retried.id)).status),
		);
		const texts = sandbox.messages.map(({ content }) => content);
		expect(texts.sort()).toEqual(items.map(({ text }) => text).sort());
	},
	3 * MINUTES,
);
