import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import escapeRegExp from 'lodash/escapeRegExp';

import { KpnSmsOAuth2Api } from '../../credentials/KpnSmsOAuth2Api.credentials';
import { KpnSmsWebhookApi } from '../../credentials/KpnSmsWebhookApi.credentials';
import { INBOUND, OUTPUTS, REPORT } from '../../dev/docs/outputWords';
import { OWN_FIELDS } from '../../nodes/KpnSms/output/outputItem';
import { DOCUMENTS, ROOT } from '../../dev/docs/pages';
import { DEFAULT_N8N_VERSION } from '../../dev/n8n/cache';
import { KpnSms } from '../../nodes/KpnSms/KpnSms.node.ts';
import sendSchema from '../../nodes/KpnSms/__schema__/v1.0.0/message/send.json';
import { sendOperation } from '../../nodes/KpnSms/operations/send';
import eventSchema from '../../nodes/KpnSmsTrigger/__schema__/v1.0.0.json';
import { KpnSmsTrigger } from '../../nodes/KpnSmsTrigger/KpnSmsTrigger.node';
import { engines, scripts } from '../../package.json';
import { deadEnd, linksIn, read } from '../support/unit/markdown';

const readme = read('README.md');
const dutch = read('docs/nl/README.md');

const filesIn = (folder: string, extension: string) =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith(extension))
		.map((name) => join(folder, name));

test('what is generated from the code is up to date', () => {
	// In a process of its own: Prettier is an ES module, which jest's own modules cannot load.
	const command = ['--import', 'tsx', 'dev/docs/main.ts', '--check'];
	execFileSync(process.execPath, command, { cwd: ROOT, stdio: 'pipe' });
});

test('what came in never stands for a field that the documentation has of the output', () => {
	expect([...OWN_FIELDS].sort()).toEqual(Object.keys(OUTPUTS).sort());
});

test('the fields that n8n offers before anything ran are those that come out', () => {
	expect(Object.keys(OUTPUTS)).toEqual(expect.arrayContaining(Object.keys(sendSchema.properties)));
	expect(Object.keys(eventSchema.properties).sort()).toEqual(
		Object.keys({ ...REPORT, ...INBOUND }).sort(),
	);
});

test.each(filesIn('nodes', '.json').filter((path) => path.includes('/__schema__/')))(
	'a page says what each field of %s means',
	(path) => {
		const { properties } = JSON.parse(read(path)) as { properties: object };
		const pages = DOCUMENTS.map(read).join('\n');
		const names = Object.keys(properties);
		expect(names.filter((name) => !pages.includes(`\n- \`${name}\`: `))).toEqual([]);
	},
);

test.each(DOCUMENTS)('every link and picture of %s leads somewhere', (path) => {
	const links = linksIn(read(path));
	expect(links.map((link) => deadEnd(path, link)).filter(Boolean)).toEqual([]);
});

test('every picture is shown on a page', () => {
	const shown = DOCUMENTS.flatMap((path) =>
		linksIn(read(path)).map((link) => join(dirname(path), link)),
	);
	const pictures = [...filesIn('docs/images', '.png'), ...filesIn('docs/images', '.svg')];
	expect(pictures.filter((path) => !shown.includes(path))).toEqual([]);
});

test('npm can follow the links of the README: it joins them to the repository’s address', () => {
	expect(linksIn(readme).filter((link) => /^(\/|\.)/.test(link))).toEqual([]);
});

test('every page is linked from the README, and every example from theirs', () => {
	const linked = linksIn(readme).map((link) => link.split('#')[0]);
	expect(DOCUMENTS.filter((path) => path !== 'README.md' && !linked.includes(path))).toEqual([]);
	const examples = linksIn(read('docs/examples.md'));
	expect(filesIn('examples', '.json').filter((path) => !examples.includes(`../${path}`))).toEqual(
		[],
	);
});

