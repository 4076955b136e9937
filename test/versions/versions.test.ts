import { readFile } from 'node:fs/promises';
import path from 'node:path';

import fc from 'fast-check';
import type { INode } from 'n8n-workflow';

import { DEFAULT_N8N_VERSION } from '../../dev/n8n/cache';
import {
	addSandboxCredential,
	sandboxCredential,
	type CredentialReference,
} from '../../dev/n8n/credentials';
import { PackedN8n } from '../../dev/n8n/packedN8n';
import type { N8nRest } from '../../dev/n8n/rest';
import { activate, deactivate, type StoredWorkflow } from '../../dev/n8n/workflows';
import { table } from '../../dev/table';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { startSandbox, type Sandbox } from '../../sandbox';
import { expressionOver, json } from '../support/draggedExpressions';
import { waitUntil } from '../support/waitUntil';
import { addWaitingWorkflow, latestLink, waitForStatus } from '../support/waitingWorkflow';
import { addWebhookWorkflow, postItems } from '../support/webhookWorkflow';
import { EXPRESSIONS } from './expressions';

/** The oldest n8n that the node works with, the last 1.x, one before, and the one that everything is tested with. */
const VERSIONS = ['1.121.3', '1.123.81', '2.40.7', DEFAULT_N8N_VERSION];

const MINUTES = 60_000;
const THREE = ['Message 0', 'Message 1', 'Message 2'];

const outcomes = new Map<string, Map<string, string>>();

afterAll(() => {
	const checks = [...(outcomes.get(VERSIONS[0] ?? '')?.keys() ?? [])];
	process.stdout.write(
		`\n${table(
			['', ...VERSIONS],
			checks.map((check) => [
				check,
				...VERSIONS.map((version) => outcomes.get(version)?.get(check) ?? '–'),
			]),
		)}\n\n`,
	);
});

