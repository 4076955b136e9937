import { startSandbox } from '../sandbox';
import { CredentialStore } from './credentialStore';
import { outputOf, runWorkflow } from './engine';
import { readExample } from './examples';
import { table } from './table';

const CREDENTIAL = { id: 'sandbox', name: 'KPN SMS sandbox' };

/** Visitors of the example's form; the last one mistook a landline for a mobile number. */
const VISITORS = [
	{ Name: 'Anna', 'Mobile number': '06 12 34 56 71' },
	{ Name: 'Bram', 'Mobile number': '+31 (0)6-12345672' },
	{ Name: 'Zoë 🌷', 'Mobile number': '0031612345673' },
	{ Name: 'Daan', 'Mobile number': '020 123 45 67' },
];

/** Runs the example Form → SMS on n8n's engine in this process, and shows what became of each item. */
async function demo(): Promise<void> {
	const sandbox = await startSandbox();
	try {
		const credentials = new CredentialStore();
		credentials.set(CREDENTIAL.id, {
			clientId: sandbox.clientId,
			clientSecret: sandbox.clientSecret,
			environment: 'custom',
			baseUrl: sandbox.url,
		});
		const workflow = await readExample('form-to-sms', CREDENTIAL);
		const items = VISITORS.map((json) => ({ json }));
		const run = await runWorkflow(workflow, { node: 'Sign-Up Form', items }, credentials);

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
		const to = rows.map(({ item }) => VISITORS[item]?.['Mobile number'] ?? '');
		process.stdout.write(`${workflow.name}, on n8n’s engine, against the sandbox:\n\n`);
		process.stdout.write(
			`${table(
				['item', 'to', 'parts', 'document id or error'],
				rows.map(({ item, parts, result }, row) => [item, to[row] ?? '', parts, result]),
			)}\n\n`,
		);
		process.stdout.write(
			`${sandbox.messages.length} messages in ${sandbox.calls.length} calls with ${sandbox.tokenCalls.length} token.\n`,
		);
	} finally {
		await sandbox.close();
	}
}

const itemOf = (pairedItem: unknown): number => (pairedItem as { item: number }).item;

void demo();
