import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox, type Sandbox } from '../../sandbox';
import { ANSWERS, CTRL_C, NUMBER, runCheck, type Answers } from '../support/unit/checkKpn';

const NO: Answers = [[/\[y\/N\]/, 'n']];

let folder: string;
let file: string;
let sandbox: Sandbox;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kpn-sms-check-'));
	file = join(folder, 'report.md');
	sandbox = await startSandbox({ reportAfterMs: 50 });
});
afterEach(async () => {
	await sandbox.close();
	await rm(folder, { recursive: true, force: true });
});

/** @param answers those that differ from a person's who says yes to everything */
const check = async (answers: Answers, env: Record<string, string> = {}) =>
	await runCheck({
		baseUrl: sandbox.url,
		report: file,
		answers: [...answers, ...ANSWERS],
		env,
	});

describe('a wrong Client ID or Secret', () => {
	test('is said, and asked for again', async () => {
		const { code, words, found } = await check([
			[/Client Secret/, ['not-that', 'sandbox-secret']],
			[/A mobile number/, ''],
			...NO,
		]);
		expect(words).toMatch(
			/KPN does not know this Client ID and Client Secret \(401: invalid_client\)\. Check both/,
		);
		expect(words).toContain('0 contradicted');
		expect(found.get('token-call')?.verdict).toBe('confirmed');
		expect(words).not.toMatch(/NO |not-that|open an issue/);
		expect(code).toBe(0);
	}, 30_000);

	test('is nothing to report to whoever has no other', async () => {
		const { code, words } = await check([[/Client ID/, ['sandbox-key-old', '']]]);
		expect(words).toContain('KPN does not know this Client ID and Client Secret');
		expect(words).not.toMatch(/NO |\d contradicted|open an issue/);
		expect(words).toContain('no report is written');
		expect(await readdir(folder)).toEqual([]);
		expect(code).toBe(1);
	}, 30_000);

	test('of the environment is named as such, and can be typed in its place', async () => {
		const { words, found } = await check([[/A mobile number/, ''], ...NO], {
			KPN_CLIENT_ID: 'sandbox-key',
			KPN_CLIENT_SECRET: 'not-that',
		});
		expect(words).toContain('KPN_CLIENT_SECRET');
		expect(words).not.toContain('not-that');
		expect(found.get('token-call')?.verdict).toBe('confirmed');
	}, 30_000);

	test.each([
		[
			'500 with the word invalid_client',
			500,
			'{"ErrorCode":"invalid_client"}',
			'500: invalid_client',
		],
		['401 in other words', 401, '{"message":"No"}', '401: No'],
	])(
		'is known by %s',
		async (_how, status, body, said) => {
			sandbox.inject({ on: 'token', answer: { kind: 'http', status, body } });
			const { words } = await check([[/A mobile number/, ''], ...NO]);
			expect(words).toContain(`does not know this Client ID and Client Secret (${said})`);
			expect(words).toContain('0 contradicted');
		},
		30_000,
	);
});

test('any other refusal of the token call contradicts what is expected', async () => {
	sandbox.inject({ on: 'token', answer: { kind: 'http', status: 405 } });
	const { code, words, found } = await check([]);
	expect(found.get('token-call')).toMatchObject({ verdict: 'contradicted' });
	expect(words).toMatch(/1 contradicted.*\n.*open an issue/);
	expect(code).toBe(1);
}, 30_000);