describe.each(VERSIONS)('n8n %s', (version) => {
	let sandbox: Sandbox;
	let n8n: PackedN8n;
	let rest: N8nRest;
	let credential: CredentialReference;

	beforeAll(async () => {
		sandbox = await startSandbox({ reportAfterMs: 50 });
		n8n = await PackedN8n.start({ version, ownNodes: path.join(__dirname, 'nodes') });
		({ rest } = n8n);
		outcomes.set(version, new Map());
	}, 30 * MINUTES);

	afterAll(async () => {
		await n8n?.remove();
		await sandbox?.close();
	}, MINUTES);

	beforeEach(() => sandbox.reset());

	/** A promise that is kept on this version, or the table says that it is not. */
	const check = (name: string, body: () => Promise<void>) =>
		test(
			name,
			async () => {
				outcomes.get(version)?.set(name, 'no');
				await body();
				outcomes.get(version)?.set(name, 'yes');
			},
			2 * MINUTES,
		);

	const texts = () => sandbox.messages.map(({ content }) => content).sort();

	check('the package loads, and a credential is made', async () => {
		credential = await addSandboxCredential(rest, sandbox);
		expect(credential.id).toBeTruthy();
	});

	check('the editor has the fields of what comes out, before anything ran', async () => {
		for (const place of ['kpnSms/1.0.0/message/send', 'kpnSmsTrigger/1.0.0']) {
			const answer = await fetch(`${n8n.url}/schemas/n8n-nodes-kpn-sms.${place}.json`);
			expect(await answer.json()).toMatchObject({ type: 'object', properties: {} });
		}
	});

	check('the credential test passes, and a wrong secret fails', async () => {
		const tested = async (changes: object) =>
			await rest.post<{ status: string; message: string }>('/credentials/test', {
				credentials: {
					...credential,
					type: CREDENTIAL_TYPE,
					data: { ...sandboxCredential(sandbox), ...changes },
				},
			});
		expect(await tested({})).toMatchObject({ status: 'OK' });
		await rest.patch(`/credentials/${credential.id}`, {
			name: credential.name,
			type: CREDENTIAL_TYPE,
			data: { ...sandboxCredential(sandbox), clientSecret: 'wrong' },
		});
		expect(await tested({ clientSecret: 'wrong' })).toMatchObject({ status: 'Error' });
		await rest.patch(`/credentials/${credential.id}`, {
			name: credential.name,
			type: CREDENTIAL_TYPE,
			data: sandboxCredential(sandbox),
		});
		expect(sandbox.messages).toHaveLength(0);
	});

	check('Send sends each item once, with one token', async () => {
		sandbox.expireTokens();
		const run = await workflow({});
		const { items } = await run();
		expect(items).toEqual(THREE.map(() => expect.objectContaining({ outcome: 'accepted' })));
		expect(texts()).toEqual(THREE);
		expect(sandbox.tokenCalls).toHaveLength(1);
	});

	check('Stop Workflow: one bad item, and nothing is sent', async () => {
		const run = await workflow({});
		const { status } = await run('020 1234567');
		expect(status).toBe(500);
		expect(sandbox.calls).toHaveLength(0);
	});

	check('Retry On Fail sends only the rest', async () => {
		sandbox.inject({
			match: { content: 'Message 1' },
			times: 2,
			answer: { kind: 'http', status: 400 },
		});
		const run = await workflow({ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		const { items } = await run();
		expect(items).toHaveLength(3);
		expect(texts()).toEqual(THREE);
	});

	check('Retry execution sends only the rest', async () => {
		sandbox.inject({
			match: { content: 'Message 1' },
			times: 3,
			answer: { kind: 'http', status: 400 },
		});
		const run = await workflow({});
		const { id } = await run();
		expect(texts()).toEqual(['Message 0', 'Message 2']);
		const [failed] = await rest.executionsOf(id);
		await rest.post(`/executions/${failed?.id}/retry`, { loadWorkflow: false });
		expect(texts()).toEqual(THREE);
	});

	check('Continue: one output item for each, errors in words', async () => {
		const run = await workflow({ onError: 'continueRegularOutput' });
		const { items } = await run('020 1234567');
		expect(items.map(({ outcome }) => outcome)).toEqual([
			'accepted',
			'accepted',
			'accepted',
			'refused',
		]);
		expect(items[3]?.message).toMatch(/is not a mobile number/);
	});

	check('Continue with error output: its items have the words, too', async () => {
		const run = await workflow({ onError: 'continueErrorOutput' }, 1);
		const { items } = await run('020 1234567');
		expect(items).toEqual([expect.objectContaining({ outcome: 'refused', retryable: false })]);
	});

	check('a redirect is not followed', async () => {
		sandbox.inject({
			times: null,
			answer: { kind: 'http', status: 302, headers: { location: `${sandbox.url}/` } },
		});
		const run = await workflow({ onError: 'continueRegularOutput' });
		const { items } = await run();
		expect(items).toEqual(THREE.map(() => expect.objectContaining({ statusCode: 302 })));
	});

	check('what is unknown is not sent again', async () => {
		const run = await workflow({ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		await run();
		sandbox.inject({ times: null, accept: true, answer: { kind: 'reset' } });
		const { status } = await run();
		expect(status).toBe(500);
		expect(texts()).toEqual([...THREE, ...THREE].sort());
	});

	check('an expired token is renewed once', async () => {
		const run = await workflow({});
		await run();
		sandbox.expireTokens();
		const before = sandbox.tokenCalls.length;
		await run();
		expect(sandbox.messages).toHaveLength(6);
		expect(sandbox.tokenCalls.length - before).toBe(1);
	});

	check('Send sends thousands in few calls', async () => {
		const run = await workflow({
			parameters: {
				mobileNumber: '={{ Array.from({ length: 1000 }, (_, i) => "+316" + (12345000 + i)) }}',
			},
		});
		const { items } = await run();
		expect(items).toEqual(THREE.map(() => expect.objectContaining({ outcome: 'accepted' })));
		expect(sandbox.messages).toHaveLength(3000);
		expect(sandbox.calls.filter(({ accepted }) => accepted)).toHaveLength(15);
	});

	check('a quota that runs dry is in n8n’s log while the run goes on', async () => {
		// For a new token: the sandbox has forgotten the last, and takes nothing without one.
		await (
			await workflow({})
		)();
		const before = sandbox.calls.length;
		sandbox.inject({
			times: null,
			accept: true,
			delayMs: 300,
			answer: {
				kind: 'http',
				status: 200,
				headers: { 'quota-limit': '200', 'quota-used': '70' },
			},
		});
		const run = await workflow({
			parameters: {
				// More calls than are ever on their way at once.
				mobileNumber: '={{ Array.from({ length: 100 }, (_, i) => "+316" + (12345000 + i)) }}',
				options: { messagesPerCall: 1 },
			},
		});
		const running = run();
		const warnings = async () =>
			(await readFile(n8n.logFile, 'utf8')).split('\n').filter((line) => line.includes('quota'));
		await waitUntil(async () => (await warnings()).length > 0);
		expect(sandbox.calls.length - before).toBeLessThan(300);
		expect((await running).items).toHaveLength(3);
		expect(sandbox.messages).toHaveLength(THREE.length + 300);
		expect(await warnings()).toEqual([
			expect.stringMatching(
				/Workflow “check-\d+”, node “SMS”: KPN’s quota of 200 calls a month carries 130 more until .* UTC, and this run has 2\d\d left to make\./,
			),
		]);
	});

	check('what is read of dragged fields is what n8n evaluates', async () => {
		const items = fc.sample(json, 40);
		const choices = fc.sample(fc.infiniteStream(fc.nat()), EXPRESSIONS);
		const expressions = choices.map((stream, index) =>
			expressionOver(items[index % items.length] ?? {}, stream),
		);
		const path = 'dragged-fields';
		await addWebhookWorkflow(rest, {
			path,
			credential,
			parameters: Object.fromEntries(
				expressions.map((expression, index) => [`value${index}`, expression]),
			),
			settings: { type: 'CUSTOM.draggedFields', credentials: undefined },
			answersWith: 0,
		});
		const response = await postItems(`${n8n.url}/webhook/${path}`, items);
		const [found] = (await response.json()) as Array<{ read: number; differences: string[] }>;
		expect(found?.differences).toEqual([]);
		expect(found?.read).toBeGreaterThan(20);
	});

	check('Send and Wait waits for an answer, or says which n8n it needs', async () => {
		const parameters = { responseType: 'approval' };
		const path = `waits-${version}`;
		const waiting = await addWaitingWorkflow(rest, { path, credential, parameters });
		await postItems(`${n8n.url}/webhook/${path}`, [{ to: '+31612345670', text: 'Yes?' }]);
		const [major = 0, minor = 0] = version.split('.').map(Number);
		if (major < 2 || (major === 2 && minor < 39)) {
			const { error } = await waitForStatus(rest, waiting, 'error');
			expect(error).toMatch(/Send and Wait needs n8n 2\.39 or newer/);
			expect(sandbox.calls).toHaveLength(0);
			return;
		}
		await waitForStatus(rest, waiting, 'waiting');
		const body = new URLSearchParams({ approved: 'true' });
		await fetch(latestLink(sandbox), { method: 'POST', body });
		const { out } = await waitForStatus(rest, waiting, 'success');
		expect(out('Answered')).toEqual([expect.objectContaining({ outcome: 'answered' })]);
	});

	check('the trigger: registers, takes a report, refuses a forgery, unregisters', async () => {
		const webhookId = '0f4f1a52-3b5e-4a57-9c55-4d0c0e1f6b01';
		const webhookUrl = `${n8n.url}/webhook/${webhookId}/webhook`;
		const reports = await rest.post<StoredWorkflow>('/workflows', {
			name: 'Reports',
			active: false,
			settings: { executionOrder: 'v1' },
			nodes: [
				{
					id: 'trigger',
					name: 'KPN SMS Trigger',
					type: 'n8n-nodes-kpn-sms.kpnSmsTrigger',
					typeVersion: 1,
					position: [0, 0],
					webhookId,
					parameters: {},
					credentials: { [CREDENTIAL_TYPE]: credential },
				},
			],
			connections: {},
		});
		await activate(rest, reports);
		await waitUntil(() => sandbox.settings.application?.webhook_url === webhookUrl);
		const run = await workflow({});
		await run();
		await waitUntil(() => sandbox.deliveries.filter(({ status }) => status === 200).length === 3);
		expect(sandbox.deliveries).toHaveLength(3);

		const forged = await fetch(webhookUrl, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-kpn-webhook-signature': 'a'.repeat(64) },
			body: JSON.stringify({ DLRID: 'forged', RecipientPhonenumber: '31612345670', Status: 1 }),
		});
		expect(forged.status).toBe(401);
		await waitUntil(async () => {
			const executions = await rest.executionsOf(reports.id);
			return executions.filter(({ status }) => status === 'success').length === 3;
		});
		expect(await rest.executionsOf(reports.id)).toHaveLength(3);

		await deactivate(rest, reports);
		await waitUntil(() => sandbox.settings.application?.webhook_url === undefined);
	});

	interface Answered {
		id: string;
		status: number;
		items: Array<Record<string, unknown>>;
	}

	let workflows = 0;

	/** @returns runs it with three good items and, if one is given, a fourth to another number */
	async function workflow(
		{ parameters, ...settings }: Partial<INode>,
		answersWith: 0 | 1 = 0,
	): Promise<(fourth?: string) => Promise<Answered>> {
		const path = `check-${++workflows}`;
		const { id } = await addWebhookWorkflow(rest, {
			path,
			credential,
			parameters: {
				resource: 'message',
				operation: 'send',
				sender: 'Demo App',
				mobileNumber: '={{ $json.to }}',
				content: '={{ $json.text }}',
				options: {},
				...parameters,
			},
			settings,
			answersWith,
		});
		return async (fourth) => {
			const items = THREE.map((text, index) => ({ to: `061234567${index}`, text }));
			if (fourth !== undefined) items.push({ to: fourth, text: 'Message 3' });
			const response = await postItems(`${n8n.url}/webhook/${path}`, items);
			const text = await response.text();
			const parsed = response.ok ? (JSON.parse(text) as Answered['items']) : [];
			return { id, status: response.status, items: parsed };
		};
	}
});
