import type { SmsApi } from '../../nodes/shared/kpnApi';
import { fieldOf, wordsOf, type KpnResponse } from './kpn';
import { fieldsOf } from './redact';
import type { Run } from './run';

const NAMES: Record<SmsApi, string> = { current: 'SMS (Current)', v1: 'SMS v1' };

/** Finds out which of KPN's two SMS products the project has, with calls that hold no message. */
export async function checkProducts(run: Run): Promise<void> {
	const { kpn, findings } = run;
	const answers: Array<{ api: SmsApi; answer: KpnResponse }> = [];
	for (const api of ['current', 'v1'] as const) {
		answers.push({ api, answer: await kpn.send(api, { sender: 'Check', messages: [] }) });
	}
	for (const { api, answer } of answers) {
		const said = `${NAMES[api]} says ${wordsOf(answer)}`;
		if ([401, 403, 404].includes(answer.status)) {
			findings.record('product-lacks', answer.status !== 404, said);
			continue;
		}
		run.products.push(api);
		findings.record('product-has', answer.status === 400, said);
		noteRefusal(run, answer);
	}
	const names = run.products.map((api) => NAMES[api]).join(' and ');
	run.say(names ? `The project has ${names}.` : 'The project has neither SMS product.');
}

/** A token that KPN has never given: it costs nothing. */
export async function checkBadToken({ kpn, findings, products }: Run): Promise<void> {
	const [api = 'current'] = products;
	const answer = await kpn.send(api, { sender: 'Check', messages: [] }, 'not-a-token');
	const code = fieldOf(answer.json, 'fault', 'detail', 'errorcode');
	const holds = answer.status === 401 && /invalid.?access.?token/i.test(String(code));
	findings.record('token-refused', holds, `${wordsOf(answer)}, ${fieldsOf(answer.json)}`);
}

/** A text that is none and a number that is none, each by itself. */
export async function checkBadMessages(run: Run): Promise<void> {
	const { kpn, findings, products, ownNumber } = run;
	const [api] = products;
	if (!api) return;
	const bad = async (content: string, mobile_number: string) =>
		await kpn.send(api, { sender: 'Check', messages: [{ content, mobile_number }] });
	const number = await bad('This number is none.', '0612');
	findings.record('number-bad', number.status === 400, wordsOf(number));
	noteRefusal(run, number);
	if (ownNumber === undefined) return;
	const text = await bad('', ownNumber);
	findings.record('text-empty', text.status === 400, wordsOf(text));
	noteRefusal(run, text);
}

/** What every refusal shows in addition. */
export function noteRefusal({ findings }: Run, answer: KpnResponse): void {
	const { status, headers, json } = answer;
	if (status === 400) {
		const fields = ['code', 'message', 'info'].map((name) => fieldOf(json, 'errorResponse', name));
		const holds = fields.every((field) => typeof field === 'string');
		const inner = fieldOf(json, 'errorResponse') ?? json;
		findings.record('refusal-shape', holds, `${status}: ${fieldsOf(inner)}`);
	}
	if (status === 429) {
		const says = headers.has('retry-after') || headers.has('quota-reset-UTC');
		findings.record(
			'busy',
			says,
			says ? '429, and when to ask again' : '429, not when to ask again',
		);
	}
}
