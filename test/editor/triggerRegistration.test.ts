import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { sandboxCredential } from '../../dev/n8n/credentials';
import { activate } from '../../dev/n8n/workflows';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import { signedHeaders, startSandbox, type Sandbox } from '../../sandbox';
import { waitUntil } from '../support/waitUntil';
import { TriggerN8n } from '../support/editor/triggerN8n';

// The first run on a machine installs n8n.
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 300_000;

const FOREIGN = 'https://elsewhere.example.com/kpn?token=of-theirs';
const takeOver = { parameters: { additionalOptions: { takeOver: true } } };
/** Longer than the trigger waits before it takes unpublishing for meant. */
const SETTLED_MS = 18_000;

let shared: TriggerN8n;

beforeAll(async () => {
	shared = await TriggerN8n.start();
}, SETUP_TIMEOUT_MS);

afterAll(async () => await shared?.stop(), STEP_TIMEOUT_MS);

/** What a person does, and what KPN has afterwards. */
type Body = (n8n: TriggerN8n, sandbox: Sandbox) => Promise<void>;

const withOwnKpn = (body: Body) => async () => {
	const n8n = await shared.withOwnKpn();
	try {
		await body(n8n, n8n.sandbox);
	} finally {
		await n8n.sandbox.close();
	}
};

/** Most of the time is spent waiting, so several do it at the same time, each with a KPN of its own. */
const act = (promise: string, body: Body) =>
	it.concurrent(promise, withOwnKpn(body), STEP_TIMEOUT_MS);

/** What would disturb the others, or be disturbed by them. */
const actAlone = (promise: string, body: Body) => it(promise, withOwnKpn(body), STEP_TIMEOUT_MS);

const configured = ({ settings }: Sandbox) => settings.application?.webhook_url;
const urlOf = ({ nodes }: { nodes: Array<{ webhookId?: string }> }, index = 0) =>
	shared.webhookUrl(nodes[index]?.webhookId ?? '');

/** KPN's report to a URL, as it signs it; gives the status of the answer. */
async function report({ settings }: Sandbox, url: string): Promise<number> {
	const body = JSON.stringify({ DLRID: randomUUID(), Status: 1 });
	const { key_id: keyId = '', secret = '' } = settings.activeKey ?? {};
	const headers = signedHeaders(body, { keyId, secret });
	return (await fetch(url, { method: 'POST', body, headers })).status;
}

/** What a regular expression says is in n8n's log. */
const untilLog = async (words: string) =>
	await waitUntil(async () => new RegExp(words).test(await readFile(shared.logFile, 'utf8')));

/** What another person does in the same n8n. */
async function listenWithOwnKpn(n8n: TriggerN8n): Promise<void> {
	const other = await n8n.withOwnKpn();
	try {
		const workflow = await other.addWorkflow('Of somebody else');
		await other.listen(workflow);
		await other.stopListening(workflow);
		await other.untilKpnHas(undefined);
	} finally {
		await other.sandbox.close();
	}
}

describe('listening for a test event', () => {
	actAlone(
		'listening on a published workflow leaves its URL, and says where the events go',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Published');
			await n8n.publish(workflow);
			await expect(n8n.listen(workflow)).rejects.toThrow(/KPN sends .* to/);
			await n8n.stopListening(workflow).catch(() => {});
			await delay(SETTLED_MS);
			expect(configured(sandbox)).toBe(urlOf(workflow));
		},
	);

	actAlone(
		'listening where the place is free takes it, makes no key, and gives it back',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Tested');
			await n8n.listen(workflow);
			expect(configured(sandbox)).toMatch(/\/webhook-test\//);
			await n8n.stopListening(workflow);
			await n8n.untilKpnHas(undefined);
			expect(sandbox.settings.keys).toEqual([]);
		},
	);

	actAlone('somebody else can listen while a test ends, and KPN is slow', async (n8n, sandbox) => {
		const workflow = await n8n.addWorkflow('Slow');
		await n8n.listen(workflow);
		sandbox.inject({ on: 'settings', times: null, delayMs: 2000 });
		await n8n.stopListening(workflow);
		await listenWithOwnKpn(n8n);
		await n8n.untilKpnHas(undefined);
	});

	actAlone(
		'somebody else can listen after a test has ended with KPN away, of which the log says so',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Away');
			await n8n.listen(workflow);
			const url = String(configured(sandbox));
			await sandbox.stopListening();
			await n8n.stopListening(workflow);
			await untilLog(`“Away”.*still send to ${url}`);
			await listenWithOwnKpn(n8n);
			await sandbox.resumeListening();
			await n8n.listen(workflow);
			await n8n.stopListening(workflow);
			await n8n.untilKpnHas(undefined);
		},
	);
});

