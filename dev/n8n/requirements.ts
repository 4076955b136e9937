import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What n8n takes on disk, and what npm keeps of the download meanwhile. */
const NEEDED_BYTES = 4.5e9;

/** An answer of the registry takes less; behind a firewall none comes at all. */
const REGISTRY_WITHIN_MS = 20_000;

export interface Requirements {
	version: string;
	/** Where n8n is to be installed. */
	folder: string;
	env?: NodeJS.ProcessEnv;
	neededBytes?: number;
	signal?: AbortSignal;
}

/**
 * Looks for what installing n8n takes, before minutes have gone into it.
 *
 * @throws Error naming all that is missing, and what to do about it
 */
export async function checkRequirements(requirements: Requirements): Promise<void> {
	const found = await Promise.all([
		compilerProblem(requirements),
		diskProblem(requirements),
		registryProblem(requirements),
	]);
	requirements.signal?.throwIfAborted();
	const problems = found.filter((problem) => problem !== undefined);
	if (problems.length === 0) return;
	const list = problems.map((problem) => `- ${problem}`).join('\n');
	throw new Error(`n8n ${requirements.version} cannot be installed here:\n${list}`);
}

/** n8n's database driver comes as C++ and is compiled by node-gyp, which runs on Python. */
async function compilerProblem({ env = process.env }: Requirements): Promise<string | undefined> {
	const runs = async (command: string) => {
		try {
			// macOS has a `c++` that only offers to install one: it fails.
			await execute(command, ['--version'], { env });
			return true;
		} catch {
			return false;
		}
	};
	const [python, make, compiler] = await Promise.all([
		runs(env.npm_config_python ?? env.PYTHON ?? 'python3'),
		runs('make'),
		runs(env.CXX ?? 'c++'),
	]);
	const missing = [!python && 'Python 3', !make && 'make', !compiler && 'a C++ compiler'].filter(
		Boolean,
	);
	if (missing.length === 0) return undefined;
	return (
		`its database driver must be compiled, and there is no ${missing.join(', no ')}. ` +
		'Debian, Ubuntu: sudo apt-get install build-essential python3. macOS: xcode-select --install.'
	);
}

async function diskProblem({
	folder,
	neededBytes = NEEDED_BYTES,
}: Requirements): Promise<string | undefined> {
	let existing = folder;
	while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
	const { bavail, bsize } = await statfs(existing);
	const free = bavail * bsize;
	if (free >= neededBytes) return undefined;
	return (
		`it takes ${gigabytes(neededBytes)} on the disk of ${existing}, and ${gigabytes(free)} are free. ` +
		'Make room, or name a folder on another disk with XDG_CACHE_HOME=<folder>.'
	);
}

async function registryProblem({
	version,
	env = process.env,
	signal,
}: Requirements): Promise<string | undefined> {
	const options = [
		'--fetch-retries=0',
		`--fetch-timeout=${REGISTRY_WITHIN_MS}`,
		'--loglevel=error',
	];
	try {
		const view = ['view', `n8n@${version}`, 'version', '--prefer-online', ...options];
		const { stdout } = await execute('npm', view, { env, signal, timeout: 2 * REGISTRY_WITHIN_MS });
		return stdout.trim() === '' ? noSuchVersion(version) : undefined;
	} catch (error) {
		const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
		if (code === 'ENOENT') return 'the command npm is not found. It comes with Node.js.';
		if (stderr.includes('E404') || stderr.includes('ETARGET')) return noSuchVersion(version);
		const [, reason = 'no answer'] = /^npm (?:ERR!|error) (?:code )?(E\w+)/m.exec(stderr) ?? [];
		return (
			`npm does not reach its registry (${reason}). Look whether this machine is online; ` +
			'behind a proxy: npm config set proxy http://<host>:<port>.'
		);
	}
}

const noSuchVersion = (version: string) =>
	`npm's registry has no n8n ${version}. Name another one with N8N_VERSION=<version>.`;

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
