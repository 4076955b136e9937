import { addSandboxCredential } from '../../dev/n8n/credentials';
import { OWNER } from '../../dev/n8n/rest';
import { CREDENTIAL_TYPE } from '../../nodes/shared/kpnApi';
import type { StoredWorkflow } from '../../dev/n8n/workflows';
import { setUpEditor } from '../support/editor/editorSetup';
import { listWithResults, mixedGuests, SEND } from '../support/editor/guestWorkflow';

/** What a person sees of a long list of which not all could be sent. */

const scene = setUpEditor('results');
const { step, takePicture } = scene;

/** As wide as a small laptop's. */
const WINDOW = { width: 1400, height: 900 };

/** Where a person looks first. */
const READ_FIRST = ['outcome', 'recipient', 'parts', 'message'];

step('300 mixed results are read without scrolling sideways', 'mixed', async () => {
	const [sandbox, n8n, person] = [scene.get('sandbox'), scene.get('n8n'), scene.get('person')];
	const { rest } = n8n;
	const credential = await addSandboxCredential(rest, sandbox, {
		name: 'KPN SMS of the restaurant',
		smsApi: 'v1',
	});
	const refusal = { kind: 'http', status: 400, shape: 'errorResponse' } as const;
	sandbox.inject({ match: { content: 'Refused' }, times: null, answer: refusal });
	const lost = { accept: true, answer: { kind: 'reset' } } as const;
	sandbox.inject({ match: { content: 'Lost' }, times: null, ...lost });
	const workflow = await rest.post<StoredWorkflow>('/workflows', {
		name: 'Guests',
		...listWithResults(mixedGuests(300), { [CREDENTIAL_TYPE]: credential }),
	});

	await person.page.setViewportSize(WINDOW);
	await person.logsIn(OWNER);
	await person.opensWorkflow(workflow.id);
	await person.executesWorkflow();
	await person.dismissesNotes();
	await person.opensNode(SEND);
	await person.output.hints('Not all items were sent: 276 accepted');
	const outcomes = await person.output.column('outcome');
	expect(new Set(outcomes)).toEqual(new Set(['accepted', 'refused', 'unknown']));
	for (const column of READ_FIRST) {
		expect(await person.output.isInView(column)).toBe(true);
		expect((await person.output.column(column)).join()).not.toMatch(/undefined|null/);
	}
	await person.page.emulateMedia({ colorScheme: 'dark' });
	await takePicture('mixed-dark');
	await person.page.emulateMedia({ colorScheme: 'light' });
});
