import { fieldOf, wordsOf, type KpnResponse } from './kpn';
import { fieldsOf } from './redact';
import type { Run } from './run';

const LEVELS = ['/applications', '/teams', '/organizations'];
const STATES = ['staged', 'active', 'retiring', 'retired'];

/** Reads the webhook settings, of the application and of what is above it. Changes nothing. */
export async function checkSettings({ kpn, findings, say, redactor }: Run): Promise<void> {
	const [own, ...above] = await readAll(kpn, LEVELS);
	if (!own) return;
	for (const answer of [own, ...above]) {
		for (const name of ['webhook_url', 'scope_id', 'id']) {
			const value = fieldOf(answer.json, name);
			if (typeof value === 'string') redactor.hide(value);
		}
	}
	if ([401, 403].includes(own.status)) {
		findings.record('settings-product', own.status === 403, wordsOf(own));
		say('The project lacks KPN’s product for webhooks: its settings cannot be read.');
		return;
	}
	const { status, json } = own;
	const shown = ['scope_type', 'webhook_url'].every(
		(name) => typeof fieldOf(json, name) === 'string',
	);
	findings.record(
		'settings-read',
		status === 404 || (status === 200 && shown),
		`${status}: ${fieldsOf(json)}`,
	);
	const statuses = above.map((answer) => answer.status);
	findings.record(
		'settings-levels',
		statuses.every((one) => [200, 403, 404].includes(one)),
		`${statuses.join(' and ')} for ${LEVELS.slice(1).join(' and ')}`,
	);
	await checkKeyList(await kpn.readSettings('/applications/keys'), findings);
}

function checkKeyList(answer: KpnResponse, findings: Run['findings']): void {
	const { status, json } = answer;
	if (status === 404) return;
	const list = Array.isArray(json) ? json : undefined;
	const sound = list?.every(
		(key) =>
			typeof fieldOf(key, 'key_id') === 'string' && STATES.includes(String(fieldOf(key, 'status'))),
	);
	findings.record(
		'keys-list',
		status === 200 && sound === true,
		list
			? `${list.length} keys${list.length > 0 ? `: ${fieldsOf(list[0])}` : ''}`
			: wordsOf(answer),
	);
}

/**
 * Has KPN show the secret that it signs events with, to verify a report with. It stays in memory.
 *
 * @returns the secrets of the application, the team and the organization, as far as they are shown
 */
export async function revealKeys({ kpn, findings, redactor }: Run): Promise<string[]> {
	const answers = await readAll(
		kpn,
		LEVELS.map((level) => `${level}/keys/reveal`),
	);
	const secrets: string[] = [];
	for (const { json } of answers) {
		const secret = fieldOf(json, 'secret');
		if (typeof secret === 'string') secrets.push(secret);
	}
	redactor.hide(...secrets);
	const [own] = answers;
	if (own && own.status !== 403) {
		const complete = ['key_id', 'secret', 'status'].every(
			(name) => typeof fieldOf(own.json, name) === 'string',
		);
		findings.record(
			'key-reveal',
			own.status === 404 || (own.status === 200 && complete),
			`${own.status}: ${fieldsOf(own.json)}`,
		);
	}
	return secrets;
}

async function readAll(kpn: Run['kpn'], paths: string[]): Promise<KpnResponse[]> {
	const answers: KpnResponse[] = [];
	for (const path of paths) answers.push(await kpn.readSettings(path));
	return answers;
}
