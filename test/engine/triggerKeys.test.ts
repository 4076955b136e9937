import { encrypt } from '../../nodes/KpnSmsTrigger/encrypt';
import type { Sandbox, SigningKey } from '../../sandbox';
import { SettingsCalls } from '../../sandbox/settingsCalls';
import { waitUntil } from '../support/waitUntil';
import type { TriggerHost } from '../support/engine/triggerHost';
import {
	post,
	REPORT,
	signed,
	startTriggerSetup,
	type TriggerSetup,
} from '../support/engine/triggerSetup';

let setting: TriggerSetup;
let sandbox: Sandbox;
let host: TriggerHost;
let first: SigningKey;
let credentials = 0;
beforeEach(async () => {
	setting = await startTriggerSetup();
	({ sandbox } = setting);
	first = sandbox.settings.addKey({ secret: 'the first key' });
	host = await setting.published();
	sandbox.settingsCalls.length = 0;
});
afterEach(async () => {
	jest.restoreAllMocks();
	await setting.close();
});

/** The process remembers keys by credential. */
function ownCredential() {
	const id = `own ${++credentials}`;
	setting.credentials.set(id, setting.credentials.raw(setting.kpnId));
	return { credentials: { kpnSmsOAuth2Api: { id, name: 'KPN' } } };
}

/** KPN signs with another key from now on. */
const rotate = () => sandbox.settings.addKey({ secret: `key ${sandbox.settings.keys.length}` });
const ask = (method: string, path: string) =>
	new SettingsCalls(sandbox.settings, true).answer(
		method,
		`/applications/keys/${path}`,
		new URLSearchParams(),
		{},
	);
const retire = ({ key_id }: SigningKey) => ask('POST', `${key_id}/retire`);
const retireAndDelete = (key: SigningKey) => {
	retire(key);
	ask('DELETE', key.key_id);
};

let reports = 0;
const report = async (key?: SigningKey, to = host) =>
	await setting.report(to, { ...REPORT, DLRID: `report ${++reports}` }, key);
const reportsAtOnce = async (count: number, key?: SigningKey) =>
	await Promise.all(Array.from({ length: count }, async () => await report(key)));
const revealed = () =>
	sandbox.settingsCalls.filter(({ path }) => path === '/applications/keys/reveal').length;

const { now } = Date;

/** It is so much later than it is, for n8n and for KPN. */
function later(seconds: number): void {
	jest.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000);
}

describe('a rotation loses no event', () => {
	test('before, during and after it, signed with either key, and KPN is asked once', async () => {
		expect(await report()).toBe(200);
		rotate();
		expect(await report()).toBe(200);
		expect(await report(first)).toBe(200);
		later(31);
		expect([await report(), await report(first)]).toEqual([200, 200]);
		expect(host.executions).toHaveLength(5);
		expect([setting.changes(), revealed()]).toEqual([[], 1]);
	});

	test('five events at once with a new key are all taken, and KPN is asked once', async () => {
		rotate();
		expect(await reportsAtOnce(5)).toEqual([200, 200, 200, 200, 200]);
		expect(host.executions).toHaveLength(5);
		expect(revealed()).toBe(1);
	});

	test('the team gets a key, then the application one: each event verifies', async () => {
		sandbox.settings.keys.length = 0;
		const team = sandbox.settings.addKey({ secret: 'of the team' }, 'team');
		expect(await report()).toBe(200);
		rotate();
		later(31);
		expect([await report(), await report(team)]).toEqual([200, 200]);
	});

	test('a key that comes under the id of one that was deleted: KPN is asked, and it verifies', async () => {
		expect(await report()).toBe(200);
		later(31);
		sandbox.settings.keys.length = 0;
		sandbox.settings.addKey({ secret: 'another secret', key_id: first.key_id });
		expect(await report()).toBe(200);
		expect(await report(first)).toBe(503);
		expect(host.executions).toHaveLength(2);
		expect(revealed()).toBe(1);
	});

	test('a retiring key goes on verifying where KPN’s list of keys cannot be had', async () => {
		const real = SettingsCalls.prototype.answer;
		jest.spyOn(SettingsCalls.prototype, 'answer').mockImplementation(function (
			this: SettingsCalls,
			method,
			path,
			query,
			body,
		) {
			if (path === '/applications/keys') return { status: 503, headers: {}, body: 'No' };
			return real.call(this, method, path, query, body);
		});
		rotate();
		expect([await report(), await report(first)]).toEqual([200, 200]);
		later(601);
		expect([await report(), await report(first)]).toEqual([200, 200]);
		expect(host.executions).toHaveLength(4);
	});
});

