import { addSandboxCredential } from '../../dev/n8n/credentials';
import { table } from '../../dev/table';
import { startSandbox, type Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { addWebhookWorkflow, postItems } from '../support/webhookWorkflow';
import { QueueMode } from '../support/queue/queueMode';

const EXECUTIONS = 50;
const MESSAGES_EACH = 200;
const MINUTES = 60_000;

let sandbox: Sandbox;
let n8n: QueueMode;

beforeAll(async () => {
	// Slow enough that there is a middle of sending to be killed in.
	sandbox = await startSandbox({ delayMs: 150 });
	n8n = await QueueMode.start({ workers: 2, webhooks: true });
}, 40 * MINUTES);

afterAll(async () => {
	await n8n?.stop();
	await sandbox?.close();
}, 2 * MINUTES);

test(
	'50 executions, 10,000 messages, a worker killed, Redis restarted, the token expired: nobody gets a message twice, and all that was not sent is seen',
	async () => {
		const address = await prepareWorkflow();
		await postBatch(address, 'warm-up');
		await untilAccepted(MESSAGES_EACH);
		const tokensBefore = sandbox.tokenCalls.length;
		const started = Date.now();

		const posts = Array.from({ length: EXECUTIONS }, async (_, index) => {
			await postBatch(address, `batch ${index}`);
		});
		await untilAccepted(MESSAGES_EACH + 1500);
		sandbox.expireTokens();
		await untilAccepted(MESSAGES_EACH + 3000);
		await n8n.killWorker();
		await n8n.addWorker();
		await n8n.redis.restart(1000);
		await Promise.allSettled(posts);

		const executions = await untilAllEnded();
		const took = Date.now() - started;

		const copies = new Map<string, number>();
		for (const { content } of sandbox.messages) {
			copies.set(content, (copies.get(content) ?? 0) + 1);
		}
		const doubles = [...copies.values()].filter((count) => count > 1).length;
		const succeeded = new Set<string>();
		const perStatus: Record<string, number> = {};
		for (const { batch, status } of executions) {
			perStatus[status] = (perStatus[status] ?? 0) + 1;
			if (status === 'success') succeeded.add(batch);
		}
		let notSent = 0;
		let lostUnseen = 0;
		for (let index = 0; index < EXECUTIONS; index++) {
			const batch = `batch ${index}`;
			const missing = contentsOf(batch).filter((content) => !copies.has(content)).length;
			notSent += missing;
			if (succeeded.has(batch)) lostUnseen += missing;
		}
		process.stdout.write(
			`\n${table(
				['queue mode', ''],
				[
					['executions', executions.length],
					...Object.entries(perStatus).map(([status, count]): [string, number] => [
						`  that n8n calls ${status}`,
						count,
					]),
					['messages asked for', EXECUTIONS * MESSAGES_EACH],
					['messages at KPN', copies.size - MESSAGES_EACH],
					['not sent, and seen as failed in n8n', notSent - lostUnseen],
					['doubles', doubles],
					['lost unseen', lostUnseen],
					['send calls', sandbox.calls.length],
					['token calls after the expiry', sandbox.tokenCalls.length - tokensBefore],
					['workers killed', 1],
					['restarts of Redis', 1],
					['seconds', (took / 1000).toFixed(1)],
				],
			)}\n\n`,
		);
		expect(executions).toHaveLength(EXECUTIONS);
		expect(doubles).toBe(0);
		expect(lostUnseen).toBe(0);
		expect(sandbox.tokenCalls.length - tokensBefore).toBe(1);
	},
	10 * MINUTES,
);

/** A webhook that takes a batch of messages and sends them, in calls of 20. */
async function prepareWorkflow(): Promise<string> {
	const credential = await addSandboxCredential(n8n.rest, sandbox);
	await addWebhookWorkflow(n8n.rest, {
		path: 'batch',
		credential,
		parameters: {
			resource: 'message',
			operation: 'send',
			mobileNumber: '={{ $json.mobile_number }}',
			content: '={{ $json.content }}',
			sender: 'Queue',
			options: { messagesPerCall: 20 },
		},
	});
	return `${n8n.webhooks?.url}/webhook/batch`;
}

const contentsOf = (batch: string): string[] =>
	Array.from({ length: MESSAGES_EACH }, (_, index) => `${batch}: ${index}`);

async function postBatch(address: string, batch: string): Promise<void> {
	const messages = contentsOf(batch).map((content, index) => ({
		mobile_number: `+3161234${String(5000 + index)}`,
		content,
	}));
	const response = await postItems(address, messages);
	if (!response.ok) throw new Error(`The webhook answered ${response.status}`);
}

const untilAccepted = async (count: number) =>
	await waitUntil(() => sandbox.messages.length >= count, 3 * MINUTES);

interface Ended {
	batch: string;
	status: string;
}

/** All executions but the warm-up, once none is going on. */
async function untilAllEnded(): Promise<Ended[]> {
	const going = ['new', 'running', 'waiting'];
	let found: Array<{ id: string; status: string }> = [];
	await waitUntil(async () => {
		type Found = { results: typeof found };
		({ results: found } = await n8n.rest.get<Found>('/executions?limit=100'));
		return found.every(({ status }) => !going.includes(status));
	}, 5 * MINUTES);
	const ended = await Promise.all(
		found.map(async ({ id, status }) => ({ batch: await batchOf(id), status })),
	);
	return ended.filter(({ batch }) => batch !== 'warm-up');
}

/** Which batch an execution was for; unknown where its worker was killed before it stored data. */
async function batchOf(id: string): Promise<string> {
	const { data } = await n8n.rest.get<{ data: string }>(`/executions/${id}`);
	return /"(warm-up|batch \d+): \d+"/.exec(data)?.[1] ?? `unknown ${id}`;
}
