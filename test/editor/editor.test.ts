import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { exampleFile, readExample } from '../../dev/examples';
import { n8nVersion } from '../../dev/n8n/cache';
import { installThisPackage } from '../../dev/n8n/community-package';
import { installN8n } from '../../dev/n8n/install';
import { freePort } from '../../dev/n8n/ports';
import { N8nRest, OWNER, untilFound } from '../../dev/n8n/rest';
import { startN8n, type RunningN8n } from '../../dev/n8n/run';
import { activate, addExample, type CredentialReference } from '../../dev/n8n/workflows';
import { startSandbox, type Sandbox } from '../../sandbox';
import { ARTIFACTS, findChromium, openBrowser, openPage, picture } from './browser';
import { Person } from './person';

// The first run on a machine installs n8n.
const PREPARED_WITHIN_MS = 30 * 60_000;
const STEP_WITHIN_MS = 180_000;

let userFolder: string;
let sandbox: Sandbox;
let n8n: RunningN8n;
let rest: N8nRest;
let browser: Browser;
let person: Person;

beforeAll(async () => {
	findChromium();
	await rm(ARTIFACTS, { recursive: true, force: true });
	const say = (words: string) => void process.stderr.write(`${words}\n`);
	const installation = await installN8n({ version: n8nVersion(), say });
	userFolder = await mkdtemp(join(tmpdir(), 'kpn-sms-editor-'));
	await installThisPackage(userFolder);
	sandbox = await startSandbox();
	n8n = await startN8n({ installation, userFolder, port: await freePort() });
	rest = new N8nRest(n8n.url);
	await rest.logIn();
	browser = await openBrowser();
	person = new Person(await openPage(browser), n8n.url);
}, PREPARED_WITHIN_MS);

afterAll(async () => {
	await browser?.close();
	await n8n?.stop();
	await sandbox?.close();
	if (!userFolder) return;
	await mkdir(ARTIFACTS, { recursive: true });
	await copyFile(join(userFolder, 'n8n.log'), join(ARTIFACTS, 'n8n.log')).catch(() => {});
	await rm(userFolder, { recursive: true, force: true });
}, STEP_WITHIN_MS);

// Without a stack: only the failure of the first step is worth reading.
const ANOTHER_STEP_FAILED = Object.assign(new Error(), { stack: 'A step before this one failed' });

let pictures = 0;
let failed = false;

/** One step of the person's way, with a picture of how it ended. Each needs those before it. */
function step(promise: string, name: string, body: () => Promise<void>): void {
	it(
		promise,
		async () => {
			if (failed) throw ANOTHER_STEP_FAILED;
			failed = true;
			try {
				await body();
				failed = false;
			} finally {
				await shoot(name);
			}
		},
		STEP_WITHIN_MS,
	);
}

const shoot = async (name: string) =>
	await picture(person.page, `${String(++pictures).padStart(2, '0')}-${name}`);

const received = () => sandbox.messages.map(({ recipient, content }) => ({ recipient, content }));

/** The texts on one phone of the sandbox's page. */
async function phoneShows(mobileNumber: string): Promise<string[]> {
	await person.page.goto(sandbox.url);
	const bubbles = person.page.locator(`[data-phone="${mobileNumber}"] [data-message] .text`);
	await bubbles.first().waitFor();
	return await bubbles.allInnerTexts();
}

