import { accountVariables, askOtherAccount } from './account';
import { fieldOf, wordsOf, type KpnResponse } from './kpn';
import { fieldsOf, shapeOf } from './redact';
import type { Run } from './run';

const UNKNOWN_CLIENT = /invalid_?client/i;

/**
 * Asks for a token, twice: it costs nothing.
 *
 * @returns whether there is one to go on with
 */
export async function checkToken(run: Run): Promise<boolean> {
	const { kpn, findings, redactor } = run;
	const answer = await askKnownToken(run);
	if (!answer) return false;
	const token = fieldOf(answer.json, 'access_token');
	const works = answer.status === 200 && typeof token === 'string';
	if (works) redactor.hide(token);
	for (const name of ['developer.email', 'application_name', 'client_id', 'organization_name']) {
		const value = fieldOf(answer.json, name);
		if (typeof value === 'string') redactor.hide(value);
	}
	findings.record('token-call', works, works ? '200 with an access_token' : wordsOf(answer));
	if (!works) return false;
	kpn.token = token;

	const values = Object.entries(answer.json as object);
	const other = values.filter(([, value]) => typeof value !== 'string' && !Array.isArray(value));
	const seen = other.map(([name, value]) => `${name} is a ${shapeOf(value)}`).join(', ');
	findings.record('token-text', other.length === 0, seen || `${values.length} fields, all text`);
	const lifetime = Number(fieldOf(answer.json, 'expires_in'));
	findings.record(
		'token-lifetime',
		lifetime > 3500 && lifetime <= 3600,
		Number.isFinite(lifetime) ? `expires_in says ${lifetime} s` : fieldsOf(answer.json),
	);
	const list =
		fieldOf(answer.json, 'api_product_list_json') ?? fieldOf(answer.json, 'api_product_list');
	const names = (Array.isArray(list) ? list : [list]).filter((one) => typeof one === 'string');
	findings.record(
		'token-products',
		Array.isArray(list) && names.some((name) => /sms/i.test(name)),
		list === undefined ? 'no list of products' : `${shapeOf(list)}: ${names.join(', ')}`,
	);
	await checkSecondToken(kpn, findings, redactor);
	return true;
}

/**
 * Asks until KPN knows the Client ID and Secret: a typing mistake contradicts no assumption.
 *
 * @returns undefined if the user has no others
 */
async function askKnownToken({
	kpn,
	prompt,
	redactor,
	say,
}: Run): Promise<KpnResponse | undefined> {
	let variables = accountVariables(process.env);
	for (;;) {
		const answer = await kpn.askToken();
		if (answer.status !== 401 && !UNKNOWN_CLIENT.test(answer.text)) return answer;
		const from = variables.length > 0 ? ` They came from ${variables.join(' and ')}.` : '';
		say(
			`KPN does not know this Client ID and Client Secret (${redactor.clean(wordsOf(answer))}). ` +
				`Check both: KPN’s developer portal shows them with your project.${from}`,
		);
		const other = await askOtherAccount(kpn.account, prompt);
		if (!other) return undefined;
		redactor.hide(other.clientId, other.clientSecret);
		kpn.account = other;
		variables = [];
	}
}

async function checkSecondToken(
	kpn: Run['kpn'],
	findings: Run['findings'],
	redactor: Run['redactor'],
): Promise<void> {
	const second = fieldOf((await kpn.askToken()).json, 'access_token');
	if (typeof second !== 'string') return;
	redactor.hide(second);
	if (second === kpn.token) {
		findings.record('token-several', true, 'the same token came again');
		return;
	}
	// An empty call: whatever is said of it, 401 alone is about the token.
	const statuses = [];
	for (const token of [kpn.token, second]) {
		for (const api of ['current', 'v1'] as const) {
			statuses.push((await kpn.send(api, { messages: [] }, token)).status);
		}
	}
	const [firstOnes, secondOnes] = [statuses.slice(0, 2), statuses.slice(2)];
	// A product that the project lacks may answer 401 as well: that says nothing about the token.
	if (secondOnes.every((status) => status === 401)) return;
	const lost = firstOnes.every((status) => status === 401);
	findings.record(
		'token-several',
		!lost,
		`with the first token ${firstOnes.join(' and ')}, with the second ${secondOnes.join(' and ')}`,
	);
}

/** Costs nothing, but KPN may count what looks like an attack. */
export async function checkWrongSecret({ kpn, findings }: Run): Promise<void> {
	const answer = await kpn.askToken('not-the-secret');
	const says = UNKNOWN_CLIENT.test(answer.text);
	findings.record('token-secret', answer.status === 401 && says, wordsOf(answer));
}