describe('a key that cannot be had now', () => {
	test('KPN cannot be reached: 503, and the next attempt is taken', async () => {
		rotate();
		sandbox.inject({ on: 'settings', answer: { kind: 'http', status: 503 } });
		expect(await report()).toBe(503);
		expect(host.log.at(-1)).toMatch(
			/Reports.*KPN SMS Trigger.*not fit, and the keys .* cannot be had now/,
		);
		later(31);
		expect(await report()).toBe(200);
		expect(host.executions).toHaveLength(1);
	});

	test('it is newer than the last question to KPN: 503, and the next attempt is taken', async () => {
		rotate();
		expect(await report()).toBe(200);
		rotate();
		expect(await report()).toBe(503);
		later(31);
		expect(await report()).toBe(200);
	});

	test('under the id of one that was known, and newer than the last question to KPN: the same', async () => {
		rotate();
		expect(await report()).toBe(200);
		sandbox.settings.keys.length = 0;
		sandbox.settings.addKey({ secret: 'another secret', key_id: first.key_id });
		expect(await report()).toBe(503);
		later(31);
		expect(await report()).toBe(200);
	});

	test('it is newer than a question that is being answered: the same', async () => {
		sandbox.inject({ on: 'settings', delayMs: 300 });
		const forged = report({ ...first, secret: 'a guess' });
		await waitUntil(() => revealed() === 1);
		const own = report({ ...first, key_id: 'wk_new', secret: 'a new one' });
		expect([await forged, await own]).toEqual([401, 503]);
	});

	test('a known key verifies while KPN does not answer, and does not wait for it', async () => {
		later(3600);
		sandbox.inject({ on: 'settings', times: null, answer: { kind: 'hang' } });
		const started = performance.now();
		expect(await report()).toBe(200);
		expect(performance.now() - started).toBeLessThan(4000);
		await waitUntil(() => revealed() === 1);
	});
});

describe.each([
	['retired', retire],
	['retired and deleted', retireAndDelete],
])('a key that KPN has %s verifies no more', (_how, revoke) => {
	test('ten minutes and an event later', async () => {
		rotate();
		revoke(first);
		later(601);
		expect(await report()).toBe(200);
		await waitUntil(() => revealed() === 1 && sandbox.settingsCalls.length > 2);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(await report(first)).toBe(503);
		later(700);
		expect(await report(first)).toBe(401);
		expect(host.executions).toHaveLength(1);
	});

	test('from publishing again', async () => {
		rotate();
		expect(await report()).toBe(200);
		revoke(first);
		await host.publish();
		expect(await report(first)).toBe(401);
		expect(host.executions).toHaveLength(1);
	});
});

test('KPN has no key any more: an event that is signed with none of its keys starts nothing', async () => {
	sandbox.settings.keys.length = 0;
	await host.publish();
	expect(await report(first)).toBe(401);
	expect(host.executions).toEqual([]);
});

test('a right signature under the id of another key is refused', async () => {
	expect(await report({ ...first, key_id: 'wk_unknown' })).toBe(401);
	expect(host.executions).toEqual([]);
});

test('a thousand requests with made-up key ids make n8n ask KPN once', async () => {
	const statuses = new Set<number>();
	for (let batch = 0; batch < 20; batch++) {
		const forged = Array.from({ length: 50 }, async (_, index) => {
			const body = JSON.stringify({ ...REPORT, DLRID: `${batch}-${index}` });
			return await post(host.url, body, signed(body, { keyId: `wk_${batch}_${index}` }));
		});
		for (const { status } of await Promise.all(forged)) statuses.add(status);
	}
	expect([...statuses].sort()).toEqual([401, 503]);
	expect(host.executions).toEqual([]);
	expect(revealed()).toBe(1);
});

test('a thousand forgeries under the id of KPN’s key make n8n ask KPN once', async () => {
	const statuses = new Set<number>();
	for (let batch = 0; batch < 20; batch++) {
		const forged = Array.from({ length: 50 }, async (_, index) => {
			const body = JSON.stringify({ ...REPORT, DLRID: `${batch}-${index}` });
			const headers = signed(body, { keyId: first.key_id, secret: `guess ${index}` });
			return await post(host.url, body, headers);
		});
		for (const { status } of await Promise.all(forged)) statuses.add(status);
	}
	expect([...statuses].sort()).toEqual([401, 503]);
	expect(host.executions).toEqual([]);
	expect(revealed()).toBe(1);
});

test('a thousand events with KPN’s key make n8n ask nothing', async () => {
	for (let batch = 0; batch < 20; batch++) {
		expect(new Set(await reportsAtOnce(50))).toEqual(new Set([200]));
	}
	expect(sandbox.settingsCalls).toEqual([]);
});

describe('another process of n8n', () => {
	/** What it knows is what is in the database. */
	const elsewhere = async () => {
		const { node, staticData } = host;
		const other = await setting.host({ ...node, ...ownCredential() });
		other.staticData = staticData;
		other.published = true;
		return other;
	};

	test('verifies with the stored keys, without asking KPN before it answers', async () => {
		const other = await elsewhere();
		sandbox.inject({ on: 'settings', times: null, answer: { kind: 'hang' } });
		expect(await report(undefined, other)).toBe(200);
	});

	test('with another Client Secret the stored keys do not open, and KPN is asked', async () => {
		const other = await elsewhere();
		const [encrypted] = /"secret":"([^"]+)"/.exec(other.staticData)?.slice(1) ?? [];
		const foreign = encrypt('a secret', 'another Client Secret');
		other.staticData = other.staticData.replace(encrypted ?? '', foreign);
		expect(await report(undefined, other)).toBe(200);
		expect(revealed()).toBe(1);
	});

	test('reads the credential once, not for each event', async () => {
		const other = await elsewhere();
		later(1);
		await report(undefined, other);
		await waitUntil(() => revealed() === 1);
		await new Promise((resolve) => setTimeout(resolve, 100));
		const read = jest.spyOn(setting.credentials, 'getDecrypted');
		expect(await report(undefined, other)).toBe(200);
		expect(read).not.toHaveBeenCalled();
	});
});
