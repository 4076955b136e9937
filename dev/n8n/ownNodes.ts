import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { build } from 'esbuild';

import { modulesOf, type N8nInstallation } from './install';

/**
 * Builds nodes that only measure or check into a folder, for n8n to load.
 *
 * @returns the settings with which n8n finds them, under the names `CUSTOM.…`
 */
export async function buildOwnNodes(
	source: string,
	folder: string,
	installation: N8nInstallation,
): Promise<Record<string, string>> {
	await build({
		entryPoints: (await readdir(source)).map((file) => path.join(source, file)),
		outdir: folder,
		bundle: true,
		external: ['n8n-workflow'],
		platform: 'node',
		format: 'cjs',
	});
	return {
		N8N_CUSTOM_EXTENSIONS: folder,
		NODE_PATH: modulesOf(installation),
	};
}
