import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { run } from '../processGroup';

const REPOSITORY = resolve(__dirname, '..', '..');
const PACKAGE = 'n8n-nodes-kpn-sms';

/**
 * Builds and packs this package and puts it where n8n keeps the community packages a user has
 * installed: n8n loads what npm would publish, under the type names users get.
 * Unpacking stands in for `npm install`, which would fetch the peer n8n brings anyway.
 *
 * @returns the folder that the package is in
 */
export async function installThisPackage(
	userFolder: string,
	signal?: AbortSignal,
): Promise<string> {
	const work = await mkdtemp(join(tmpdir(), `${PACKAGE}-`));
	const logFile = join(work, 'build.log');
	const options = { cwd: REPOSITORY, env: process.env, logFile, signal };
	try {
		await run('npm', ['run', 'build'], options);
		await run('npm', ['pack', '--ignore-scripts', '--pack-destination', work], options);
		const tarball = (await readdir(work)).find((name) => name.endsWith('.tgz'));
		if (!tarball) throw new Error('npm pack made no tarball');

		const folder = join(userFolder, '.n8n', 'nodes', 'node_modules', PACKAGE);
		await rm(folder, { recursive: true, force: true });
		await mkdir(folder, { recursive: true });
		await run('tar', ['-xzf', join(work, tarball), '-C', folder, '--strip-components=1'], options);
		return folder;
	} catch (error) {
		signal?.throwIfAborted();
		await mkdir(userFolder, { recursive: true });
		await copyFile(logFile, join(userFolder, 'build.log')).catch(() => {});
		throw new Error(
			`This package could not be built and packed. What was said: ${join(userFolder, 'build.log')}`,
			{ cause: error },
		);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}