describe('what people do with triggers, in the real n8n', () => {
	act(
		'publishing an edit keeps what others have set, and KPN always has a URL',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Edited');
			await n8n.publish(workflow);
			const privacy_config = { excluded_fields: { sms_dlr: ['Message'] } };
			sandbox.settings.application = { webhook_url: urlOf(workflow), privacy_config };
			sandbox.settingsCalls.length = 0;
			await n8n.editAndPublish(workflow, {
				name: 'Renamed',
				parameters: { additionalOptions: { timestampTolerance: 60 } },
			});
			expect((await n8n.publication(workflow)).errors).toEqual([]);
			await delay(SETTLED_MS);
			expect(sandbox.settings.application).toEqual({
				webhook_url: urlOf(workflow),
				privacy_config,
			});
			const changed = sandbox.settingsCalls.filter(({ method }) => method !== 'GET');
			expect(changed.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
		},
	);

	act('of two triggers in one workflow, one is refused in words', async (n8n, sandbox) => {
		const workflow = await n8n.addWorkflow('Two', {}, {});
		// n8n registers both at the same time.
		sandbox.inject({ on: 'settings', times: 20, delayMs: 50 });
		await activate(n8n.rest, workflow);
		const { errors } = await n8n.publication(workflow);
		expect(errors).toEqual([expect.stringMatching(/KPN has one webhook URL for each application/)]);
		expect([urlOf(workflow, 0), urlOf(workflow, 1)]).toContain(configured(sandbox));
	});

	act(
		'a duplicate is refused in words, and unpublishing it leaves the first',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('First');
			await n8n.publish(workflow);
			const duplicate = await n8n.addWorkflow('First copy');
			await activate(n8n.rest, duplicate);
			expect((await n8n.publication(duplicate)).errors).toEqual([
				expect.stringMatching(/KPN has one webhook URL for each application/),
			]);
			await n8n.unpublish(duplicate);
			await delay(SETTLED_MS);
			expect(configured(sandbox)).toBe(urlOf(workflow));
		},
	);

	act(
		'a foreign URL is not taken without Take Over, and given back after it',
		async (n8n, sandbox) => {
			sandbox.settings.application = { webhook_url: FOREIGN };
			const workflow = await n8n.addWorkflow('Foreign');
			await activate(n8n.rest, workflow);
			expect((await n8n.publication(workflow)).errors.join()).toMatch(/Take Over Webhook URL/);
			expect(configured(sandbox)).toBe(FOREIGN);
			await n8n.unpublish(workflow);
			await n8n.editAndPublish(workflow, takeOver);
			await n8n.untilKpnHas(urlOf(workflow));
			const stored = await n8n.rest.get<object>(`/workflows/${workflow.id}`);
			expect(JSON.stringify(stored)).not.toContain('of-theirs');
			await n8n.unpublish(workflow);
			await n8n.untilKpnHas(FOREIGN);
		},
	);

	act(
		'taken over twice, then all unpublished: KPN has what it had in the beginning',
		async (n8n, sandbox) => {
			sandbox.settings.application = { webhook_url: FOREIGN };
			const [one, two] = [
				await n8n.addWorkflow('One', takeOver),
				await n8n.addWorkflow('Two', takeOver),
			];
			await n8n.publish(one);
			await n8n.publish(two);
			await n8n.unpublish(one);
			await delay(SETTLED_MS);
			expect(configured(sandbox)).toBe(urlOf(two));
			await n8n.unpublish(two);
			await n8n.untilKpnHas(FOREIGN);
		},
	);

	act(
		'a trigger that was taken over from gets its events again, if it is still published',
		async (n8n) => {
			const one = await n8n.addWorkflow('One');
			const two = await n8n.addWorkflow('Two', takeOver);
			await n8n.publish(one);
			await n8n.publish(two);
			await n8n.unpublish(two);
			await n8n.untilKpnHas(urlOf(one));
		},
	);

	act(
		'of two triggers in one workflow that both take over, one is refused in words',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Two', takeOver, takeOver);
			await activate(n8n.rest, workflow);
			const { errors } = await n8n.publication(workflow);
			expect(errors).toEqual([expect.stringMatching(/to another trigger of this workflow/)]);
			expect([urlOf(workflow, 0), urlOf(workflow, 1)]).toContain(configured(sandbox));
		},
	);

	act(
		'one in the place of another that takes over, in the same workflow, is published',
		async (n8n) => {
			const workflow = await n8n.addWorkflow('Replaced', takeOver);
			await n8n.publish(workflow);
			const [id, webhookId] = [randomUUID(), randomUUID()];
			await n8n.editAndPublish(workflow, { id, webhookId, name: 'Another' });
			await n8n.untilKpnHas(n8n.webhookUrl(webhookId));
		},
	);

	act(
		'KPN is away on unpublishing: the log names the URL that stays, and what to do',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Stays');
			await n8n.publish(workflow);
			await sandbox.stopListening();
			await n8n.unpublish(workflow);
			await untilLog(
				`“Stays”.*still send to ${urlOf(workflow)}. KPN could not .* Remove that URL at KPN, or`,
			);
			await sandbox.resumeListening();
			await activate(n8n.rest, workflow);
			expect((await n8n.publication(workflow)).errors).toEqual([]);
			await n8n.unpublish(workflow);
			await n8n.untilKpnHas(undefined);
		},
	);

	act(
		'the credential becomes another application’s: the log names the URL that stays',
		async (n8n, sandbox) => {
			const other = await startSandbox();
			try {
				const workflow = await n8n.addWorkflow('Changed');
				await n8n.publish(workflow);
				await n8n.rest.patch(`/credentials/${n8n.credential.id}`, {
					name: n8n.credential.name,
					type: CREDENTIAL_TYPE,
					data: sandboxCredential(other),
				});
				await n8n.editAndPublish(workflow, { name: 'Renamed' });
				await waitUntil(() => other.settings.application?.webhook_url === urlOf(workflow));
				await untilLog(
					`“Changed”.*still send to ${urlOf(workflow)}. The credential was that of the application`,
				);
				await n8n.unpublish(workflow);
				await waitUntil(() => other.settings.application === undefined);
				expect(configured(sandbox)).toBe(urlOf(workflow));
			} finally {
				await other.close();
			}
		},
	);

	act(
		'the credential is deleted: the log names the URL, and publishing asks for another',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Deleted');
			await n8n.publish(workflow);
			await n8n.rest.delete(`/credentials/${n8n.credential.id}`);
			await n8n.unpublish(workflow);
			const words = 'The credential that is chosen here has been deleted. Choose another one';
			await untilLog(`“Deleted”.*still send to ${urlOf(workflow)}. ${words}`);
			await activate(n8n.rest, workflow).then(
				async () => expect((await n8n.publication(workflow)).errors.join()).toMatch(words),
				({ message }: Error) => expect(message).toMatch(/credential/i),
			);
			expect(configured(sandbox)).toBe(urlOf(workflow));
		},
	);

	act('what the log says names the workflow and the node', async (n8n) => {
		const workflow = await n8n.addWorkflow('Named workflow');
		await n8n.publish(workflow);
		expect((await fetch(urlOf(workflow), { method: 'POST', body: '{}' })).status).toBe(401);
		await waitUntil(async () =>
			/Named workflow.*KPN SMS Trigger 0.*no signature/.test(
				await readFile(shared.logFile, 'utf8'),
			),
		);
	});
});

