import { isEqual } from 'lodash';

import type { WebhookConfig } from '../../../sandbox';
import type { Claims } from '../claims';
import { judgeEnd } from './judgeEnd';
import type { Change, TriggerRecord } from './record';
import { fieldsOf, testUrlOf, words, type Theirs } from './theirs';

/**
 * KPN's settings: each change that n8n made, and what is there in the end.
 *
 * @returns the limit of what is promised for which that is not what was there before
 */
export function judgeSettings(record: TriggerRecord, claim: Claims): string | undefined {
	const { urls, changes, calls, above } = record;
	const isOurs = (url: string | undefined) => url !== undefined && urls.includes(url);
	let theirs: Theirs = record.initial;
	for (const change of changes) {
		if (change.by === 'n8n') judgeChange(change, theirs, isOurs, claim);
		else
			theirs = isOurs(change.after?.webhook_url) ? withFields(theirs, change.after) : change.after;
	}
	for (const call of calls) {
		claim(
			/^(POST|PUT|DELETE) \/applications$/.test(call),
			`n8n changed what is not its own: ${call}`,
		);
	}
	claim(isEqual(above[0], above[1]), 'what team or organization have set was changed');
	return judgeEnd(record, theirs, claim);
}

function judgeChange(
	{ before, after, holder, excluded, during, taking, published }: Change,
	theirs: Theirs,
	isOurs: (url: string | undefined) => boolean,
	claim: Claims,
): void {
	const said = `${during || 'later'}: ${words(before)} became ${words(after)}`;
	const url = after?.webhook_url;
	// What people have left out for the application stays so; where they have not, what holds above does.
	const isOwn = theirs?.privacy_config !== undefined || theirs?.webhook_url !== undefined;
	// From above, what has been left out since publishing counts with the next publishing.
	const kept = isOwn
		? fieldsOf(theirs)
		: excluded.above.filter((one) => excluded.before.includes(one));
	const sent = kept.filter((field) => !excluded.after.includes(field));
	claim(sent.length === 0, `${said}, so that KPN sends ${sent.join(', ')}`);
	const taker = taking.find((one) => one.url === url);
	// One that has been unpublished leaves a moment later: its place is handed on.
	const isLeaving =
		isOurs(holder) && holder === before?.webhook_url && !published.includes(holder ?? '');
	const isFree = holder === undefined || holder === url || holder === testUrlOf(url) || isLeaving;
	if (taker && !isFree) {
		claim(taker.takeOver && !taker.isTest, `${said}, without Take Over`);
	} else if (!taker) {
		claim(isOurs(before?.webhook_url), `${said}: what others have put there is lost`);
		const isBack = url === undefined || url === theirs?.webhook_url || isOurs(url);
		claim(isBack, `${said}: it has never been there`);
	}
	const lost = before?.webhook_url !== url && published.includes(before?.webhook_url ?? '');
	if (lost && !taking.some((one) => one.url === before?.webhook_url)) {
		claim(taker?.takeOver === true, `${said}: a trigger that is published gets no more events`);
	}
	if (during === 'start') claim(Boolean(taker), `${said}, though n8n only started`);
}

const withFields = (theirs: Theirs, { privacy_config }: WebhookConfig = {}): Theirs => ({
	...theirs,
	privacy_config,
});
