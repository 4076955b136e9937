import { seal } from '../../nodes/KpnSmsTrigger/seal';
import type { Sandbox, SigningKey } from '../../sandbox';
import type { TriggerHost } from './triggerHost';
import { post, REPORT, signed, startTriggerSetting, type TriggerSetting } from './triggerSetting';

let setting: TriggerSetting;
let sandbox: Sandbox;
let host: TriggerHost;
/** The key that the trigger has made: the first one at KPN. */
let first: SigningKey;
beforeEach(async () => {
	setting = await startTriggerSetting();
	({ sandbox } = setting);
	host = await setting.published();
	first = keyAt(0);
	sandbox.settingsCalls.length = 0;
});
afterEach(async () => {
	jest.restoreAllMocks();
	await setting.close();
});

function keyAt(index: number): SigningKey {
	const key = sandbox.settings.keys[index];
	if (!key) throw new Error('KPN has no such key');
	return key;
}

/** KPN signs with another key from now on. */
const rotate = () => sandbox.settings.addKey({ secret: `key ${sandbox.settings.keys.length}` });
const ask = (method: string, path: string) =>
	sandbox.settings.answer(method, `/applications/keys/${path}`, new URLSearchParams(), {});
const retire = ({ key_id }: SigningKey) => ask('POST', `${key_id}/retire`);
const retireAndDelete = (key: SigningKey) => {
	retire(key);
	ask('DELETE', key.key_id);
};

let reports = 0;
const report = async (key?: SigningKey) =>
	await setting.report(host, { ...REPORT, DLRID: `report ${++reports}` }, key);
const reportsAtOnce = async (count: number, key?: SigningKey) =>
	await Promise.all(Array.from({ length: count }, async () => await report(key)));
const asked = () => sandbox.settingsCalls.map(({ path }) => path);

const { now } = Date;

/** It is so much later than it is, for n8n and for KPN. */
function later(seconds: number): void {
	jest.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000);
}

/** What KPN answers to the question for keys of one status, or of any. */
function answerForKeys(answer: (status: string | null) => string | number): void {
	const { settings } = sandbox;
	const real = settings.answer.bind(settings);
	jest.spyOn(settings, 'answer').mockImplementation((method, path, query, body) => {
		if (method !== 'GET' || path !== '/applications/keys') return real(method, path, query, body);
		const answered = answer(query.get('status'));
		if (typeof answered === 'number') return { status: answered, headers: {}, body: 'No' };
		return real(method, path, new URLSearchParams({ status: answered }), body);
	});
}

describe('a rotation loses no event', () => {
	test('a rotation loses no event: before, during and after it, signed with either key', async () => {
		expect(await report()).toBe(200);
		rotate();
		expect(await report()).toBe(200);
		expect(await report(first)).toBe(200);
		await host.restart();
		expect(await report()).toBe(200);
		later(31);
		expect(await report(first)).toBe(200);
		expect(host.executions).toHaveLength(5);
		expect(setting.changes()).toEqual([]);
	});

	test('five events at once with a new key are all taken, and KPN is asked once', async () => {
		rotate();
		expect(await reportsAtOnce(5)).toEqual([200, 200, 200, 200, 200]);
		expect(host.executions).toHaveLength(5);
		expect(asked().filter((path) => path.endsWith('reveal'))).toHaveLength(1);
		sandbox.settingsCalls.length = 0;
		expect(await reportsAtOnce(5)).toEqual([200, 200, 200, 200, 200]);
		expect(asked()).toEqual([]);
	});

	test.each<[string, (status: string | null) => string | number]>([
		['names only active ones, unless asked for others', (status) => status ?? 'active'],
		['cannot be had', () => 503],
	])('a retiring key goes on verifying where KPN’s list of keys %s', async (_how, answer) => {
		answerForKeys(answer);
		rotate();
		expect([await report(), await report(first)]).toEqual([200, 200]);
		await host.restart();
		later(31);
		expect([await report(), await report(first)]).toEqual([200, 200]);
		expect(host.executions).toHaveLength(4);
	});

	test('KPN’s settings are down: a retiring key goes on verifying', async () => {
		rotate();
		expect(await report()).toBe(200);
		later(31);
		sandbox.inject({ on: 'settings', times: null, answer: { kind: 'http', status: 503 } });
		expect([await report(), await report(first)]).toEqual([200, 200]);
		later(1200);
		expect([await report(), await report(first)]).toEqual([200, 200]);
		expect(host.executions).toHaveLength(5);
	});
});

