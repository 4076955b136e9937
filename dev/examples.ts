import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { INodeCredentialsDetails, IWorkflowBase } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../nodes/shared/kpnApi';

export const EXAMPLES = [
	'form-to-sms',
	'one-time-code',
	'inbound-sms-to-auto-reply',
	'reports-to-data-table',
	'opt-outs',
	'sheet-to-sms',
	'crm-to-sms',
	'alarm',
	'ask-the-manager',
	'appointment-confirm-or-call',
	'not-delivered-to-email',
	'failed-delivery-to-email',
] as const;
export type Example = (typeof EXAMPLES)[number];

export const exampleFile = (example: Example) =>
	resolve(__dirname, '..', 'examples', `${example}.json`);

/** Reads an example, with the given credential wherever it calls KPN. */
export async function readExample(
	example: Example,
	credential: INodeCredentialsDetails,
): Promise<IWorkflowBase> {
	const workflow = JSON.parse(await readFile(exampleFile(example), 'utf8')) as IWorkflowBase;
	for (const { credentials } of workflow.nodes) {
		if (credentials?.[CREDENTIAL_TYPE]) credentials[CREDENTIAL_TYPE] = credential;
	}
	return workflow;
}
