import type { IConnections, INode } from 'n8n-workflow';

import { n8nVersion } from '../../dev/n8n/cache';
import { addSandboxCredential, type CredentialReference } from '../../dev/n8n/credentials';
import { PackedN8n } from '../../dev/n8n/packedN8n';
import type { N8nRest } from '../../dev/n8n/rest';
import type { StoredWorkflow } from '../../dev/n8n/workflows';
import { table } from '../../dev/table';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { startSandbox, type Sandbox } from '../../sandbox';
import { addSubWorkflow } from '../support/subWorkflow';
import { waitUntil } from '../support/waitUntil';
import { addWaitingWorkflow, executionOf, linkIn, waitForStatus } from '../support/waitingWorkflow';
import { addWebhookWorkflow, postItems } from '../support/webhookWorkflow';

/** Send Once Per in the real n8n, on SQLite; `N8N_VERSION` says which. */
const VERSION = n8nVersion();
const MINUTES = 60_000;
const BAD_REQUEST = { kind: 'http', status: 400 } as const;

let sandbox: Sandbox;
let n8n: PackedN8n;
let rest: N8nRest;
let credential: CredentialReference;
const rows: Array<[string, string]> = [];

beforeAll(async () => {
	// Slow enough that there is a middle to be killed in.
	sandbox = await startSandbox({ delayMs: 100 });
	n8n = await PackedN8n.start();
	({ rest } = n8n);
	credential = await addSandboxCredential(rest, sandbox);
}, 30 * MINUTES);

afterAll(async () => {
	process.stdout.write(`\n${table([`n8n ${VERSION}`, ''], rows)}\n\n`);
	await n8n?.remove();
	await sandbox?.close();
}, MINUTES);

beforeEach(() => sandbox.reset());

const parameters = (options: object = {}): INode['parameters'] => ({
	resource: 'message',
	operation: 'send',
	sender: 'Once',
	mobileNumber: '={{ $json.to }}',
	content: '={{ $json.text }}',
	options: { sendOncePer: '={{ $json.key }}-once', ...options },
});

const messages = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		to: `+3161234${1000 + index}`,
		text: `Text ${index}`,
		key: `order ${index}`,
	}));

const texts = () => sandbox.messages.map(({ content }) => content).sort();

const copies = () => {
	const counts = new Map<string, number>();
	for (const { content } of sandbox.messages) counts.set(content, (counts.get(content) ?? 0) + 1);
	return counts;
};

type Output = Array<{ outcome?: string; message?: string; recipients?: string[] }>;

const tally = (items: Output) => {
	const counts: Record<string, number> = {};
	for (const { outcome = 'none' } of items) counts[outcome] = (counts[outcome] ?? 0) + 1;
	return counts;
};

const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });

