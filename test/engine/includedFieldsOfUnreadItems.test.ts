import { outputOf, runWorkflow } from '../../dev/engine';
import {
	messagesTo,
	smsWorkflow,
	startAtBefore,
	startEngineSetup,
	type EngineSetup,
} from '../support/engine/engineSetup';

/** Include Input Fields, of an item whose parameters cannot be read: without them nobody knows whose it is. */

let setting: EngineSetup;
beforeEach(async () => {
	setting = await startEngineSetup({ smsApi: 'current' });
});
afterEach(async () => await setting.sandbox.close());

const guests = messagesTo(2).map((item, index) => ({ ...item, name: ['Anna', 'Bram'][index] }));
const names = guests.map(({ name }) => name);
const options = { includeInputFields: true };

test('an expression that fails: the item comes out with its fields, too', async () => {
	const content = "={{ $json.name === 'Bram' ? $('Gone').item.json.text : $json.text }}";
	const file = smsWorkflow({ onError: 'continueRegularOutput', parameters: { content, options } });
	const result = await runWorkflow(file, startAtBefore(guests), setting.credentials);
	const items = outputOf(result, 'SMS').map(({ json }) => json);
	expect(items.map(({ outcome }) => outcome)).toEqual(['accepted', 'refused']);
	expect(items.map(({ name }) => name)).toEqual(names);
});

test('no credential: the items come out with their fields, too', async () => {
	const file = smsWorkflow({
		onError: 'continueRegularOutput',
		credentials: undefined,
		parameters: { options },
	});
	const result = await runWorkflow(file, startAtBefore(guests), setting.credentials);
	const items = outputOf(result, 'SMS').map(({ json }) => json);
	expect(items.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
	expect(items.map(({ name }) => name)).toEqual(names);
});
