import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';

import { packThisPackage, TARBALL } from '../../dev/n8n/communityPackage';

const FOLDER = resolve(__dirname, '../../artifacts/packed');

/** Before the first test that runs a real n8n: packs the package once for all of them. */
export default async function packOnce(): Promise<void> {
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(FOLDER, { recursive: true });
	process.env[TARBALL] = await packThisPackage(FOLDER);
}