/** Manual trigger → items → SMS, as a person has it open. */
async function manualWorkflow(items: object[], options: object, changes: INode['parameters'] = {}) {
	const nodes = (list: object[]) =>
		[
			{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
			{
				name: 'Rows',
				type: 'n8n-nodes-base.set',
				typeVersion: 3.4,
				parameters: { mode: 'raw', jsonOutput: JSON.stringify({ rows: list }) },
			},
			{ name: 'Items', type: 'n8n-nodes-base.splitOut', parameters: { fieldToSplitOut: 'rows' } },
			{
				name: 'SMS',
				type: 'n8n-nodes-kpn-sms.kpnSms',
				parameters: { ...parameters(options), ...changes },
				credentials: { [CREDENTIAL_TYPE]: credential },
			},
		].map((node, index) => ({
			id: node.name,
			typeVersion: 1,
			position: [index * 224, 0],
			parameters: {},
			...node,
		})) as INode[];
	const connections: IConnections = { Start: to('Rows'), Rows: to('Items'), Items: to('SMS') };
	const stored = await rest.post<StoredWorkflow>('/workflows', {
		name: 'By hand',
		active: false,
		nodes: nodes(items),
		connections,
		settings: { executionOrder: 'v1' },
	});
	return {
		/** Execute step, on the SMS node; resolves once it has ended. */
		executeStep: async () => {
			const step = VERSION.startsWith('1.') ? 'SMS' : { nodeName: 'SMS', mode: 'inclusive' };
			const { executionId } = await rest.post<{ executionId: string }>(
				`/workflows/${stored.id}/run`,
				{
					workflowData: await rest.get(`/workflows/${stored.id}`),
					triggerToStartFrom: { name: 'Start' },
					destinationNode: step,
				},
			);
			let execution = { id: '', status: 'new', data: '' };
			await waitUntil(async () => {
				execution = await rest.get<typeof execution>(`/executions/${executionId}`);
				return !['new', 'running'].includes(execution.status);
			});
			return execution;
		},
		correct: async (list: object[]) => {
			const { versionId } = await rest.get<StoredWorkflow>(`/workflows/${stored.id}`);
			await rest.patch(`/workflows/${stored.id}`, { nodes: nodes(list), connections, versionId });
		},
	};
}

test(
	'Execute step twice: with the option each person once, without it twice',
	async () => {
		const once = await manualWorkflow(messages(3), {});
		expect([(await once.executeStep()).status, (await once.executeStep()).status]).toEqual([
			'success',
			'success',
		]);
		expect(texts()).toEqual(['Text 0', 'Text 1', 'Text 2']);
		sandbox.reset();
		const plain = await manualWorkflow(messages(3), { sendOncePer: undefined });
		await plain.executeStep();
		await plain.executeStep();
		expect(texts()).toHaveLength(6);
		rows.push(['Execute step twice', 'each once; without the option twice']);
	},
	3 * MINUTES,
);

test(
	'a row is corrected and Execute step pressed again: each person once',
	async () => {
		const [one, two, three] = messages(3);
		sandbox.inject({ match: { content: 'Text 2' }, times: null, answer: BAD_REQUEST });
		const once = await manualWorkflow([{ ...one }, { ...two }, { ...three }], {});
		const failed = await once.executeStep();
		expect(failed.status).toBe('error');
		expect(failed.data).toMatch(
			/execute again: only what was corrected is sent, for Send Once Per is set/,
		);
		await once.correct([{ ...one }, { ...two }, { ...three, text: 'Corrected' }]);
		expect((await once.executeStep()).status).toBe('success');
		expect(texts()).toEqual(['Corrected', 'Text 0', 'Text 1']);
		rows.push(['corrected, and Execute step again', 'each once']);
	},
	3 * MINUTES,
);

test(
	'n8n is killed in the middle and the same list comes again: nobody twice, and nobody missing who is not named',
	async () => {
		const path_ = 'crash';
		await addWebhookWorkflow(rest, {
			path: path_,
			credential,
			parameters: parameters({ messagesPerCall: 20 }),
			settings: { onError: 'continueRegularOutput' },
			answersWith: 0,
		});
		const list = messages(1500);
		const first = postItems(`${n8n.url}/webhook/${path_}`, list).catch(() => 'cut off');
		await waitUntil(() => sandbox.messages.length > 500);
		await n8n.restart('kill');
		await first;
		const before = sandbox.messages.length;
		const again = async () => {
			const response = await postItems(`${n8n.url}/webhook/${path_}`, list);
			return (await response.json()) as Output;
		};
		const second = await again();
		const third = await again();
		const counts = copies();
		const missing = list.filter(({ text }) => !counts.has(text));
		const unnamed = missing.filter((one) => {
			const item = second[list.indexOf(one)];
			return item?.outcome !== 'unknown' || !item.message?.includes('had begun to send it');
		});
		rows.push(
			['killed in the middle: messages at KPN when it was', String(before)],
			['  the same list again', JSON.stringify(tally(second))],
			['  and once more', JSON.stringify(tally(third))],
			['  twice', String([...counts.values()].filter((count) => count > 1).length)],
			['  missing, and called unknown', String(missing.length - unnamed.length)],
			['  missing, and not named', String(unnamed.length)],
		);
		expect(second).toHaveLength(list.length);
		expect([...counts.values()].filter((count) => count > 1)).toEqual([]);
		expect(unnamed).toEqual([]);
		expect(tally(second).unknown ?? 0).toBeLessThanOrEqual(1000);
		expect(tally(third)).toEqual({
			sentBefore: list.length - (tally(second).unknown ?? 0),
			...(tally(second).unknown && { unknown: tally(second).unknown }),
		});
	},
	6 * MINUTES,
);

test(
	'a form that is submitted twice at the same moment: each person once, and both succeed',
	async () => {
		await addWebhookWorkflow(rest, {
			path: 'twice',
			credential,
			parameters: parameters(),
			answersWith: 0,
		});
		const post = async () => {
			const response = await postItems(`${n8n.url}/webhook/twice`, messages(2));
			return (await response.json()) as Output;
		};
		const results = await Promise.all([post(), post()]);
		expect(texts()).toEqual(['Text 0', 'Text 1']);
		expect(tally(results.flat())).toEqual({ accepted: 2, sentBefore: 2 });
		rows.push(['submitted twice at once', JSON.stringify(tally(results.flat()))]);
	},
	3 * MINUTES,
);

test(
	'a sub-workflow that its parent calls again: each person once',
	async () => {
		sandbox.inject({ match: { content: 'Text 1' }, times: 3, answer: BAD_REQUEST });
		await addSubWorkflow(rest, {
			path: 'parent',
			credential,
			parameters: parameters(),
			call: { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 },
		});
		const response = await postItems(`${n8n.url}/webhook/parent`, messages(3));
		const items = (await response.json()) as Output;
		expect(texts()).toEqual(['Text 0', 'Text 1', 'Text 2']);
		expect(items.map(({ outcome }) => outcome)).toContain('sentBefore');
		rows.push(['called again by its parent', JSON.stringify(tally(items))]);
	},
	3 * MINUTES,
);

/** Send and Wait needs n8n 2.39; an older one says so. */
const testWaiting = VERSION.startsWith('1.') ? test.skip : test;

const ASKING: INode['parameters'] = {
	operation: 'sendAndWait',
	message: '={{ $json.text }}',
	responseType: 'approval',
};

/** n8n may have another port by now: what it signs is the rest of the address. */
const approve = async (content = '') => {
	const { pathname, search } = new URL(linkIn(content));
	const body = new URLSearchParams({ approved: 'true' });
	await fetch(`${n8n.url}${pathname}${search}`, { method: 'POST', body });
};

testWaiting(
	'Send and Wait, Execute step twice: one SMS, and the answer reaches the execution that sent it',
	async () => {
		const asks = await manualWorkflow(messages(1), {}, ASKING);
		const first = await asks.executeStep();
		expect(first.status).toBe('waiting');
		const second = await asks.executeStep();
		expect(second.status).toBe('success');
		expect(second.data).toMatch(/sentBefore/);
		expect(second.data).toMatch(/goes to the execution that sent it: this one does not wait/);
		expect(sandbox.messages).toHaveLength(1);
		await approve(sandbox.messages[0]?.content);
		await waitUntil(async () => (await executionOf(rest, first.id)).status === 'success');
		rows.push(['Send and Wait, Execute step twice', 'one SMS; the first is answered']);
	},
	3 * MINUTES,
);

testWaiting(
	'Send and Wait, n8n is killed while the SMS leaves, and while it is waited for: no second SMS, and in words',
	async () => {
		const path_ = 'crash-ask';
		const workflow = await addWaitingWorkflow(rest, {
			path: path_,
			credential,
			parameters: { ...ASKING, options: { sendOncePer: '={{ $json.key }}-once' } },
		});
		const post = async (item: object) => {
			await postItems(`${n8n.url}/webhook/${path_}`, [item]);
		};
		const [leaving, waiting] = messages(2);
		await post({ ...waiting });
		const { id } = await waitForStatus(rest, workflow, 'waiting');
		sandbox.inject({ times: 1, accept: true, answer: { kind: 'hang' } });
		await post({ ...leaving });
		await waitUntil(() => sandbox.messages.length === 2);
		await n8n.restart('kill');

		await post({ ...leaving });
		const unknown = await waitForStatus(rest, workflow, 'error');
		expect(unknown.error).toMatch(
			/^Unknown whether KPN took the SMS: an earlier execution had begun to send it/,
		);
		await post({ ...waiting });
		const before = await waitForStatus(rest, workflow, 'success');
		expect(before.out('No Answer')).toEqual([
			expect.objectContaining({ outcome: 'sentBefore', asked: 'Text 1' }),
		]);
		expect(before.out('Answered')).toEqual([]);
		expect(sandbox.messages).toHaveLength(2);

		await approve(sandbox.messages[0]?.content);
		await waitUntil(async () => (await executionOf(rest, id)).status === 'success');
		expect((await executionOf(rest, id)).out('Answered')).toHaveLength(1);
		rows.push(
			['Send and Wait, killed while the SMS left', 'unknown, in words; not sent again'],
			['  and while it was waited for', 'sentBefore; the first is answered'],
		);
	},
	6 * MINUTES,
);
