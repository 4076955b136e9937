import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { portFor } from '../../../dev/n8n/ports';
import { checkRequirements } from '../../../dev/n8n/requirements';

let folder: string;
/** Programs by name, as far as a test wants the machine to have them. */
let bin: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kpn-sms-requirements-'));
	bin = join(folder, 'bin');
	await mkdir(bin);
	await symlink(process.execPath, join(bin, 'node'));
	await program('npm', 'echo 2.41.1');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const program = async (name: string, script: string) =>
	await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

async function everything(): Promise<void> {
	for (const name of ['python3', 'make', 'c++']) await program(name, 'exit 0');
}

const problems = async (more: { neededBytes?: number; env?: NodeJS.ProcessEnv } = {}) => {
	const env = { PATH: bin, ...more.env };
	const inside = join(folder, 'not', 'there', 'yet');
	const { neededBytes = 1 } = more;
	return await checkRequirements({ version: '2.41.1', folder: inside, env, neededBytes }).then(
		() => 'none',
		({ message }: Error) => message,
	);
};

test('a machine that has all of it is fine', async () => {
	await everything();
	expect(await problems()).toBe('none');
});

test('all that is missing is named at once, with what to do about it', async () => {
	await program('make', 'exit 0');
	// As the one of macOS that only offers to install a compiler.
	await program('c++', 'exit 1');
	const words = await problems({ neededBytes: 1e18 });
	expect(words).toMatch(/^n8n 2\.41\.1 cannot be installed here:\n- .*\n- /);
	expect(words).toContain('there is no Python 3, no a C++ compiler.');
	expect(words).toContain('apt-get install build-essential python3');
	expect(words).not.toContain('no make');
	expect(words).toMatch(/it takes 1000000000\.0 GB on the disk of .*, and [\d.]+ GB are free/);
	expect(words).toContain('XDG_CACHE_HOME=<folder>');
});

test('a registry that cannot be reached is told with npm’s own reason', async () => {
	await everything();
	// The npm of this machine, and a registry where nobody listens.
	await rm(join(bin, 'npm'));
	const env = {
		PATH: [bin, dirname(process.execPath), process.env.PATH].join(':'),
		HOME: folder,
		npm_config_registry: 'http://127.0.0.1:9/',
	};
	expect(await problems({ env })).toMatch(
		/npm does not reach its registry \(ECONNREFUSED\).*npm config set proxy/,
	);
}, 30_000);

test('a version that there is not is told as such', async () => {
	await everything();
	await rm(join(bin, 'npm'));
	const versions = { '1.0.0': { name: 'n8n', version: '1.0.0', dist: { tarball: 'none' } } };
	const registry = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': 'application/json' });
		response.end(JSON.stringify({ name: 'n8n', 'dist-tags': { latest: '1.0.0' }, versions }));
	});
	registry.listen(0, '127.0.0.1');
	await once(registry, 'listening');
	try {
		const { port } = registry.address() as AddressInfo;
		const env = {
			PATH: [bin, dirname(process.execPath), process.env.PATH].join(':'),
			HOME: folder,
			npm_config_registry: `http://127.0.0.1:${port}/`,
		};
		expect(await problems({ env })).toMatch(
			/has no n8n 2\.41\.1\. Name another one with N8N_VERSION/,
		);
	} finally {
		registry.closeAllConnections();
		registry.close();
	}
}, 30_000);

test('a port that is taken is told with the setting that chooses another', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	await expect(portFor('SOME_PORT', port)).rejects.toThrow(
		`Port ${port} is taken. Choose another one with SOME_PORT=<port>.`,
	);
	server.close();
});