describe('the packed node in the real n8n', () => {
	const formAddress = () => `${n8n.url}/form/sign-up`;

	step('a person logs in', 'overview', async () => {
		await person.logsIn(OWNER);
	});

	step('n8n loads the package under the names its users get', 'credential-new', async () => {
		const names = async (kind: string, page = person.page) =>
			((await (await page.request.get(`${n8n.url}/types/${kind}.json`)).json()) as Named[]).map(
				({ name }) => name,
			);
		expect(await names('nodes')).toContain('n8n-nodes-kpn-sms.kpnSms');
		expect(await names('credentials')).toContain('kpnSmsOAuth2Api');
		await person.choosesCredentialType('KPN SMS OAuth2 API');
	});

	step('a wrong secret is said in words', 'credential-wrong-secret', async () => {
		await person.fills('clientId', sandbox.clientId);
		await person.fills('clientSecret', 'not-the-secret');
		await person.chooses('smsApi', 'SMS (Current)');
		await person.chooses('environment', 'Custom');
		await person.fills('baseUrl', sandbox.url);
		await shoot('credential-filled');
		await person.saves('Couldn’t connect with these settings');
		// n8n asks for a token itself here, in its own words; the dialog says what they mean.
		expect(await person.readsWhyItFailed()).toContain('HTTP status 401');
		expect(await person.credential.innerText()).toMatch(/“HTTP status 401”.*Client ID.*Secret/);
	});

	step('saving a credential proves key and secret', 'credential-tested', async () => {
		await person.fills('clientSecret', sandbox.clientSecret);
		await person.saves('Connection tested successfully');
	});

	step('a secret that is no longer right is said in words', 'credential-wrong-later', async () => {
		await person.fills('clientSecret', 'not-the-secret');
		await person.saves('Couldn’t connect with these settings');
		expect(await person.readsWhyItFailed()).toMatch(/Client ID.*Secret/);
	});

	step('the secret put right, the credential works again', 'credential-put-right', async () => {
		await person.fills('clientSecret', sandbox.clientSecret);
		await person.saves('Connection tested successfully');
		await person.closesDialog();
		expect(sandbox.messages).toHaveLength(0);
	});

	step('Form → SMS imports as it is and finds its credential', 'form-imported', async () => {
		await person.imports(exampleFile('form-to-sms'));
		await person.opensNode('Confirm by SMS');
		expect(await person.chosenCredential()).toBe('KPN SMS account');
		await shoot('node-fields');
		await person.closesNode();
		await person.publishes();
		await untilFound(formAddress());
	});

	step('a visitor of the form is told that the SMS is on its way', 'form-sent', async () => {
		await person.submitsForm(formAddress(), { Name: 'Anna', 'Mobile number': '06 12345670' });
		await person.page.getByText('Thank you, Anna!').waitFor();
	});

	step('the SMS is on the phone of the visitor, once', 'phone', async () => {
		expect(await phoneShows('+31612345670')).toEqual([
			'Hello Anna, your sign-up is confirmed. See you soon!',
		]);
		expect(sandbox.messages).toHaveLength(1);
	});

	step('a visitor with an impossible number is not told of a success', 'form-failed', async () => {
		await person.submitsForm(formAddress(), { Name: 'Bram', 'Mobile number': '12345' });
		await person.page.getByText('We could not confirm by SMS').waitFor();
		expect(sandbox.messages).toHaveLength(1);
	});

	step('Sheet → SMS sends every row at the press of a button', 'sheet-node', async () => {
		sandbox.reset();
		const { id } = await addExample(rest, 'sheet-to-sms', await theCredential());
		await person.opensWorkflow(id);
		await person.executesWorkflow();
		await shoot('sheet-executed');
		expect(received()).toEqual([
			{
				recipient: '+31612345671',
				content: 'Hello Anna, your table is booked for tonight, 19:00.',
			},
			{ recipient: '+31612345672', content: 'Hello Bram, your bike is ready.' },
			{
				recipient: '+31612345673',
				content: 'Hello Chloé, your parcel comes tomorrow between 9 and 11.',
			},
		]);
		await person.opensNode('Send Every Row');
	});

	step('CRM → SMS tells the new owners of a batch of HubSpot events', 'crm-phones', async () => {
		sandbox.reset();
		const workflow = await addExample(rest, 'crm-to-sms', await theCredential());
		await activate(rest, workflow);
		await person.opensWorkflow(workflow.id);
		await shoot('crm-workflow');
		await postsSampleEvents();
		expect(await phoneShows('+31612345671')).toEqual([
			'Hello Anna, deal 1148291 is yours since 1 Jan 11:00.',
		]);
		expect(await phoneShows('+31612345672')).toEqual([
			'Hello Bram, deal 1148295 is yours since 1 Jan 11:01.',
		]);
		expect(sandbox.messages).toHaveLength(2);
	});
});

interface Named {
	name: string;
}

async function theCredential(): Promise<CredentialReference> {
	const [credential] = await rest.get<CredentialReference[]>('/credentials');
	if (!credential) throw new Error('The credential made in the editor is gone');
	return { id: credential.id, name: credential.name };
}

/** Posts what the example has pinned as a sample, as HubSpot would. */
async function postsSampleEvents(): Promise<void> {
	const { pinData } = await readExample('crm-to-sms', await theCredential());
	const response = await fetch(`${n8n.url}/webhook/deal-owner`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(pinData?.['HubSpot Events']?.[0]?.json.body),
	});
	expect(response.status).toBe(200);
}
