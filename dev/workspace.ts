import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { INode } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../nodes/shared/kpnApi';
import { EXAMPLES, readExample, type Example } from './examples';
import { addCredential, addSandboxCredential, type CredentialReference } from './n8n/credentials';
import { N8nError, type N8nRest } from './n8n/rest';
import { activate, deactivate, formUrl, type StoredWorkflow } from './n8n/workflows';
import { addSigningKey, type Kpn } from './signingKey';

/** What a start has created in n8n: a later start leaves it as it is. */
interface CreatedIds {
	/** The address that n8n had when the delivery report URLs were written. */
	n8nUrl?: string;
	credential?: CredentialReference;
	webhookCredential?: CredentialReference;
	/** The sandbox signs its events with it: each sandbox starts without one. */
	signingSecret?: string;
	workflows: Partial<Record<Example, string>>;
}

/** The URLs to open first. */
export interface Workspace {
	form: string;
	oneTimeCode: string;
	dataTables: string;
	/** What could not be restored, in words. */
	problems: string[];
}

const TRIGGER = 'n8n-nodes-kpn-sms.kpnSmsTrigger';
const SENDER = 'n8n-nodes-kpn-sms.kpnSms';
const WEBHOOK_CREDENTIAL_TYPE = 'kpnSmsWebhookApi';

/**
 * Published at the first start. Of the others, four start by hand, two wait for another system
 * (a CRM, a monitoring), two want a mailbox, and one wants the webhook URL that a reply goes to.
 */
const PUBLISHED: Example[] = [
	'form-to-sms',
	'one-time-code',
	'inbound-sms-to-auto-reply',
	'reports-to-data-table',
];

/**
 * Fills a new n8n with credentials for the sandbox and all example workflows, and publishes those
 * that answer by themselves. What was made once is the user's: it is not made again, nor changed,
 * except that what points at the sandbox or at n8n itself keeps doing so, and that the form, the
 * one to try first, is brought back if missing.
 */
export async function prepareWorkspace(
	n8n: N8nRest,
	kpn: Kpn,
	userFolder: string,
	signal?: AbortSignal,
): Promise<Workspace> {
	const file = join(userFolder, 'made.json');
	const created = await readCreatedIds(file);
	// After each step: an interrupted start must not make the same again.
	const save = async () => await writeFile(file, JSON.stringify(created), { mode: 0o600 });

	created.signingSecret ??= randomBytes(32).toString('hex');
	created.credential = await sandboxCredential(n8n, kpn, created.credential);
	await save();
	created.webhookCredential ??= await addCredential(
		n8n,
		'KPN SMS sandbox events',
		WEBHOOK_CREDENTIAL_TYPE,
		{ secret: created.signingSecret },
	);
	await save();
	await addSigningKey(kpn, created.signingSecret, signal);

	const missing = EXAMPLES.filter((example) => !created.workflows[example]);
	if (
		!missing.includes('form-to-sms') &&
		!(await workflow(n8n, created.workflows['form-to-sms']))
	) {
		missing.push('form-to-sms');
	}
	for (const example of missing) {
		const stored = await addToWorkspace(n8n, example, created as Required<CreatedIds>);
		created.workflows[example] = stored.id;
		await save();
		if (PUBLISHED.includes(example)) await activate(n8n, stored);
	}
	const problems = await refreshWorkflows(n8n, created);
	created.n8nUrl = n8n.url;
	await save();

	const form = await workflow(n8n, created.workflows['form-to-sms']);
	if (!form) throw new Error('n8n does not have the workflow that was made');
	await activate(n8n, form);
	const oneTimeCode = await workflow(n8n, created.workflows['one-time-code']);
	return {
		form: await formUrl(n8n, form, signal),
		oneTimeCode: oneTimeCode?.active ? await formUrl(n8n, oneTimeCode, signal) : '',
		dataTables: `${n8n.url}/home/datatables`,
		problems,
	};
}

