import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { readEvents } from '../../nodes/shared/webhookEvent';
import { startSandbox, type Fault, type Sandbox } from '../../sandbox';
import { CredentialStore } from '../credentialStore';
import { KPN_SMS, outputOf, retryExecution, runWorkflow, type WorkflowFile } from '../engine';
import { sandboxCredential } from '../n8n/credentials';
import { definitions } from './markdown';
import { MESSAGES, DUTCH_OUTCOMES, INBOUND, OUTCOMES, OUTPUTS, REPORT } from './outputWords';

const CREDENTIAL = { id: 'sandbox', name: 'KPN' };

/** What comes out of both nodes; of KPN SMS, by running it on n8n's engine. */
export async function outputs(): Promise<Record<string, string>> {
	const items = await everyItem();
	const messages = items.flatMap((item) => (item.messages ?? []) as IDataObject[]);
	const outcomes = items.map(({ outcome }) => String(outcome));
	const exampleOf = (outcome: string) =>
		asJson(items.find((item) => item.outcome === outcome) ?? {});
	return {
		outcomes: definitions(outcomes, OUTCOMES),
		'outcomes-nl': definitions(outcomes, DUTCH_OUTCOMES),
		outputs: definitions(keysOf(items), OUTPUTS),
		'messages-outputs': definitions(keysOf(messages), MESSAGES),
		'example-accepted': exampleOf('accepted'),
		'example-refused': exampleOf('refused'),
		'example-unknown': exampleOf('unknown'),
		'report-outputs': definitions(keysOf(eventsOf(REPORT_BODY)), REPORT),
		'inbound-outputs': definitions(keysOf(eventsOf(INBOUND_BODY)), INBOUND),
	};
}

const keysOf = (objects: object[]) => objects.flatMap((one) => Object.keys(one));

/** As a block of JSON; the document ID would be another one each time. */
function asJson(item: IDataObject): string {
	const id = '3f6c1c5e-8a4b-4f6e-9d57-2b0e6a1c9d40';
	const shown = 'document_id' in item ? { ...item, document_id: id } : item;
	return ['```json', JSON.stringify(shown, null, 2), '```'].join('\n');
}

/** What KPN SMS gives out, in every way in which an item can come out. */
async function everyItem(): Promise<IDataObject[]> {
	const sandbox = await startSandbox();
	try {
		return await sendEveryItem(sandbox);
	} finally {
		await sandbox.close();
	}
}

const SPECIAL = 'See you at “seven” 🎉';
const KEY = { sendOncePer: 'order 1042' };
const BROKEN_AFTERWARDS: Fault = { accept: true, answer: { kind: 'reset' } };
const BAD_REQUEST: Fault = { answer: { kind: 'http', status: 400 } };

async function sendEveryItem(sandbox: Sandbox): Promise<IDataObject[]> {
	const credentials = new CredentialStore();
	credentials.set(CREDENTIAL.id, sandboxCredential(sandbox, 'v1'));
	const send = async (mobileNumber: string, options: INodeParameters = {}, fault?: Fault) => {
		if (fault) sandbox.inject(fault);
		const start = { node: 'SMS', items: [itemFor(mobileNumber)] };
		const run = await runWorkflow(workflow('continueRegularOutput', options), start, credentials);
		return outputOf(run, 'SMS');
	};
	const stopAndRetry = async () => {
		const file = workflow('stopWorkflow');
		const items = [itemFor('0612345670'), itemFor('0612345671, 0612345672', SPECIAL)];
		sandbox.inject({ ...BAD_REQUEST, match: { mobileNumber: '0612345671' } });
		const stopped = await runWorkflow(file, { node: 'SMS', items }, credentials);
		return outputOf(await retryExecution(stopped, file, credentials), 'SMS');
	};
	const items = [
		...(await send('06 12 34 56 70')),
		...(await send('020 123 45 67')),
		...(await send('0612345670', {}, BROKEN_AFTERWARDS)),
		...(await send('0612345670', {}, BAD_REQUEST)),
		...(await send('0612345670', { ...KEY, dryRun: true })),
		...(await send('0612345670', KEY)),
		...(await send('0612345670', KEY)),
		...(await stopAndRetry()),
	];
	return items.map(({ json }) => json);
}

const itemFor = (to: string, text = 'Your order is ready. See you soon!') => ({
	json: { to, text },
});

const workflow = (onError: INode['onError'], options: INodeParameters = {}): WorkflowFile => ({
	// Nodes remember by it what they have sent.
	id: 'docs',
	nodes: [
		{
			id: 'sms',
			name: 'SMS',
			type: KPN_SMS,
			typeVersion: 1,
			position: [0, 0],
			onError,
			credentials: { [CREDENTIAL_TYPE]: CREDENTIAL },
			parameters: {
				operation: 'send',
				sender: 'MyCompany',
				mobileNumber: '={{ $json.to }}',
				content: '={{ $json.text }}',
				options,
			},
		},
	],
	connections: {},
});

const eventsOf = (body: object) =>
	(readEvents(Buffer.from(JSON.stringify(body)), { attempt: 1, keyId: 'wk_1' }) ?? []).map(
		({ json }) => json,
	);

/** All the fields that KPN is known to send. */
const REPORT_BODY = {
	DLRID: '1',
	CustomerId: 'c',
	MessageType: 'm',
	Message: 'Hello',
	RecipientPhonenumber: '31612345670',
	StatusDateTime: 1_700_000_000,
	Status: 4,
	ErrorCode: '006',
	document_id: 'a',
	message_id: 'b',
};

const INBOUND_BODY = {
	sender: '31612345670',
	recipient: '3197000000000',
	message_id: 'b',
	content: 'Yes',
	timestamp_utc: '2024-04-30T14:37:42.218159',
	type: 'text/unicode/*',
};
