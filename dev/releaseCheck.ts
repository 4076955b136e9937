/**
 * `npm run release:check`: what a release needs and nothing else looks at. Lint checks the fields of
 * package.json, git refuses a tag that exists, and npm an invalid or published version. Each check says
 * what it found, or what to do; all of them run.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

import once from 'lodash/once';

import manifest from '../package.json';
import { installThisPackage, packThisPackage, TARBALL } from './n8n/communityPackage';
import { PackedN8n } from './n8n/packedN8n';

const REPOSITORY = resolve(__dirname, '..');
/** A third more than the first release: what makes the package grow by that much deserves a look. */
const MAX_BYTES = 500_000;

/** All that n8n and its users need, and nothing else: no source map, no test, no source. */
const PUBLISHED = [
	// npm packs whatever is called README at the top, and n8n wants the one in the package in English:
	// another language's belongs under docs/.
	/^(package\.json|index\.js|LICENSE\.md|README\.md)$/,
	/^dist\/THIRD_PARTY_LICENSES\.md$/,
	/^dist\/credentials\/\w+\.credentials\.js$/,
	/^dist\/nodes\/\w+\/\w+\.node\.js(on)?$/,
	/^dist\/(nodes\/\w+|credentials)\/[\w.]+\.svg$/,
	/^dist\/nodes\/\w+\/__schema__\/v[\d.]+(\/\w+\/\w+)?\.json$/,
];

const execute = promisify(execFile);

/** @throws an error that says what to do about all of them, if there are any */
function requireNone(problems: string[]): void {
	if (problems.length > 0) throw new Error(problems.join('; '));
}

async function cleanTree(): Promise<string> {
	const { stdout } = await execute('git', ['status', '--porcelain'], { cwd: REPOSITORY });
	if (!stdout) return 'nothing is uncommitted';
	const files = stdout.trim().split('\n');
	throw new Error(`commit or remove ${files.length} change(s): ${files.slice(0, 5).join(', ')}`);
}

/** n8n allows no dependencies at run time; lint looks at `dependencies` alone. */
async function noDependencies(): Promise<string> {
	const fields = ['optionalDependencies', 'bundleDependencies'].filter(
		(field) => field in manifest,
	);
	requireNone(fields.map((field) => `move ${field} to devDependencies: the build bundles them`));
	return 'none but those that are bundled';
}

async function datedChangelog(): Promise<string> {
	const { version } = manifest;
	const text = await readFile(join(REPOSITORY, 'CHANGELOG.md'), 'utf8');
	const [, ...sections] = text.split(/^## /m);
	const bodyOf = (name: string) => sections.find((section) => section.startsWith(`[${name}]`));
	const [heading = '', ...entries] = bodyOf(version)?.trim().split('\n') ?? [];
	const [, date = ''] = /\] - (\d{4}-\d\d-\d\d)$/.exec(heading) ?? [];
	const problems: string[] = [];
	if (!heading) problems.push(`there is nothing about ${version}: add "## [${version}] - <today>"`);
	else if (Number.isNaN(Date.parse(date))) {
		problems.push(`"${heading}" needs the day of the release: "## [${version}] - 2026-01-31"`);
	} else if (entries.length === 0) problems.push(`say what is in ${version}`);
	if (bodyOf('Unreleased')?.trim() !== '[Unreleased]') {
		problems.push(`keep an empty "## [Unreleased]" at the top, with nothing of ${version} in it`);
	}
	requireNone(problems);
	return `${version} of ${date}`;
}

/** npm joins the README's links to the repository, and refuses a release that names none. */
async function publicAddress(): Promise<string> {
	type Address = { repository?: { url: string }; homepage?: string };
	const { repository, homepage } = manifest as typeof manifest & Address;
	if (repository && homepage) return `${repository.url}, ${homepage}`;
	const page = 'https://github.com/<owner>/<name>';
	throw new Error(
		'package.json lacks "repository" or "homepage", where people find the source and a place to ask. ' +
			'Once the project has its public repository on GitHub: ' +
			`npm pkg set repository.type=git repository.url=git+${page}.git homepage=${page}#readme`,
	);
}

/** @param folder the package as npm would publish it */
async function leanPackage(folder: string): Promise<string> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
	const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
	const bytes = sizes.reduce((sum, size) => sum + size, 0);
	const stray = files.filter((file) => !PUBLISHED.some((pattern) => pattern.test(file)));
	const problems: string[] = [];
	if (stray.length > 0) {
		problems.push(`nobody needs ${stray.join(', ')}: narrow "files", or allow it in this script`);
	}
	if (bytes > MAX_BYTES) {
		problems.push(`${bytes} bytes are more than ${MAX_BYTES}: see what has grown`);
	}
	requireNone(problems);
	return `${files.length} files, ${bytes} bytes`;
}

/** Whether the real n8n knows each node and each credential. */
async function knownToN8n(signal: AbortSignal): Promise<string> {
	const types = [
		...manifest.n8n.nodes.map((file) => `${manifest.name}.${typeName(file)}`),
		...manifest.n8n.credentials.map(typeName),
	];
	const running = await PackedN8n.start({ signal });
	const { version } = running.installation;
	try {
		const { rest, logFile } = running;
		const known = [...(await rest.types('nodes')), ...(await rest.types('credentials'))];
		const missing = types.filter((type) => !known.some((one) => one.name === type));
		if (missing.length > 0) {
			throw new Error(`${version} does not know ${missing.join(', ')}: look in ${logFile}`);
		}
	} catch (error) {
		// Its folder stays: the error names a log in it.
		await running.stop();
		throw error;
	}
	await running.remove();
	return `${version} has ${types.join(', ')}`;
}

/** n8n's own convention, which its linter keeps: KpnSms.node.js has the type kpnSms. */
function typeName(file: string): string {
	const [className = ''] = basename(file).split('.');
	return className.charAt(0).toLowerCase() + className.slice(1);
}

async function main(signal: AbortSignal): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'kpn-sms-release-'));
	const packed = once(async () => {
		process.env[TARBALL] = await packThisPackage(folder, signal);
		return await installThisPackage(folder, signal);
	});
	const checks: Array<[string, () => Promise<string>]> = [
		['Git', cleanTree],
		['Dependencies', noDependencies],
		['CHANGELOG.md', datedChangelog],
		['Public address', publicAddress],
		['Package', async () => await leanPackage(await packed())],
		[
			'n8n',
			async () => {
				await packed();
				return await knownToN8n(signal);
			},
		],
	];
	let failed = 0;
	for (const [name, check] of checks) {
		try {
			console.log(`ok     ${name}: ${await check()}`);
		} catch (error) {
			signal.throwIfAborted();
			failed++;
			console.log(`TO DO  ${name}: ${(error as Error).message}`);
		}
	}
	await rm(folder, { recursive: true, force: true });
	if (failed === 0) {
		console.log(`\nReady: tag v${manifest.version} and push the tag.`);
		return;
	}
	console.log(`\nNot ready: ${failed} of ${checks.length} checks failed.`);
	process.exitCode = 1;
}

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.on(name, () => stopping.abort());
}
main(stopping.signal).catch((error: unknown) => {
	if (!stopping.signal.aborted) console.error(error);
	process.exitCode = 1;
});
