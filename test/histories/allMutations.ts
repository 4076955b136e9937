import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Mutation } from './mutation';
import { SEND_ONCE } from './mutationsOfSendOnce';
import { SENDING } from './mutationsOfSending';
import { TRIGGER_MUTATIONS } from './mutationsOfTrigger';

export const MUTATIONS: Mutation[] = [
	...[...SENDING, ...SEND_ONCE].map((one) => ({ ...one, of: 'sending' as const })),
	...TRIGGER_MUTATIONS,
];

const ROOT = path.join(__dirname, '../..');

/** What is wrong with the place of a mutation: it has to be there exactly once. */
export async function problemOf({
	name,
	file,
	find,
	replace,
}: Mutation): Promise<string | undefined> {
	const text = await readFile(path.join(ROOT, file), 'utf8').catch(() => undefined);
	if (text === undefined) return `“${name}” does not apply any more: there is no ${file}`;
	const places = text.split(find).length - 1;
	if (places !== 1) {
		return `“${name}” does not apply any more: ${file} has ${places} times, and not once:\n${find}`;
	}
	return find === replace ? `“${name}” changes nothing` : undefined;
}
