import { isEqual } from 'lodash';

import { collectBroken, type Claims } from '../claims';
import type { TriggerRecord } from './record';
import { fieldsOf, testUrlOf, words, type Theirs } from './theirs';

/**
 * What KPN has once everything is unpublished: what people have set, or what a limit of the promises
 * allows.
 *
 * @returns that limit, where it was needed
 */
export function judgeEnd(record: TriggerRecord, theirs: Theirs, claim: Claims): string | undefined {
	const broken = brokenInTheEnd(record, theirs);
	if (broken.length === 0) return undefined;
	const limit = limitsOf(record).find(({ allows }) => allows(record.last?.webhook_url));
	if (!limit) for (const promise of broken) claim(false, promise);
	return limit?.words;
}

function brokenInTheEnd(record: TriggerRecord, theirs: Theirs): string[] {
	const { urls, last, lastExcluded, log } = record;
	const { broken, claim } = collectBroken();
	if (theirs?.webhook_url !== undefined) {
		const [is, was] = [last, theirs].map(plain);
		claim(isEqual(is, was), `in the end KPN has ${words(last)}, and had ${words(theirs)}`);
	} else if (theirs === undefined || last === undefined) {
		claim(last === undefined, `in the end KPN has ${words(last)}, and had nothing`);
		const left = fieldsOf(theirs).filter((field) => !lastExcluded.includes(field));
		claim(left.length === 0, `in the end KPN sends ${left.join(', ')}, which people had left out`);
	} else {
		const isOurs = urls.includes(last.webhook_url ?? '');
		claim(isOurs, `in the end KPN has ${words(last)}, and had fields only`);
		claim(isEqual(fieldsOf(last), fieldsOf(theirs)), 'fields that people have chosen are lost');
		claim(log.includes(FIELDS_STAY), 'KPN still sends to n8n, and the log is silent');
	}
	return broken;
}

/** What may be there in the end in place of what was, as docs/delivery-reports.md has it. */
interface Limit {
	words: string;
	allows(url: string | undefined): boolean;
}

function limitsOf({ changes, urls, unsaved, log }: TriggerRecord): Limit[] {
	const tookOver = changes.filter(({ by, before, after, taking }) => {
		const [from, to] = [before?.webhook_url, after?.webhook_url];
		const isTaken = taking.some(({ url, isTest }) => url === to && !isTest);
		const isOurs = from !== undefined && urls.includes(from);
		return by === 'n8n' && isTaken && isOurs && from !== to && from !== testUrlOf(to);
	});
	const fromOthers = tookOver.filter(
		({ before, after }) => originOf(before?.webhook_url) !== originOf(after?.webhook_url),
	);
	return [
		{
			words: 'one n8n had taken over from another, and given its URL back',
			allows: (url) => fromOthers.some(({ before }) => before?.webhook_url === url),
		},
		{
			words: 'n8n was ended before it had stored what it had put at KPN',
			allows: (url) =>
				unsaved.length > 0 &&
				(url === undefined ||
					(unsaved.includes(url) && log.includes('KPN sends here already')) ||
					(urls.includes(url) && log.includes(FIELDS_STAY))),
		},
	];
}

const originOf = (url: string | undefined): string | undefined => url && new URL(url).origin;

/** In n8n's log where a configuration stays, so that no fields are lost. */
const FIELDS_STAY = 'which fields are left out of events';

/** None left out is the same as nothing said. */
const plain = (config: Theirs) => ({ url: config?.webhook_url, fields: fieldsOf(config).sort() });
