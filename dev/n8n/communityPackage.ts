import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { run } from '../processGroup';

const REPOSITORY = resolve(__dirname, '..', '..');
const PACKAGE = 'n8n-nodes-kpn-sms';

const logIn = (folder: string) => join(folder, 'build.log');

/** Names a tarball to install, where one has been packed for several n8ns. */
export const TARBALL = 'KPN_SMS_TARBALL';

/** Builds and packs this package, as npm would publish it; gives the tarball in that folder. */
export async function packThisPackage(folder: string, signal?: AbortSignal): Promise<string> {
	const options = { cwd: REPOSITORY, env: process.env, logFile: logIn(folder), signal };
	await run('npm', ['run', 'build'], options);
	await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], options);
	const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
	if (!tarball) throw new Error('npm pack made no tarball');
	return join(folder, tarball);
}

/**
 * Packs this package and puts it where n8n keeps the community packages a user has installed: n8n
 * loads what npm would publish, under the type names users get.
 * Unpacking stands in for `npm install`, which would fetch the peer n8n brings anyway.
 *
 * @returns the folder that the package is in
 */
export async function installThisPackage(
	userFolder: string,
	signal?: AbortSignal,
): Promise<string> {
	const work = await mkdtemp(join(tmpdir(), `${PACKAGE}-`));
	const options = { cwd: REPOSITORY, env: process.env, logFile: logIn(work), signal };
	try {
		const tarball = process.env[TARBALL] ?? (await packThisPackage(work, signal));
		const folder = join(userFolder, '.n8n', 'nodes', 'node_modules', PACKAGE);
		await rm(folder, { recursive: true, force: true });
		await mkdir(folder, { recursive: true });
		await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'], options);
		return folder;
	} catch (error) {
		signal?.throwIfAborted();
		await mkdir(userFolder, { recursive: true });
		await copyFile(logIn(work), logIn(userFolder)).catch(() => {});
		throw new Error(
			`This package could not be built and packed. What was said: ${logIn(userFolder)}`,
			{ cause: error },
		);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}
