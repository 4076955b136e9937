import type { IDataObject, INode } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../../nodes/shared/kpn';
import { readEvents } from '../../nodes/shared/webhookEvent';
import { startSandbox, type Fault, type Sandbox } from '../../sandbox';
import { CredentialStore } from '../credentialStore';
import { KPN_SMS, outputOf, retryExecution, runWorkflow, type WorkflowFile } from '../engine';
import { definitions } from './markdown';
import { DELIVERIES, DUTCH_OUTCOMES, INBOUND, OUTCOMES, OUTPUTS, REPORT } from './outputWords';

/** What comes out of both nodes: of KPN SMS, what it gives on n8n's engine in every case there is. */
export async function outputs(): Promise<Record<string, string>> {
	const items = await withSandbox(everyCase);
	const deliveries = items.flatMap((item) => (item.deliveries ?? []) as IDataObject[]);
	const outcomes = items.map(({ outcome }) => String(outcome));
	const exampleOf = (outcome: string) =>
		asJson(items.find((item) => item.outcome === outcome) ?? {});
	return {
		outcomes: definitions(outcomes, OUTCOMES),
		'outcomes-nl': definitions(outcomes, DUTCH_OUTCOMES),
		outputs: definitions(keysOf(items), OUTPUTS),
		'deliveries-outputs': definitions(keysOf(deliveries), DELIVERIES),
		'example-accepted': exampleOf('accepted'),
		'example-refused': exampleOf('refused'),
		'example-unknown': exampleOf('unknown'),
		'report-outputs': definitions(keysOf(eventsOf(REPORT_BODY)), REPORT),
		'inbound-outputs': definitions(keysOf(eventsOf(INBOUND_BODY)), INBOUND),
	};
}

const keysOf = (objects: object[]) => objects.flatMap((one) => Object.keys(one));

/** As a block of JSON, in which an ID that differs each time is always the same. */
const asJson = (item: IDataObject): string => {
	const json = JSON.stringify(item, null, 2);
	const same = json.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/, '3f6c1c5e-8a4b-4f6e-9d57-2b0e6a1c9d40');
	return `\`\`\`json\n${same}\n\`\`\``;
};

async function withSandbox<T>(task: (sandbox: Sandbox) => Promise<T>): Promise<T> {
	const sandbox = await startSandbox();
	try {
		return await task(sandbox);
	} finally {
		await sandbox.close();
	}
}

async function everyCase(sandbox: Sandbox): Promise<IDataObject[]> {
	const credential = { id: 'sandbox', name: 'KPN' };
	const credentials = new CredentialStore();
	credentials.set(credential.id, {
		clientId: sandbox.clientId,
		clientSecret: sandbox.clientSecret,
		smsApi: 'v1',
		environment: 'custom',
		baseUrl: sandbox.url,
	});
	const workflow = (options: object, onError: INode['onError']): WorkflowFile => {
		const parameters = {
			operation: 'send',
			sender: 'MyCompany',
			mobileNumber: '={{ $json.to }}',
			content: '={{ $json.text }}',
			options: { ...options },
		};
		const type = { type: KPN_SMS, typeVersion: 1, position: [0, 0] as [number, number] };
		const credentialOf = { [CREDENTIAL_TYPE]: credential };
		const node = { id: 'sms', name: 'SMS', ...type, parameters, credentials: credentialOf, onError };
		return { id: 'docs', nodes: [node], connections: {} };
	};
	const start = (to: string[], text: string) => ({
		node: 'SMS',
		items: to.map((one) => ({ json: { to: one, text } })),
	});
	const send = async (to: string, options: object = {}, fault?: Fault, text = 'Your order is ready. See you soon!') => {
		if (fault) sandbox.inject(fault);
		const file = workflow(options, 'continueRegularOutput');
		return outputOf(await runWorkflow(file, start([to], text), credentials), 'SMS');
	};
	const retried = async () => {
		const file = workflow({}, undefined);
		sandbox.inject({ match: { mobileNumber: '0612345671' }, answer: { kind: 'http', status: 400 } });
		const stopped = await runWorkflow(file, start(['0612345670', '0612345671, 0612345672'], 'Hello'), credentials);
		return outputOf(await retryExecution(stopped, file, credentials), 'SMS');
	};
	const once = { sendOncePer: 'order 1042' };
	const cases = [
		await send('06 12 34 56 70'),
		await send('020 123 45 67'),
		await send('0612345670', {}, { accept: true, answer: { kind: 'reset' } }),
		await send('0612345670', {}, { answer: { kind: 'http', status: 400 } }),
		await send('0612345670', {}, undefined, 'See you at “seven” 🎉'),
		await send('0612345670', { dryRun: true, ...once }),
		await send('0612345670', once),
		await send('0612345670', once),
		await retried(),
	];
	return cases.flat().map(({ json }) => json);
}

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