describe('where n8n is started again, kept waiting, or not the only one', () => {
	actAlone(
		'a second n8n with the same path is refused, and takes nothing away when unpublished',
		async (n8n, sandbox) => {
			const webhookId = randomUUID();
			const workflow = await n8n.addWorkflow('Production', { webhookId });
			await n8n.publish(workflow);
			const second = await n8n.startSecond();
			try {
				const copy = await second.addWorkflow('Staging', { webhookId });
				await activate(second.rest, copy);
				expect((await second.publication(copy)).errors).toEqual([
					expect.stringMatching(/KPN sends .* to .*Take Over/),
				]);
				await second.unpublish(copy);
				await delay(SETTLED_MS);
				expect(configured(sandbox)).toBe(urlOf(workflow));
			} finally {
				await second.packed.remove();
			}
		},
	);

	actAlone(
		'and also where the first was changed in between: n8n goes on, no URL is lost',
		async (n8n, sandbox) => {
			const privacy_config = { excluded_fields: { sms_dlr: ['Message'] } };
			const before = { webhook_url: FOREIGN, privacy_config };
			sandbox.settings.application = before;
			const one = await n8n.addWorkflow('One', takeOver);
			const two = await n8n.addWorkflow('Two', takeOver);
			const three = await n8n.addWorkflow('Three', takeOver);
			await n8n.publish(one);
			await n8n.publish(two);
			const additionalOptions = { takeOver: true, timestampTolerance: 60 };
			await n8n.editAndPublish(one, { parameters: { additionalOptions } });
			await n8n.untilKpnHas(urlOf(one));
			await n8n.publish(three);
			await n8n.unpublish(two);
			await delay(SETTLED_MS);
			await n8n.unpublish(one);
			await delay(SETTLED_MS);
			expect(configured(sandbox)).toBe(urlOf(three));
			await n8n.restart();
			await n8n.unpublish(three);
			await n8n.untilKpnHas(FOREIGN);
			expect(sandbox.settings.application).toEqual(before);
		},
	);

	actAlone(
		'unpublished after it was taken over from, and n8n restarted: KPN has no dead URL',
		async (n8n) => {
			const one = await n8n.addWorkflow('One');
			const two = await n8n.addWorkflow('Two', takeOver);
			await n8n.publish(one);
			await n8n.publish(two);
			await n8n.unpublish(one);
			await delay(SETTLED_MS);
			await n8n.restart();
			await n8n.unpublish(two);
			await n8n.untilKpnHas(undefined);
		},
	);

	actAlone(
		'KPN does not answer on publishing: words before a minute is over',
		async (n8n, sandbox) => {
			const workflow = await n8n.addWorkflow('Hangs');
			sandbox.inject({ on: 'settings', times: null, answer: { kind: 'hang' } });
			const started = Date.now();
			await activate(n8n.rest, workflow);
			const { errors } = await n8n.publication(workflow);
			const took = Date.now() - started;
			sandbox.reset();
			expect(errors).toEqual([expect.stringMatching(/KPN did not answer in time/)]);
			expect(took).toBeLessThan(60_000);
		},
	);

	actAlone(
		'another address of n8n holds from unpublishing and publishing on, not from a start',
		async (n8n, sandbox) => {
			sandbox.settings.addKey({ secret: 'theirs' });
			const workflow = await n8n.addWorkflow('Moved');
			await n8n.publish(workflow);
			const before = urlOf(workflow);
			sandbox.settingsCalls.length = 0;
			const elsewhere = new URL(before).origin.replace('127.0.0.1', 'localhost');
			await n8n.restart({ WEBHOOK_URL: `${elsewhere}/` });
			await delay(3000);
			expect(sandbox.settingsCalls).toEqual([]);
			expect(await report(sandbox, before)).toBe(200);
			// KPN is asked for its keys beside the event, once n8n has answered.
			await waitUntil(() => sandbox.settingsCalls.some(({ path }) => path.endsWith('/reveal')));
			await delay(500);
			expect(await readFile(shared.logFile, 'utf8')).not.toContain(
				'could not get the signing keys',
			);
			await n8n.unpublish(workflow);
			await n8n.untilKpnHas(undefined);
			await activate(n8n.rest, workflow);
			await n8n.untilKpnHas(before.replace('127.0.0.1', 'localhost'));
		},
	);
});
