import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { IWorkflowBase } from 'n8n-workflow';

import type { CredentialReference } from '../../../dev/n8n/credentials';
import type { StoredWorkflow } from '../../../dev/n8n/workflows';
import type { TriggerN8n } from './triggerN8n';

/** An example as a workflow, with these credentials by type, and the sandbox's for all others. */
export async function addExampleTo(
	{ rest, credential }: TriggerN8n,
	name: string,
	credentials: Record<string, CredentialReference> = {},
): Promise<StoredWorkflow> {
	const file = join(__dirname, '../../../examples', `${name}.json`);
	const example = JSON.parse(await readFile(file, 'utf8')) as IWorkflowBase;
	for (const node of example.nodes) {
		for (const type of Object.keys(node.credentials ?? {})) {
			node.credentials = { ...node.credentials, [type]: credentials[type] ?? credential };
		}
	}
	return await rest.post<StoredWorkflow>('/workflows', example);
}
