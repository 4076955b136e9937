import { addSandboxCredential, type CredentialReference } from '../../dev/n8n/credentials';
import { table } from '../../dev/table';
import { startSandbox, type Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { addWebhookWorkflow, postItems } from '../support/webhookWorkflow';
import { QueueMode } from '../support/queue/queueMode';

const MINUTES = 60_000;

/** How often the same list comes twice at the same moment, to two workers. */
const PAIRS = 40;

let sandbox: Sandbox;
let n8n: QueueMode;
let credential: CredentialReference;

beforeAll(async () => {
	sandbox = await startSandbox({ delayMs: 100 });
	n8n = await QueueMode.start({ workers: 1 });
	credential = await addSandboxCredential(n8n.rest, sandbox);
}, 40 * MINUTES);

afterAll(async () => {
	await n8n?.stop();
	await sandbox?.close();
}, 2 * MINUTES);

beforeEach(() => sandbox.reset());

type Output = Array<{ outcome?: string; message?: string }>;

/** Answers with what became of each item. */
async function webhook(name: string): Promise<(list: object[]) => Promise<Output>> {
	await addWebhookWorkflow(n8n.rest, {
		path: name,
		credential,
		parameters: {
			resource: 'message',
			operation: 'send',
			sender: 'Once',
			mobileNumber: '={{ $json.to }}',
			content: '={{ $json.text }}',
			options: { sendOncePer: '={{ $json.text }}', messagesPerCall: 20 },
		},
		settings: { onError: 'continueRegularOutput' },
		answersWith: 0,
	});
	return async (list) => {
		const response = await postItems(`${n8n.main.url}/webhook/${name}`, list);
		return (await response.json()) as Output;
	};
}

const messages = (name: string, count: number) =>
	Array.from({ length: count }, (_, index) => ({
		to: `+3161234${1000 + index}`,
		text: `${name} ${index}`,
	}));

const copies = () => {
	const counts = new Map<string, number>();
	for (const { content } of sandbox.messages) counts.set(content, (counts.get(content) ?? 0) + 1);
	return counts;
};

const tally = (items: Output) => {
	const counts: Record<string, number> = {};
	for (const { outcome = 'none' } of items) counts[outcome] = (counts[outcome] ?? 0) + 1;
	return counts;
};

const doubles = () => [...copies().values()].filter((count) => count > 1).length;

test(
	'the worker is killed in the middle and the same list comes again: nobody twice, and nobody missing who is not named',
	async () => {
		const post = await webhook('crash');
		const list = messages('Text', 1500);
		post(list).catch(() => {});
		await waitUntil(() => sandbox.messages.length > 500);
		await n8n.killWorker();
		const before = sandbox.messages.length;
		await n8n.addWorker();
		const second = await post(list);
		const third = await post(list);
		const counts = copies();
		const missing = list.filter(({ text }) => !counts.has(text));
		const unnamed = missing.filter((one) => second[list.indexOf(one)]?.outcome !== 'unknown');
		process.stdout.write(
			`\n${table(
				['queue mode, worker killed', ''],
				[
					['messages at KPN when it was', before],
					['the same list again', JSON.stringify(tally(second))],
					['and once more', JSON.stringify(tally(third))],
					['twice', doubles()],
					['missing, and called unknown', missing.length - unnamed.length],
					['missing, and not named', unnamed.length],
				],
			)}\n\n`,
		);
		expect(second).toHaveLength(list.length);
		expect(doubles()).toBe(0);
		expect(unnamed).toEqual([]);
		expect(tally(third).accepted).toBeUndefined();
	},
	8 * MINUTES,
);

test(
	'the same list twice at the same moment, on two workers: what is not sent is named',
	async () => {
		await n8n.addWorker();
		const post = await webhook('race');
		// The list exists, as after a first execution.
		await post(messages('First', 1));
		const results: Output = [];
		let missing = 0;
		for (let pair = 0; pair < PAIRS; pair++) {
			const list = messages(`Pair ${pair}:`, 2);
			const [one, two] = await Promise.all([post(list), post(list)]);
			results.push(...one, ...two);
			missing += list.filter(({ text }) => !copies().has(text)).length;
		}
		process.stdout.write(
			`\n${table(
				['queue mode, two workers at once', ''],
				[
					['messages, each asked for twice at the same moment', PAIRS * 2],
					['sent twice', doubles()],
					['not sent', missing],
					['outcomes', JSON.stringify(tally(results))],
				],
			)}\n\n`,
		);
		expect(results).toHaveLength(PAIRS * 4);
		expect(missing).toBe(0);
	},
	8 * MINUTES,
);
