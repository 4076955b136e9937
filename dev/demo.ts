import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import type { INode } from 'n8n-workflow';

import { CREDENTIAL_TYPE, type SmsApi } from '../nodes/shared/kpnApi';
import { startSandbox, type Sandbox } from '../sandbox';
import { CredentialStore } from './credentialStore';
import { KPN_SMS, outputOf, runWorkflow } from './engine';
import { readExample } from './examples';
import { sandboxCredential } from './n8n/credentials';
import { startSandboxProcess } from './sandboxProcess';
import { table } from './table';

const CREDENTIAL = { id: 'sandbox', name: 'KPN SMS sandbox' };

/** Entries of the example's form; the last one has the number of a landline. */
const VISITORS = [
	{ Name: 'Anna', 'Mobile number': '06 12 34 56 71' },
	{ Name: 'Bram', 'Mobile number': '+31 (0)6-12345672' },
	{ Name: 'Zoë 🌷', 'Mobile number': '0031612345673' },
	{ Name: 'Daan', 'Mobile number': '020 123 45 67' },
];

/** Runs the example Form → SMS on n8n's engine in this process, and shows what became of each item. */
async function formDemo(): Promise<void> {
	const sandbox = await startSandbox();
	try {
		await showForm(sandbox);
	} finally {
		await sandbox.close();
	}
}

async function showForm(sandbox: Sandbox): Promise<void> {
	const workflow = await readExample('form-to-sms', CREDENTIAL);
	const items = VISITORS.map((json) => ({ json }));
	const run = await runWorkflow(
		workflow,
		{ node: 'Sign-Up Form', items },
		credentialFor(sandbox.url, 'v1'),
	);

	const sent = outputOf(run, 'Confirm by SMS').map(({ json, pairedItem }) => ({
		item: itemOf(pairedItem),
		parts: `${json.parts} (${json.encoding})`,
		result: String(json.document_id),
	}));
	const failed = outputOf(run, 'Confirm by SMS', 1).map(({ json, pairedItem }) => ({
		item: itemOf(pairedItem),
		parts: '',
		result: String(json.message),
	}));
	const rows = [...sent, ...failed].sort((one, other) => one.item - other.item);
	print(`${workflow.name}, on n8n’s engine, against the sandbox:\n`);
	print(
		table(
			['item', 'to', 'parts', 'document id or error'],
			rows.map(({ item, parts, result }) => [
				item,
				VISITORS[item]?.['Mobile number'] ?? '',
				parts,
				result,
			]),
		),
	);
	print(
		`\n${sandbox.messages.length} messages, ${sandbox.calls.length} calls, ${sandbox.tokenCalls.length} token call`,
	);
}

/** Sends many messages to a sandbox in another process, and measures this one. */
async function bulkDemo(count: number): Promise<void> {
	const sandbox = await startSandboxProcess();
	try {
		await measureBulk(count, sandbox.url);
	} finally {
		sandbox.stop();
	}
}

async function measureBulk(count: number, url: string): Promise<void> {
	const node: INode = {
		id: 'sms',
		name: 'Send',
		type: KPN_SMS,
		typeVersion: 1,
		position: [0, 0],
		parameters: {
			operation: 'send',
			sender: 'KPN Demo',
			mobileNumber: '={{ $json.phone }}',
			content: '={{ $json.text }}',
		},
		credentials: { [CREDENTIAL_TYPE]: CREDENTIAL },
	};
	const items = Array.from({ length: count }, (_, index) => ({
		json: { phone: `+316${12345670 + index}`, text: `Message ${index}` },
	}));
	const pauses = monitorEventLoopDelay({ resolution: 1 });
	pauses.enable();
	const started = performance.now();
	const run = await runWorkflow(
		{ nodes: [node], connections: {} },
		{ node: node.name, items },
		credentialFor(url, 'current'),
	);
	const took = performance.now() - started;
	pauses.disable();
	const accepted = outputOf(run, node.name).filter(({ json }) => json.outcome === 'accepted');
	const beside = accepted.length === count ? '' : ` of ${written(count)}`;
	print(`${written(accepted.length)}${beside} accepted in ${(took / 1000).toFixed(1)} s\n`);
	print(
		table(
			['Send', ''],
			[
				['calls', await countOf(`${url}/sandbox/calls`)],
				['token calls', await countOf(`${url}/sandbox/tokens`)],
				['time per message', `${(took / count).toFixed(3)} ms`],
				['longest pause of the event loop', `${(pauses.max / 1e6).toFixed(1)} ms`],
			],
		),
	);
}

async function demo(): Promise<void> {
	const { values } = parseArgs({ options: { bulk: { type: 'string' } } });
	const count = values.bulk === undefined ? undefined : Number(values.bulk);
	if (count !== undefined && !(Number.isInteger(count) && count > 0)) {
		throw new Error('--bulk takes the number of messages, such as --bulk 5000');
	}
	await (count === undefined ? formDemo() : bulkDemo(count));
}

function credentialFor(url: string, smsApi: SmsApi): CredentialStore {
	const credentials = new CredentialStore();
	const kpn = { url, clientId: 'sandbox-key', clientSecret: 'sandbox-secret' };
	credentials.set(CREDENTIAL.id, sandboxCredential(kpn, smsApi));
	return credentials;
}

const written = (count: number) => count.toLocaleString('en');

const countOf = async (url: string): Promise<number> =>
	((await (await fetch(url)).json()) as unknown[]).length;

const itemOf = (pairedItem: unknown): number => (pairedItem as { item: number }).item;

const print = (text: string) => process.stdout.write(`${text}\n`);

demo().catch((error: Error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