test('the commands are those of package.json', () => {
	for (const path of DOCUMENTS) {
		const named = [...read(path).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
		expect([path, ...named.filter((name) => !(name in scripts))]).toEqual([path]);
	}
	for (const command of ['start', 'test'] as const) {
		expect(readme).toContain(`\n    npm ci && npm ${command}\n`);
		expect(scripts).toHaveProperty(command);
	}
});

test('nodes, credentials and the action have the names that n8n shows', () => {
	for (const { displayName } of [new KpnSms().description, new KpnSmsOAuth2Api()]) {
		for (const page of [readme, dutch]) expect(page).toContain(`**${displayName}**`);
	}
	for (const page of [readme, dutch]) expect(page).toContain(`**${sendOperation.action}**`);
	const reports = read('docs/delivery-reports.md');
	expect(reports).toContain(`**${new KpnSmsTrigger().description.displayName}**`);
	expect(reports).toContain(`**${new KpnSmsWebhookApi().displayName}**`);
});

test('the oldest Node.js and the oldest n8n are those that the package and the node name', () => {
	const node = engines.node.replace('>=', '');
	const code = filesIn('nodes', '.ts').map(read).join();
	const [, n8n] = /KPN SMS needs n8n ([\d.]+) or newer/.exec(code) ?? [];
	expect(readme).toContain(`Node.js](https://nodejs.org) ${node} or newer`);
	expect(readme).toContain(`[n8n ${n8n} or newer]`);
	expect(dutch).toContain(`Node.js](https://nodejs.org) ${node} of nieuwer`);
	expect(dutch).toMatch(new RegExp(`n8n ${n8n} of\\s+nieuwer`));
});

test('the versions of n8n and what is checked on each are those of test:versions', () => {
	const source = read('test/versions/versions.test.ts');
	const checks = [...source.matchAll(/^\tcheck\('([^']+)'/gm)].map(([, name]) => name);
	const [, listed = ''] = /const VERSIONS = \[(.*), DEFAULT_N8N_VERSION\]/.exec(source) ?? [];
	const versions = [...listed.replace(/'/g, '').split(', '), DEFAULT_N8N_VERSION];
	const [header, , ...rows] = read('docs/compatibility.md').match(/^\|.*$/gm) ?? [];
	expect(header?.split(/\s*\|\s*/).slice(2, -1)).toEqual(versions);
	expect(rows.map((row) => row.split(/\s*\|\s*/)[1])).toEqual(checks);
});

/** Each with the tests that show it, in one line. */
const [promises = ''] =
	read('docs/architecture.md').split('\n## Promises\n')[1]?.split('\n## ') ?? [];
const entries = promises
	.split('\n- ')
	.slice(1)
	.map((entry) => entry.replace(/\s+/g, ' '));

test.each(entries)('there is a test for it: %s', (promise) => {
	const shown = [...promise.matchAll(/\]\(\.\.\/(test\/[^)]+)\): ((?:“[^”]+”(?:, )?)+)/g)];
	expect(shown).not.toEqual([]);
	for (const [, path = '', titles = ''] of shown) {
		for (const [, title = ''] of titles.matchAll(/“([^”]+)”/g)) {
			expect(read(path)).toMatch(new RegExp(`['"\`]${escapeRegExp(title)}['"\`]`));
		}
	}
});

/** All that nodes and credentials can say. What is filled in stands as … in the documents. */
const CODE = [...filesIn('nodes', '.ts'), ...filesIn('credentials', '.ts')]
	.map(read)
	.join('\n')
	.replace(/\$\{[^}]*\}/g, '…');

const quoted = [...read('docs/troubleshooting.md').matchAll(/^- \*\*([^*]+)\*\*/gm)].flatMap(
	([, seen = '']) =>
		[...seen.replace(/\s+/g, ' ').matchAll(/“((?:[^“”]|“[^”]*”)+)”/g)].map(
			([, words = '']) => words,
		),
);

test.each(quoted)('“%s” is something that the code can say', (words) => {
	// Of a very short rest, such as a comma between two things that differ, nothing can be shown.
	const telling = words
		.split('…')
		.map((part) => part.trim())
		.filter((part) => /\w{3}/.test(part));
	expect(telling).not.toEqual([]);
	expect(telling.filter((part) => !CODE.includes(part))).toEqual([]);
});

test('the sandbox has every address that its page names', () => {
	const calls = [...read('sandbox/controlApi.ts').matchAll(/(app\.get|onPost)\('([^']+)'/g)].map(
		([, way, path]) => `${way === 'app.get' ? 'GET' : 'POST'} ${path}`,
	);
	const named = [...read('docs/sandbox.md').matchAll(/^\W*`((?:GET|POST) [^`]+)`/gm)].map(
		([, call]) => call,
	);
	expect(named.sort()).toEqual(calls.sort());
});