describe.each([
	['retired', retire],
	['retired and deleted', retireAndDelete],
])('a key that KPN has %s verifies no more', (_how, revoke) => {
	test('from the next start of n8n', async () => {
		rotate();
		revoke(first);
		await host.restart();
		expect(await report(first)).toBe(401);
		expect(host.executions).toEqual([]);
		expect(await report()).toBe(200);
	});

	test('from the next event with it, once the new key is known', async () => {
		rotate();
		await host.restart();
		revoke(first);
		expect(await reportsAtOnce(5, first)).toEqual([401, 401, 401, 401, 401]);
		expect(host.executions).toEqual([]);
		expect(await report()).toBe(200);
		// No other request of the five may have saved it again.
		expect(host.staticData).not.toContain(`"keyId":"${first.key_id}"`);
	});

	test('from publishing again, also right after KPN was asked for the new key', async () => {
		rotate();
		expect(await report()).toBe(200);
		revoke(first);
		await host.publish();
		expect(await report(first)).toBe(401);
		expect(host.executions).toHaveLength(1);
	});

	test('half a minute after KPN was asked for the new key', async () => {
		rotate();
		expect(await report()).toBe(200);
		revoke(first);
		later(31);
		expect(await report(first)).toBe(401);
		expect(host.executions).toHaveLength(1);
	});

	test('ten minutes later, where no event has told of the new key', async () => {
		rotate();
		revoke(first);
		later(601);
		expect(await reportsAtOnce(2, first)).toEqual([401, 401]);
		expect(host.executions).toEqual([]);
		expect(await report()).toBe(200);
	});

	test('where KPN does not answer for retiring keys', async () => {
		answerForKeys((status) => (status === null ? 'active' : 400));
		rotate();
		revoke(first);
		await host.restart();
		expect(await report(first)).toBe(401);
		expect(host.executions).toEqual([]);
	});
});

test('KPN has no active key any more: publishing again makes one', async () => {
	sandbox.settings.keys.length = 0;
	await host.restart();
	expect(host.log.at(-1)).toMatch(/no active signing key/);
	expect(await report(first)).toBe(401);
	await host.publish();
	expect(await report()).toBe(200);
	expect(host.executions).toHaveLength(1);
});

test('the key that we made is deleted once KPN no longer signs with it, theirs are not', async () => {
	sandbox.settings.addKey({ secret: 'theirs' });
	sandbox.settings.addKey({ secret: 'theirs again' });
	await host.unpublish();
	expect(sandbox.settings.keys).toMatchObject([
		{ secret: 'theirs', status: 'retiring' },
		{ secret: 'theirs again', status: 'active' },
	]);
});

test('a right signature under the id of another key is refused', async () => {
	expect(await report({ ...first, key_id: 'wk_unknown' })).toBe(401);
	expect(host.executions).toEqual([]);
});

test('a thousand requests with made-up key ids make n8n ask KPN once', async () => {
	for (let batch = 0; batch < 20; batch++) {
		const forged = Array.from({ length: 50 }, async (_, index) => {
			const body = JSON.stringify({ ...REPORT, DLRID: `${batch}-${index}` });
			return await post(host.url, body, signed(body, { keyId: `wk_${batch}_${index}` }));
		});
		for (const { status } of await Promise.all(forged)) expect(status).toBe(401);
	}
	expect(host.executions).toEqual([]);
	expect(asked()).toEqual(['/applications/keys/reveal']);
});

test('a thousand events with KPN’s key make n8n ask nothing', async () => {
	for (let batch = 0; batch < 20; batch++) {
		expect(new Set(await reportsAtOnce(50))).toEqual(new Set([200]));
	}
	expect(asked()).toEqual([]);
});

describe('what is stored', () => {
	interface Stored {
		keys: Array<{ keyId: string; sealed: string }>;
	}
	const changeStored = (change: (stored: Stored) => void) => {
		const all = JSON.parse(host.staticData) as Record<string, Stored>;
		const stored = all['node:KPN SMS Trigger'];
		if (!stored) throw new Error('Nothing is stored');
		change(stored);
		host.staticData = JSON.stringify(all);
	};

	test('with another Consumer Secret the kept keys do not open, and KPN is asked', async () => {
		changeStored(({ keys: [key] }) => {
			if (key) key.sealed = seal('a secret', 'another Consumer Secret');
		});
		expect(await report()).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('keys that are open already are not opened again, also where there are many', async () => {
		changeStored(({ keys }) => {
			const password = sandbox.clientSecret;
			// As many as are kept open: those of a hundred triggers.
			for (let index = 1; index < 100; index++) {
				keys.unshift({ keyId: `wk_${index}`, sealed: seal('a secret', password) });
			}
		});
		await report();
		await report();
		const read = jest.spyOn(setting.credentials, 'getDecrypted');
		expect(await report()).toBe(200);
		expect(read).not.toHaveBeenCalled();
	});
});
