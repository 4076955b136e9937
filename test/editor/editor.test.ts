import { exampleFile, readExample } from '../../dev/examples';
import type { CredentialReference } from '../../dev/n8n/credentials';
import { OWNER, untilFound } from '../../dev/n8n/rest';
import { activate, addExample } from '../../dev/n8n/workflows';
import type { Sandbox } from '../../sandbox';
import type { EditorPage } from '../support/editor/editorPage';
import { setUpEditor } from '../support/editor/editorSetup';

const scene = setUpEditor('editor');
const { step, takePicture, phoneShows } = scene;

let sandbox: Sandbox;
let person: EditorPage;

beforeAll(() => {
	sandbox = scene.get('sandbox');
	person = scene.get('person');
});

const received = () => sandbox.messages.map(({ recipient, content }) => ({ recipient, content }));

describe('the packed node in the real n8n', () => {
	const formAddress = () => `${scene.get('n8n').url}/form/sign-up`;

	step('a person logs in', 'overview', async () => {
		await person.logsIn(OWNER);
	});

	step('n8n loads the package under the names its users get', 'credential-new', async () => {
		const url = (kind: string) => `${scene.get('n8n').url}/types/${kind}.json`;
		const names = async (kind: string, page = person.page) =>
			((await (await page.request.get(url(kind))).json()) as Named[]).map(({ name }) => name);
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
		await takePicture('credential-filled');
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
		// From 2.41 on, n8n asks for a token itself here, too.
		expect(await person.readsWhyItFailed()).toMatch(/HTTP status 401|Client ID.*Secret/);
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
		await takePicture('node-fields');
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
		await person.page.getByText('No SMS was sent to 12345.').waitFor();
		expect(sandbox.messages).toHaveLength(1);
	});

	step('from there a link leads back to the form', 'form-back', async () => {
		await person.page.getByRole('link', { name: 'Back to the form' }).click();
		await person.page.getByLabel('Mobile number').waitFor();
		expect(person.page.url()).toBe(formAddress());
	});

	step('a visitor whose SMS KPN may or may not have is told that', 'form-unknown', async () => {
		sandbox.inject({ accept: true, answer: { kind: 'reset' } });
		await person.submitsForm(formAddress(), { Name: 'Bram', 'Mobile number': '06 12345671' });
		await person.page.getByText('The SMS to 06 12345671 may not have been sent.').waitFor();
		expect(await person.page.getByText('No SMS was sent').count()).toBe(0);
	});

	step('set up as a tool of an AI Agent, the node says what to fix', 'tool', async () => {
		const parameters = { sender: '', mobileNumber: '', content: '', options: {} };
		const place = { typeVersion: 1, position: [0, 0], parameters };
		const types = { Tool: 'n8n-nodes-kpn-sms.kpnSmsTool', Node: 'n8n-nodes-kpn-sms.kpnSms' };
		for (const [name, type] of Object.entries(types)) {
			const node = { ...place, id: name, name, type };
			const workflow = { name, nodes: [node], connections: {}, settings: {} };
			const { id } = await scene.get('n8n').rest.post<{ id: string }>('/workflows', workflow);
			await person.opensWorkflow(id);
			await person.opensNode(name);
			await person.page.getByText('Mobile Number', { exact: true }).first().waitFor();
			const notice = person.page.getByText('each part is billed. Type the Sender yourself');
			expect(await notice.count()).toBe(name === 'Tool' ? 1 : 0);
			if (name === 'Tool') await takePicture('tool-fields');
		}
	});

	step('Sheet → SMS sends every row at the press of a button', 'sheet-node', async () => {
		sandbox.reset();
		const { id } = await addExample(scene.get('n8n').rest, 'sheet-to-sms', await theCredential());
		await person.opensWorkflow(id);
		await person.executesWorkflow();
		// n8n writes at the connections what went along them, a moment later.
		await person.page.getByText('3 items').nth(1).waitFor();
		await takePicture('sheet-executed');
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
		const workflow = await addExample(scene.get('n8n').rest, 'crm-to-sms', await theCredential());
		await activate(scene.get('n8n').rest, workflow);
		await person.opensWorkflow(workflow.id);
		await takePicture('crm-workflow');
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
	const [credential] = await scene.get('n8n').rest.get<CredentialReference[]>('/credentials');
	if (!credential) throw new Error('The credential made in the editor is gone');
	return { id: credential.id, name: credential.name };
}

/** Posts what the example has pinned as a sample, as HubSpot would. */
async function postsSampleEvents(): Promise<void> {
	const { pinData } = await readExample('crm-to-sms', await theCredential());
	const response = await fetch(`${scene.get('n8n').url}/webhook/deal-owner`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(pinData?.['HubSpot Events']?.[0]?.json.body),
	});
	expect(response.status).toBe(200);
}
