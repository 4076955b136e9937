import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { format } from 'prettier';

import { table } from '../dev/table';
import { BenchN8n } from './benchN8n';
import { COMPUTED, DRAGGED, HTTP_REQUEST } from './contenders';
import { events } from './events';
import { compare, SIZES } from './measure';
import { loading, neighbours } from './others';
import { onV1 } from './overNetwork';
import { inPlace, type Place } from './place';
import { report } from './report';
import { targets } from './targets';

const PAGE = path.resolve(__dirname, '..', 'docs', 'benchmarks.md');

const NEIGHBOURS = ['No Operation', 'Edit Fields', HTTP_REQUEST, COMPUTED, DRAGGED];

/**
 * `--largest 1000` sends no more messages than that at once, and `--only-events` measures the trigger
 * alone: neither writes the page.
 */
async function bench(place: Place): Promise<void> {
	const { values } = parseArgs({
		options: { largest: { type: 'string' }, 'only-events': { type: 'boolean' } },
	});
	const started = Date.now();
	const incoming = await events(place);
	if (values['only-events']) return;
	const n8n = await BenchN8n.start(place.kpn);
	try {
		const arena = { ...place, n8n, script: place.startScript() };
		const results = await compare(arena, Number(values.largest ?? SIZES.at(-1)));
		const v1 = await onV1(place, n8n);
		const loadingMs = await loading(place, n8n);
		const seen = await neighbours(place, n8n, NEIGHBOURS);
		const found = { results, v1, seen, loadingMs, incoming };
		if (values.largest === undefined) {
			const minutes = Math.round((Date.now() - started) / 60_000);
			const { version } = place.installation;
			const page = report({ ...found, version, minutes });
			await writeFile(PAGE, await format(page, { parser: 'markdown', printWidth: 100 }));
		}
		const rows = targets(found).map(({ measure, target, measured, met }) => [
			measure,
			target,
			measured,
			met === undefined ? '–' : met ? 'met' : 'MISSED',
		]);
		process.stdout.write(`${table(['measure', 'target', 'measured', ''], rows)}\n`);
	} finally {
		await n8n.stop();
	}
}

inPlace(bench).catch((error: Error) => {
	process.stderr.write(`${error.stack}\n`);
	process.exitCode = 1;
});
