import { isEqual } from 'lodash';

import type { WebhookConfig } from '../../../sandbox';
import type { Claims } from './judge';
import type { Change, TriggerRecord } from './record';

/** What people have set for the application, apart from the triggers; without a URL where they have only chosen fields. */
type Theirs = WebhookConfig | undefined;

/** KPN's settings: each change that n8n made, and what is there in the end. */
export function judgeSettings(record: TriggerRecord, claim: Claims): void {
	const { urls, changes, calls, last, lastExcluded, above, log } = record;
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
	if (excusesOf(record).length > 0) return;
	if (theirs?.webhook_url !== undefined) {
		const [is, was] = [last, theirs].map(plain);
		claim(isEqual(is, was), `in the end KPN has ${words(last)}, and had ${words(theirs)}`);
	} else if (theirs === undefined || last === undefined) {
		claim(last === undefined, `in the end KPN has ${words(last)}, and had nothing`);
		const left = fieldsOf(theirs).filter((field) => !lastExcluded.includes(field));
		claim(left.length === 0, `in the end KPN sends ${left.join(', ')}, which people had left out`);
	} else {
		claim(isOurs(last.webhook_url), `in the end KPN has ${words(last)}, and had fields only`);
		claim(isEqual(fieldsOf(last), fieldsOf(theirs)), 'fields that people have chosen are lost');
		claim(
			/which fields are left out of events/.test(log),
			'KPN still sends to n8n, and the log is silent',
		);
	}
}

/** Why KPN's settings may be others in the end than they should be: that is not promised. */
export function excusesOf({ changes, excuses, urls, counts }: TriggerRecord): string[] {
	const originOf = (url: string | undefined) => (url === undefined ? url : new URL(url).origin);
	const between = changes.filter(
		({ by, before, after, taking }) =>
			by === 'n8n' &&
			before?.webhook_url !== after?.webhook_url &&
			[before, after].every((config) => urls.includes(config?.webhook_url ?? '')) &&
			taking.some(({ url }) => url === after?.webhook_url),
	);
	const found = [...excuses];
	const isOther = ({ before, after }: Change) =>
		originOf(before?.webhook_url) !== originOf(after?.webhook_url);
	// Neither knows whether the other one still wants it back.
	if (between.some(isOther)) found.push('one n8n has taken over from another');
	const circles = between.filter(
		({ before, after, taking }) => !isTestOf(before, after) && taking.some(({ isTest }) => !isTest),
	);
	if (circles.length > 0 && counts.killed > 0) {
		found.push('n8n was killed with two triggers, of which one had taken over from the other');
	}
	return found;
}

const isTestOf = (before: WebhookConfig | undefined, after: WebhookConfig | undefined) =>
	before?.webhook_url === testUrlOf(after?.webhook_url);

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

const testUrlOf = (url: string | undefined) => url?.replace('/webhook/', '/webhook-test/');

const withFields = (theirs: Theirs, { privacy_config }: WebhookConfig = {}): Theirs => ({
	...theirs,
	privacy_config,
});

const fieldsOf = (config: Theirs): string[] => [
	...(config?.privacy_config?.excluded_fields?.sms_dlr ?? []),
];

/** None left out is the same as nothing said. */
const plain = (config: Theirs) => ({ url: config?.webhook_url, fields: fieldsOf(config).sort() });

const words = (config: Theirs): string =>
	config === undefined
		? 'nothing'
		: `${config.webhook_url} without ${fieldsOf(config).join() || '-'}`;
