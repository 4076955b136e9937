import type { SmsApi } from '../../nodes/shared/kpnApi';
import { fieldOf, wordsOf, type KpnResponse } from './kpn';
import { noteRefusal } from './refusals';
import type { Run } from './run';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const QUOTA = ['quota-limit', 'quota-used', 'quota-interval', 'quota-time-unit', 'quota-reset-UTC'];

export interface Sent {
	documentId: string;
	/** What `quota-used` says after it. */
	quotaUsed?: number;
}

/**
 * Sends one SMS to the user's own number.
 *
 * @returns undefined where KPN did not take it, or may have taken it
 */
export async function sendOne(
	run: Run,
	api: SmsApi,
	extra: Record<string, string>,
): Promise<Sent | undefined> {
	const { findings, ownNumber } = run;
	const content = 'Test of n8n-nodes-kpn-sms: this SMS may be ignored.';
	const body = { sender: 'n8n check', ...extra, messages: [{ content, mobile_number: ownNumber }] };
	const answer = await sendOnce(run, api, body);
	if (!answer) return undefined;
	const sent = readAcceptance(run, answer);
	if (api === 'current' && Object.keys(extra).length > 0) {
		const names = Object.keys(extra);
		const seen = `with ${names.join(' and ')}: ${wordsOf(answer)}`;
		// A refusal may be about the number: it is about the fields where it names one.
		const text = answer.text.toLowerCase();
		if (isRefusal(answer) && !names.some((name) => text.includes(name)))
			findings.leaveOpen('send-fields', seen);
		else findings.record('send-fields', sent !== undefined, seen);
	}
	if (!sent) return undefined;
	noteHeaders(run, answer);
	return sent;
}

/** Two SMS in one call: shows what the quota counts. */
export async function sendTwo(run: Run, before: Sent): Promise<void> {
	const { findings, ownNumber, prompt } = run;
	const messages = ['first', 'second'].map((which) => ({
		content: `Test of n8n-nodes-kpn-sms: the ${which} of two in one call.`,
		mobile_number: ownNumber,
	}));
	const answer = await sendOnce(run, 'current', { sender: 'n8n check', messages });
	if (!answer) return;
	const sent = readAcceptance(run, answer);
	if (!sent) return;
	if (before.quotaUsed !== undefined && sent.quotaUsed !== undefined) {
		const by = sent.quotaUsed - before.quotaUsed;
		findings.record(
			'quota-counts',
			by === 1,
			`two messages in one call raised quota-used by ${by}`,
		);
	}
	const arrived = await prompt.text('How many of the two have arrived? (0, 1, 2; empty: unknown)');
	if (/^[012]$/.test(arrived)) {
		findings.record('send-together', arrived === '2', `one document_id, ${arrived} of 2 arrived`);
	}
}

/** A good message beside a bad one: it must not arrive. */
export async function sendBesideBad(run: Run, api: SmsApi): Promise<void> {
	const { findings, ownNumber, prompt } = run;
	const messages = [
		{
			content: 'Test of n8n-nodes-kpn-sms: KPN was not to send this one. Please say so.',
			mobile_number: ownNumber,
		},
		{ content: 'This number is none.', mobile_number: '0612' },
	];
	const answer = await sendOnce(run, api, { sender: 'n8n check', messages });
	if (!answer) return;
	noteRefusal(run, answer);
	if (answer.status < 400) {
		findings.record('send-whole', false, `the call was taken: ${wordsOf(answer)}`);
		return;
	}
	const arrived = await prompt.text(
		'Has an SMS arrived that says “KPN was not to send this one”? Wait a minute (y, n; empty: unknown)',
	);
	if (/^[yn]/i.test(arrived)) {
		const came = /^y/i.test(arrived);
		findings.record(
			'send-whole',
			!came,
			`${wordsOf(answer)}, the good one ${came ? 'came' : 'did not come'}`,
		);
	}
}

async function sendOnce(run: Run, api: SmsApi, body: object): Promise<KpnResponse | undefined> {
	run.isSending = true;
	try {
		const answer = await run.kpn.send(api, body);
		if (answer.status >= 300 && answer.status < 400) run.say('KPN redirects; nothing follows it.');
		return answer;
	} catch (error) {
		const { cause, message } = error as Error;
		run.say(
			`No answer came (${run.redactor.clean(cause instanceof Error ? cause.message : message)}): ` +
				'KPN may have the message or not. It is not sent again.',
		);
		return undefined;
	} finally {
		run.isSending = false;
	}
}

const isRefusal = ({ status }: KpnResponse) => status >= 400 && status < 500;

function readAcceptance(run: Run, answer: KpnResponse): Sent | undefined {
	const documentId = fieldOf(answer.json, 'document_id');
	const status = fieldOf(answer.json, 'status');
	const taken = answer.status === 200 && typeof documentId === 'string';
	const holds = taken && UUID.test(documentId) && status === 'OK';
	const said = taken
		? `200 with a document_id${UUID.test(documentId) ? '' : ' that is no UUID'}, status ${String(status)}`
		: `${wordsOf(answer)}, no document_id`;
	if (isRefusal(answer)) {
		// What is expected is about a message that KPN takes.
		run.findings.leaveOpen('send-accepted', said);
		run.say(
			`KPN refused the SMS (${run.redactor.clean(wordsOf(answer))}): it is not sent. ` +
				'Check your number, and what KPN says.',
		);
	} else {
		run.findings.record('send-accepted', holds, said);
	}
	noteRefusal(run, answer);
	if (!taken) return undefined;
	run.redactor.hide(documentId);
	const used = answer.headers.get('quota-used');
	return { documentId, quotaUsed: used === null ? undefined : Number(used) };
}

function noteHeaders({ findings }: Run, { headers }: KpnResponse): void {
	const missing = QUOTA.filter((name) => !headers.has(name));
	const lacks = `without ${missing.join(', ')}`;
	findings.record('quota-headers', missing.length === 0, missing.length > 0 ? lacks : 'all five');
	const reset = headers.get('quota-reset-UTC');
	if (reset !== null) {
		const time = /^\d{12,14}$/.test(reset) ? Number(reset) : NaN;
		const near = Math.abs(time - Date.now()) < 400 * 86_400_000;
		const looks = reset.replace(/\d/g, '9').replace(/[a-z]/gi, 'a');
		findings.record(
			'quota-reset',
			near,
			`it looks like ${looks.replace(/9{5,}/, (all) => `${all.length} digits`)}`,
		);
	}
	const [version, sunset] = [headers.get('api-version'), headers.get('sunset')];
	const dated = sunset !== null && (sunset === 'n/a' || !Number.isNaN(Date.parse(sunset)));
	findings.record(
		'version-headers',
		version !== null && dated,
		`api-version ${version ?? 'missing'}, sunset ${sunset ?? 'missing'}`,
	);
}