/** An example as a workflow of this n8n, with its messages reported to the workflow for reports. */
async function addToWorkspace(
	n8n: N8nRest,
	example: Example,
	{ credential, webhookCredential }: Pick<Required<CreatedIds>, 'credential' | 'webhookCredential'>,
): Promise<StoredWorkflow> {
	const file = await readExample(example, credential);
	const reportUrl = await reportUrlOf(n8n.url);
	for (const node of file.nodes) {
		// Opt-Outs reads the reports on its own messages itself.
		if (node.type === SENDER && example !== 'opt-outs') {
			node.parameters.options = {
				...(node.parameters.options as object),
				deliveryReportUrl: reportUrl,
			};
		}
		// KPN has one webhook URL for each application, and the replies need it. So the reports go the
		// other way that KPN offers: to the URL that comes with each message.
		if (example === 'reports-to-data-table' && node.type === TRIGGER) {
			node.parameters.registration = 'manual';
			node.credentials = { [WEBHOOK_CREDENTIAL_TYPE]: webhookCredential };
		}
	}
	return await n8n.post<StoredWorkflow>('/workflows', file);
}

async function reportUrlOf(n8nUrl: string): Promise<string> {
	const { nodes } = await readExample('reports-to-data-table', { id: null, name: '' });
	const trigger = nodes.find(({ type }) => type === TRIGGER);
	return `${n8nUrl}/webhook/${trigger?.webhookId}/webhook`;
}

/**
 * Registers the published triggers with the sandbox, which has forgotten them, and has reports sent
 * to where n8n is now.
 */
async function refreshWorkflows(n8n: N8nRest, created: CreatedIds): Promise<string[]> {
	const problems: string[] = [];
	for (const id of Object.values(created.workflows)) {
		const stored = await workflow(n8n, id);
		if (!stored) continue;
		try {
			const moved = created.n8nUrl !== undefined && created.n8nUrl !== n8n.url;
			const current = moved ? await moveReports(n8n, stored, created.n8nUrl ?? '') : stored;
			if (!current.active || (!moved && !current.nodes.some(registersItself))) continue;
			await deactivate(n8n, current);
			await activate(n8n, { ...current, active: false });
		} catch (error) {
			problems.push(`“${stored.name}” is not published any more: ${(error as Error).message}`);
		}
	}
	return problems;
}

const registersItself = ({ type, parameters, disabled }: INode) =>
	type === TRIGGER && parameters.registration !== 'manual' && disabled !== true;

async function moveReports(
	n8n: N8nRest,
	stored: StoredWorkflow,
	from: string,
): Promise<StoredWorkflow> {
	const { id, versionId, nodes, connections } = stored;
	const text = JSON.stringify(nodes);
	const moved = text.replaceAll(`"${from}/webhook/`, `"${n8n.url}/webhook/`);
	if (moved === text) return stored;
	const body = { nodes: JSON.parse(moved) as INode[], connections, versionId };
	return await n8n.patch<StoredWorkflow>(`/workflows/${id}`, body);
}

async function readCreatedIds(file: string): Promise<CreatedIds> {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as CreatedIds;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
		return { workflows: {} };
	}
}

async function sandboxCredential(
	n8n: N8nRest,
	kpn: Kpn,
	reference: CredentialReference | undefined,
): Promise<CredentialReference> {
	const existing = reference && (await unlessMissing(n8n.get<Credential>(pathOf(reference))));
	if (!existing) return await addSandboxCredential(n8n, kpn, { name: 'KPN SMS sandbox' });
	const { id, name, data } = existing;
	if (data.environment === 'custom' && data.baseUrl !== kpn.url) {
		// n8n gives secrets as placeholders, and keeps what it has where it gets one back.
		const body = { name, type: CREDENTIAL_TYPE, data: { ...data, baseUrl: kpn.url } };
		await n8n.patch(`/credentials/${id}`, body);
	}
	return { id, name };
}

interface Credential extends CredentialReference {
	data: Record<string, unknown>;
}

const pathOf = ({ id }: CredentialReference) => `/credentials/${id}?includeData=true`;

async function workflow(n8n: N8nRest, id?: string): Promise<StoredWorkflow | undefined> {
	const stored = id && (await unlessMissing(n8n.get<Archivable>(`/workflows/${id}`)));
	return stored && !stored.isArchived ? stored : undefined;
}

type Archivable = StoredWorkflow & { isArchived?: boolean };

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof N8nError && [403, 404].includes(error.status)) return undefined;
		throw error;
	}
}
