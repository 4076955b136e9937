import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Numbers as they were typed or as KPN gets them, and the marks of texts. */
const PERSONAL = /(31|0)6 ?[12]234 ?567\d|#\d+#/;

/** What the node’s own words give as an example of a number. */
const EXAMPLE = 'such as 0612345678 or +31612345678';

/** Lines that were found before. */
const found = new Set<string>();

/**
 * Lines in what all processes of an n8n have logged, now or before they were started again, that have a
 * number, a text or a secret. Each line once.
 */
export async function leaksIn(folder: string, secrets: string[]): Promise<string[]> {
	const leaks: string[] = [];
	for (const place of [folder, path.join(folder, '.n8n')]) {
		for (const name of await readdir(place)) {
			if (!/^n8n.*\.log$/.test(name)) continue;
			for (const line of (await readFile(path.join(place, name), 'utf8')).split('\n')) {
				const logged = line.replaceAll(EXAMPLE, '');
				const isLeak = PERSONAL.test(logged) || secrets.some((one) => logged.includes(one));
				if (!isLeak || found.has(line)) continue;
				found.add(line);
				leaks.push(`${name}: ${line.slice(0, 300)}`);
			}
		}
	}
	return leaks;
}
