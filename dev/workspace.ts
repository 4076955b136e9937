import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CREDENTIAL_TYPE } from '../nodes/shared/kpn';
import { EXAMPLES, type Example } from './examples';
import { N8nRefusal, type N8nRest } from './n8n/rest';
import {
	activate,
	addExample,
	formUrl,
	type CredentialReference,
	type StoredWorkflow,
} from './n8n/workflows';

export interface Kpn {
	url: string;
	clientId: string;
	clientSecret: string;
}

interface Made {
	credential?: CredentialReference;
	workflows: Partial<Record<Example, string>>;
}

const CREDENTIAL_NAME = 'KPN SMS sandbox';

/**
 * Fills a new n8n with a credential for the sandbox and the example workflows, and starts the form.
 * What was made once is the user's: it is not made again, nor changed, except that the credential
 * keeps pointing at the sandbox, and that the form and its credential are brought back if missing.
 *
 * @returns the form's URL
 */
export async function prepareWorkspace(
	n8n: N8nRest,
	kpn: Kpn,
	userFolder: string,
	signal?: AbortSignal,
): Promise<string> {
	const file = join(userFolder, 'made.json');
	const made = await readMade(file);
	// After each step: an interrupted start must not make the same again.
	const note = async () => await writeFile(file, JSON.stringify(made));

	const credential = await sandboxCredential(n8n, kpn, made.credential);
	made.credential = credential;
	await note();
	for (const example of EXAMPLES) {
		if (made.workflows[example]) continue;
		made.workflows[example] = (await addExample(n8n, example, credential)).id;
		await note();
	}
	let form = await workflow(n8n, made.workflows['form-to-sms']);
	if (!form) {
		form = await addExample(n8n, 'form-to-sms', credential);
		made.workflows['form-to-sms'] = form.id;
		await note();
	}
	await activate(n8n, form);
	return await formUrl(n8n, form, signal);
}

async function readMade(file: string): Promise<Made> {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as Made;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
		return { workflows: {} };
	}
}

async function sandboxCredential(
	n8n: N8nRest,
	kpn: Kpn,
	made: CredentialReference | undefined,
): Promise<CredentialReference> {
	const existing = made && (await orMissing(n8n.get<Credential>(pathOf(made))));
	if (!existing) {
		const data = {
			clientId: kpn.clientId,
			clientSecret: kpn.clientSecret,
			smsApi: 'current',
			environment: 'custom',
			baseUrl: kpn.url,
		};
		const { id, name } = await n8n.post<CredentialReference>('/credentials', {
			name: CREDENTIAL_NAME,
			type: CREDENTIAL_TYPE,
			data,
		});
		return { id, name };
	}
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
	const stored = id && (await orMissing(n8n.get<Archivable>(`/workflows/${id}`)));
	return stored && !stored.isArchived ? stored : undefined;
}

type Archivable = StoredWorkflow & { isArchived?: boolean };

async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof N8nRefusal && [403, 404].includes(error.status)) return undefined;
		throw error;
	}
}
