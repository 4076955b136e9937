import type { IDataObject, INode } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../../nodes/shared/kpn';
import { readEvents } from '../../nodes/shared/webhookEvent';
import { startSandbox, type Fault, type Sandbox } from '../../sandbox';
import { CredentialStore } from '../credentialStore';
import { KPN_SMS, outputOf, retryExecution, runWorkflow, type WorkflowFile } from '../engine';
import { definitions } from './markdown';

const OUTCOMES: Record<string, string> = {
	accepted: 'KPN has it.',
	refused: 'KPN surely does not have it.',
	unknown: 'KPN gave no clear answer: it may have it, or not.',
	dryRun: 'Nothing was sent, because **Dry Run** was on.',
	sentBefore: 'KPN had it already under the same key (**Send Once Per**): nothing was sent now.',
};

const DUTCH_OUTCOMES: Record<string, string> = {
	accepted: 'KPN heeft de sms.',
	refused: 'KPN heeft de sms zeker niet. Bij `message` staat waarom, bij `advice` wat je kunt doen.',
	unknown: 'KPN gaf geen duidelijk antwoord en heeft de sms misschien wel, misschien niet.',
	dryRun: 'Er is niets verstuurd: **Dry Run** stond aan.',
	sentBefore: 'KPN had de sms al, onder dezelfde sleutel (**Send Once Per**): er is nu niets verstuurd.',
};

const OUTPUTS: Record<string, string> = {
	outcome: 'What became of it.',
	recipient: 'The number as KPN got it, such as `+31612345670`; several are separated by commas.',
	parts: 'How many SMS the text is billed as, per recipient.',
	message: 'What happened, in words.',
	advice: 'Of an item that was not accepted: what to do.',
	document_id: 'KPN’s confirmation, of an accepted item only.',
	status: 'KPN’s status, where it gave one.',
	kpnMessage: 'Of an item that was not accepted: KPN’s own words, where there were any.',
	kpnCode: 'The same: KPN’s code.',
	statusCode: 'The same: the HTTP status.',
	retryable: 'Whether sending the same again is safe and may help.',
	deliveries: 'With several recipients: what became of the SMS to each of them.',
	acceptedBefore: '`true` if KPN accepted it in an earlier try of this execution: this time it was not sent.',
	sentBefore: 'Of a Dry Run with Send Once Per: how many recipients would not get it again.',
	sender: 'Who it came from.',
	encoding: '`GSM-7` or `UCS-2`: the alphabet that decides how much fits into a part.',
	characters: 'How many characters the text has, as a person counts them.',
	specialCharacters: 'The first few characters that make it `UCS-2`.',
};

const DELIVERIES: Record<string, string> = {
	recipient: 'The number.',
	outcome: 'As above.',
	document_id: 'KPN’s confirmation, if accepted.',
	acceptedBefore: 'As above.',
};

const REPORT: Record<string, string> = {
	event: '`deliveryReport`.',
	status: 'What became of the SMS: see below.',
	statusCode: 'KPN’s number for it.',
	final: 'Whether KPN will report nothing more on this SMS.',
	errorCode: 'KPN’s code of why it did not arrive, such as `006`.',
	errorMessage: 'The same in words: see below.',
	recipient: 'Who was to get it, as `+31612345670`.',
	documentId:
		'The `document_id` that the node gave when it sent. It is that of the whole call, so one can belong to 200 messages: look at `recipient` as well.',
	messageId: 'KPN’s id of the message.',
	dlrId: 'KPN’s `DLRID`, the id of the report.',
	customerId: 'KPN’s `CustomerId`.',
	messageType: 'KPN’s `MessageType`.',
	message: 'KPN’s `Message`: the text of the SMS, if your account does not leave it out.',
	statusAt: 'When, as KPN says.',
	attempt: 'Which of KPN’s four attempts to deliver this report it is.',
	keyId: 'With which key KPN signed it.',
	body: 'Everything KPN sent, as it came; whole numbers of more than 15 digits as text, for JavaScript would round them.',
};

const INBOUND: Record<string, string> = {
	event: '`inboundSms`.',
	sender: 'Who wrote it, as `+31612345670`.',
	recipient: 'Your virtual number at KPN.',
	content: 'The text; empty if there is none.',
	messageId: 'KPN’s id of the message.',
	sentAt: 'When it was sent (UTC).',
	contentType: 'KPN’s name for the kind of text.',
	body: 'Everything KPN sent, as it came.',
};

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
