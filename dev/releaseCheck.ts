/**
 * `npm run release:check`: everything about a release that can be checked without publishing it.
 * Each check says what it found, or what to do; all of them run.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { PackedN8n } from './n8n/packedN8n';

interface Manifest {
	name: string;
	version: string;
	license?: string;
	keywords?: string[];
	repository?: string | { url: string };
	homepage?: string;
	n8n: { nodes: string[]; credentials: string[] };
	[field: string]: unknown;
}

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

/** Semantic Versioning 2.0.0, without build metadata, which npm drops. */
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

const execute = promisify(execFile);

async function output(command: string, args: string[], signal?: AbortSignal): Promise<string> {
	const options = { cwd: REPOSITORY, signal, maxBuffer: 64 * 1024 * 1024 };
	return (await execute(command, args, options)).stdout.trim();
}

async function readJson<T>(file: string): Promise<T> {
	return JSON.parse(await readFile(join(REPOSITORY, file), 'utf8')) as T;
}

/** @throws an error that says what to do about all of them, if there are any */
function settle(problems: string[]): void {
	if (problems.length > 0) throw new Error(problems.join('; '));
}

async function cleanTree(): Promise<string> {
	const changes = await output('git', ['status', '--porcelain']);
	if (!changes) return 'nothing is uncommitted';
	const files = changes.split('\n');
	throw new Error(`commit or remove ${files.length} change(s): ${files.slice(0, 5).join(', ')}`);
}

async function soundVersion({ version }: Manifest): Promise<string> {
	const problems: string[] = [];
	if (!VERSION.test(version)) problems.push(`"${version}" in package.json must be like 1.2.3`);
	const lock = await readJson<{ version: string }>('package-lock.json');
	if (lock.version !== version) {
		problems.push(
			`package-lock.json has ${lock.version}, package.json ${version}: run npm install`,
		);
	}
	const tagged = await output('git', ['rev-parse', `refs/tags/v${version}^{commit}`]).catch(
		() => '',
	);
	if (tagged && tagged !== (await output('git', ['rev-parse', 'HEAD']))) {
		problems.push(`v${version} is the tag of another commit: choose the next version`);
	}
	settle(problems);
	return version;
}

async function datedChangelog({ version }: Manifest): Promise<string> {
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
	if (!bodyOf('Unreleased')) problems.push('keep a heading "## [Unreleased]" at the top');
	else if (bodyOf('Unreleased')?.trim() !== '[Unreleased]') {
		problems.push(`move what is under "## [Unreleased]" to ${version}`);
	}
	settle(problems);
	return `${version} of ${date}`;
}

/** What n8n demands of a community package. */
function demandedFields(manifest: Manifest): string {
	const { name, keywords, license, n8n } = manifest;
	const problems: string[] = [];
	if (!name.startsWith('n8n-nodes-'))
		problems.push(`the name "${name}" must begin with n8n-nodes-`);
	if (!keywords?.includes('n8n-community-node-package')) {
		problems.push('add the keyword n8n-community-node-package, by which n8n finds the package');
	}
	if (license !== 'MIT') problems.push('the license must be MIT');
	if (!n8n.nodes.length || !n8n.credentials.length) {
		problems.push('name the nodes and the credentials under "n8n"');
	}
	for (const field of ['dependencies', 'optionalDependencies', 'bundleDependencies']) {
		if (Object.keys(manifest[field] ?? {}).length > 0) {
			problems.push(`n8n allows no ${field}: move them to devDependencies, the build bundles them`);
		}
	}
	settle(problems);
	return 'all fields';
}

/**
 * Where people find the project. npm joins the README's links to it, and refuses a provenance
 * statement of another repository than the one that is named; n8n verifies no package without one.
 */
async function publicAddress({ repository: named, homepage }: Manifest): Promise<string> {
	const origin = await onGithub();
	const repository = origin ?? '<owner>/<name>';
	const page = `https://github.com/${repository}`;
	const command = `npm pkg set repository.type=git repository.url=git+${page}.git homepage=${page}#readme`;
	const url = typeof named === 'string' ? named : named?.url;
	const lacking = Object.entries({ repository: url, homepage })
		.filter(([, value]) => !value)
		.map(([field]) => `"${field}"`);
	if (lacking.length > 0) {
		throw new Error(
			`package.json says nothing under ${lacking.join(' and ')}, where people find the source and a ` +
				`place to ask. Once the project has its public repository on GitHub: ${command}`,
		);
	}
	if (origin && !url?.replace(/\.git$/, '').endsWith(`/${origin}`)) {
		throw new Error(`package.json names ${url}, but this clone comes from ${origin}: ${command}`);
	}
	return origin ? `${url}, ${homepage}` : `${url}, not compared, as origin is not on GitHub`;
}

/** "owner/name", if that is where this clone comes from. */
async function onGithub(): Promise<string | undefined> {
	const origin = await output('git', ['config', '--get', 'remote.origin.url']).catch(() => '');
	return /github\.com[:/](.+?)(\.git)?\/?$/.exec(origin)?.[1];
}

async function npmScript(name: string, signal: AbortSignal): Promise<string> {
	try {
		await output('npm', ['run', name], signal);
		return `npm run ${name}`;
	} catch {
		throw new Error(`run "npm run ${name}" and correct what it names`);
	}
}

async function leanTarball({ n8n }: Manifest, signal: AbortSignal): Promise<string> {
	const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
	type Packed = { files: Array<{ path: string }>; unpackedSize: number };
	const [packed] = JSON.parse(await output('npm', args, signal)) as Packed[];
	if (!packed) throw new Error('npm pack made no tarball');
	const paths = packed.files.map(({ path }) => path);
	const texts = ['README.md', 'LICENSE.md', 'dist/THIRD_PARTY_LICENSES.md'];
	const wanted = ['index.js', ...texts, ...n8n.nodes, ...n8n.credentials];
	const missing = wanted.filter((path) => !paths.includes(path));
	const stray = paths.filter((path) => !PUBLISHED.some((pattern) => pattern.test(path)));
	const problems: string[] = [];
	if (missing.length > 0) problems.push(`it lacks ${missing.join(', ')}: see "files" and "n8n"`);
	if (stray.length > 0) {
		problems.push(`nobody needs ${stray.join(', ')}: narrow "files", or allow it in this script`);
	}
	if (packed.unpackedSize > MAX_BYTES) {
		problems.push(`${packed.unpackedSize} bytes are more than ${MAX_BYTES}: see what has grown`);
	}
	settle(problems);
	return `${paths.length} files, ${packed.unpackedSize} bytes`;
}

/** The real n8n, which reads what npm would publish, knows each node and each credential. */
async function knownToN8n({ name, n8n }: Manifest, signal: AbortSignal): Promise<string> {
	const types = [
		...n8n.nodes.map((file) => `${name}.${typeName(file)}`),
		...n8n.credentials.map(typeName),
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
	const json = await readJson<Manifest>('package.json');
	const checks: Array<[string, () => Promise<string>]> = [
		['Git', cleanTree],
		['Version', async () => await soundVersion(json)],
		['CHANGELOG.md', async () => await datedChangelog(json)],
		['package.json', async () => demandedFields(json)],
		['Public address', async () => await publicAddress(json)],
		['Lint', async () => await npmScript('lint', signal)],
		['Build', async () => await npmScript('build', signal)],
		['Tarball', async () => await leanTarball(json, signal)],
		['n8n', async () => await knownToN8n(json, signal)],
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
	if (failed === 0) {
		console.log(`\nReady: tag v${json.version} and push the tag.`);
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