describe('a number of one’s own', () => {
	test('that is no mobile number is refused in words, and asked for again', async () => {
		const { words } = await check([
			[/A mobile number/, ['06 abc', '0201234567', NUMBER]],
			[/Send two|Send one beside|Refuse its report/, 'n'],
		]);
		expect(words).toContain('is not a phone number. Write it like 0612345678 or +31612345678.');
		expect(words).toContain('is not a mobile number. A Dutch one is 06 and 8 digits');
		expect(sandbox.messages.map(({ recipient }) => recipient)).toEqual([NUMBER]);
	}, 30_000);

	test('is read as people write it, from the environment too', async () => {
		const { words } = await check([[/Send two|Send one beside|Refuse its report/, 'n']], {
			KPN_CHECK_NUMBER: '06 1234 5670',
		});
		expect(words).not.toContain('A mobile number of your own');
		expect(sandbox.messages.map(({ recipient }) => recipient)).toEqual([NUMBER]);
	}, 30_000);

	test('that is none in the environment is asked for', async () => {
		const { words } = await check([[/A mobile number/, ''], ...NO], { KPN_CHECK_NUMBER: '06 abc' });
		expect(words).toMatch(/is not a phone number.*\n.*A mobile number of your own/);
	}, 30_000);

	test('that KPN refuses contradicts nothing, and is said', async () => {
		sandbox.inject({
			match: { mobileNumber: NUMBER },
			times: null,
			answer: { kind: 'http', status: 400 },
		});
		const { words, found } = await check([]);
		expect(words).toMatch(/KPN refused the SMS \(400.*Check your number/);
		expect(words).toContain('0 contradicted');
		expect(words).not.toContain('open an issue');
		expect(found.get('send-accepted')).toMatchObject({ verdict: 'not seen' });
		expect(found.get('send-accepted')?.seen).toContain('400');
	}, 30_000);

	test('beside a field that KPN finds fault with is not what was refused', async () => {
		const body = '{"errorResponse":{"code":"400","message":"unknown field expirein","info":"-"}}';
		const match = { mobileNumber: NUMBER };
		sandbox.inject({ match, times: null, answer: { kind: 'http', status: 400, body } });
		const { words, found } = await check([]);
		expect(found.get('send-fields')?.verdict).toBe('contradicted');
		expect(words).toContain('open an issue');
	}, 30_000);
});

test('no report is written over another one, and each is named', async () => {
	const quick: Answers = [[/A mobile number/, ''], ...NO];
	await check(quick);
	const first = await readFile(file, 'utf8');
	const { words } = await check(quick);
	expect(await readFile(file, 'utf8')).toBe(first);
	expect(await readdir(folder)).toEqual(['report-2.md', 'report.md']);
	expect(words).toContain(`not seen: ${join(folder, 'report-2.md')}`);
	expect((await check(quick)).words).toContain(join(folder, 'report-3.md'));
}, 30_000);

describe('Ctrl-C at a question', () => {
	test('writes what has been seen, marked as broken off, and says where', async () => {
		const { code, words, report, found } = await check([[/A mobile number/, CTRL_C]]);
		expect(code).toBe(130);
		expect(words).toMatch(/Broken off by Ctrl-C\.\n\d+ confirmed, 0 contradicted/);
		expect(words).toContain(file);
		expect(report).toContain('- Broken off: by Ctrl-C');
		expect(found.get('token-call')?.verdict).toBe('confirmed');
	}, 30_000);

	test('says that an SMS may have left, if one was being sent', async () => {
		sandbox.inject({
			match: { content: 'may be ignored' },
			accept: true,
			answer: { kind: 'hang' },
		});
		const { code, words } = await runCheck({
			baseUrl: sandbox.url,
			report: file,
			interruptOnce: () => sandbox.messages.length === 1,
		});
		expect(code).toBe(130);
		expect(words).toMatch(/Broken off by Ctrl-C\.\nAn SMS was on its way to KPN: it may arrive/);
		expect((await check([[/A mobile number/, CTRL_C]])).words).not.toContain('on its way');
	}, 30_000);

	test('says so where nothing has been seen yet', async () => {
		const { code, words } = await check([[/Client ID/, CTRL_C]]);
		expect(code).toBe(130);
		expect(words).toMatch(/Broken off by Ctrl-C\.\n.*no report is written/);
		expect(await readdir(folder)).toEqual([]);
	}, 30_000);
});

test('a project without an SMS product is told so, and asked no more', async () => {
	const noProduct = { kind: 'http', status: 403 } as const;
	sandbox.inject({ times: null, answer: noProduct });
	const { code, words, found } = await check([]);
	expect(words).toContain('The project has neither SMS product.');
	expect(words).toContain('Without an SMS product there is no more to see');
	expect(words).not.toMatch(/\[y\/N\]|A mobile number/);
	expect(found.get('product-lacks')?.verdict).toBe('confirmed');
	expect(code).toBe(1);
}, 30_000);

test('a KPN that is not there ends the check in words, and there is nothing to report', async () => {
	const { url: baseUrl } = sandbox;
	await sandbox.close();
	const { code, words } = await runCheck({ baseUrl, report: file });
	expect(code).toBe(1);
	expect(words).toMatch(/The check ended early: .*ECONNREFUSED/);
	expect(words).not.toMatch(/contradicted|open an issue/);
	expect(await readdir(folder)).toEqual([]);
}, 30_000);
