import type { INode, IWorkflowBase } from 'n8n-workflow';

import { readExample, type Example } from '../examples';
import type { CredentialReference } from './credentials';
import { N8nError, untilFound, type N8nRest } from './rest';

export type StoredWorkflow = IWorkflowBase & { versionId: string };

/** Makes an example a workflow of this n8n, sending with the given credential. */
export async function addExample(
	n8n: N8nRest,
	example: Example,
	credential: CredentialReference,
): Promise<StoredWorkflow> {
	return await n8n.post<StoredWorkflow>('/workflows', await readExample(example, credential));
}

/** Makes a workflow's form or webhook answer; a workflow that is active already stays as it is. */
export async function activate(n8n: N8nRest, workflow: StoredWorkflow): Promise<void> {
	if (!workflow.active) await setActive(n8n, workflow, true);
}

export async function deactivate(n8n: N8nRest, workflow: StoredWorkflow): Promise<void> {
	await setActive(n8n, workflow, false);
}

async function setActive(
	n8n: N8nRest,
	{ id, versionId }: StoredWorkflow,
	active: boolean,
): Promise<void> {
	try {
		const call = active ? 'activate' : 'deactivate';
		await n8n.post(`/workflows/${id}/${call}`, active ? { versionId } : {});
	} catch (error) {
		if (!(error instanceof N8nError && error.status === 404)) throw error;
		// n8n 1.x has no such calls.
		await n8n.patch(`/workflows/${id}`, { active, versionId });
	}
}

/** The address under which an active workflow shows its form to visitors. */
export async function formUrl(
	n8n: N8nRest,
	{ nodes }: StoredWorkflow,
	signal?: AbortSignal,
): Promise<string> {
	const trigger = nodes.find(({ type }) => type === 'n8n-nodes-base.formTrigger');
	if (!trigger) throw new Error('The workflow has no form');
	const url = `${n8n.url}/form/${pathOf(trigger)}`;
	await untilFound(url, { signal });
	return url;
}

function pathOf({ parameters, webhookId }: INode): string {
	const { path } = (parameters.options ?? {}) as { path?: string };
	return path || webhookId || '';
}
