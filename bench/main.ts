import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { format } from 'prettier';

import { installN8n } from '../dev/n8n/install';
import { BenchN8n } from './benchN8n';
import { chart } from './chart';
import { COMPUTED, DRAGGED } from './contenders';
import { startLineProcess } from './lineProcess';
import { compare, SIZES } from './measure';
import { events } from './events';
import { loading, neighbours } from './others';
import { report } from './report';
import { targets } from './targets';

const DOCS = path.resolve(__dirname, '..', 'docs');

const NEIGHBOURS = ['No Operation', 'Edit Fields', 'HTTP Request', COMPUTED, DRAGGED];

async function bench(): Promise<void> {
	const { values } = parseArgs({
		options: { largest: { type: 'string' }, 'only-events': { type: 'boolean' } },
	});
	const largest = Number(values.largest ?? SIZES.at(-1));
	const say = (words: string) => void process.stderr.write(`${words}\n`);
	const started = Date.now();
	const installation = await installN8n({ onStep: say });
	const kpnProcess = startLineProcess(process.execPath, [path.join(__dirname, 'kpn.mjs')]);
	const kpn = `http://127.0.0.1:${await kpnProcess.next()}`;
	const modules = path.resolve(path.dirname(installation.script), '..', '..');
	const script = path.join(__dirname, 'undici.mjs');
	const undici = startLineProcess(installation.node, [script, modules, kpn]);
	let n8n: BenchN8n | undefined;
	try {
		const incoming = await events(installation, kpn, say);
		if (values['only-events']) return;
		n8n = await BenchN8n.start(installation, kpn);
		const place = { n8n, kpn, undici, say };
		const results = await compare(place, largest);
		const load = await loading(installation, place);
		const seen = await neighbours(place, NEIGHBOURS);
		const minutes = Math.round((Date.now() - started) / 60_000);
		const { version } = installation;
		const found = { results, seen, load, incoming, version, minutes };
		const page = await format(report(found), { parser: 'markdown', printWidth: 100 });
		await writeFile(path.join(DOCS, 'benchmarks.md'), page);
		await writeFile(path.join(DOCS, 'images', 'benchmarks.svg'), chart(results));
		for (const { measure, target, measured, met } of targets(found)) {
			say(`${met ? 'met   ' : 'MISSED'} ${measure}: ${measured}, wanted ${target}`);
		}
	} finally {
		await n8n?.stop();
		undici.stop();
		kpnProcess.stop();
	}
}

bench().catch((error: Error) => {
	process.stderr.write(`${error.stack}\n`);
	process.exitCode = 1;
});
