import type { Quota } from '../../shared/quota';

/** KPN's quota counts calls, however many messages are in each. */

/** Seconds since 1970 have ten digits, milliseconds thirteen. */
const EPOCH_PATTERN = /^\d{10}(?:\d{3})?$/;

/** `2026-01-31…`, or `Sat, 31 Jan 2026 …`: JavaScript takes `version 2` for one too. */
const DATE_PATTERN = /^(?:\d{4}-\d\d-\d\d|(?:[a-z]{3,9}, ?)?\d\d?[ -][a-z]{3}[ -]\d{4})(?!\d)/i;

/**
 * The moment that KPN names, in milliseconds since 1970: a date, or an epoch in milliseconds or
 * seconds, for KPN does not document which. Undefined for anything else.
 */
export function parseTime(time: string): number | undefined {
	const text = time.trim();
	if (EPOCH_PATTERN.test(text)) return Number(text) * (text.length === 10 ? 1000 : 1);
	if (!DATE_PATTERN.test(text)) return undefined;
	// A date without a zone is UTC, as the header's name says.
	const at = Date.parse(/(z|gmt|utc|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
	return Number.isNaN(at) ? undefined : at;
}

/**
 * What to do where the quota is used up; undefined where it is not.
 *
 * @param now milliseconds since 1970
 */
export function quotaUsedUpAdvice(quota: Quota | undefined, now: number): string | undefined {
	const { limit, used } = quota ?? {};
	if (limit === undefined || used === undefined || used < limit) return undefined;
	const start = resetTime(quota, now);
	const when = start === undefined ? 'when it starts anew' : `after ${start}`;
	return `KPN’s quota of ${quotaLabel(quota)} is used up. Send the rest ${when}, or ask KPN for a higher quota.`;
}

/**
 * Where the quota does not carry another run like this one.
 *
 * @param calls how many this run took
 * @param now milliseconds since 1970
 */
export function quotaWarning(
	quota: Quota | undefined,
	calls: number,
	now: number,
): string | undefined {
	const shortage = quotaShortage(quota, calls, now);
	return shortage && `${shortage}, fewer than this run took (${formatNumber(calls)}).`;
}

/**
 * Where the quota does not carry the rest of a run that goes on.
 *
 * @param left how many calls the run has to make, at least
 * @param now milliseconds since 1970
 */
export function quotaRunsDry(
	quota: Quota | undefined,
	left: number,
	now: number,
): string | undefined {
	const shortage = quotaShortage(quota, left, now);
	return (
		shortage &&
		`${shortage}, and this run has ${formatNumber(left)} left to make. KPN refuses what it does not carry: ask KPN for a higher quota, or send the rest later.`
	);
}

/** How much the quota carries, where that is less than so many calls. */
function quotaShortage(quota: Quota | undefined, calls: number, now: number): string | undefined {
	const { limit, used } = quota ?? {};
	if (limit === undefined || used === undefined) return undefined;
	const carries = Math.max(0, limit - used);
	if (carries >= calls) return undefined;
	const start = resetTime(quota, now);
	const until = start === undefined ? '' : ` until ${start}`;
	return `KPN’s quota of ${quotaLabel(quota)} carries ${formatNumber(carries)} more${until}`;
}

/** `1,000 calls a month`. */
function quotaLabel({ limit, interval, timeUnit }: Quota = {}): string {
	const calls = `${formatNumber(limit ?? 0)} calls`;
	if (timeUnit === undefined) return calls;
	return interval === undefined || interval === 1
		? `${calls} a ${timeUnit}`
		: `${calls} in ${interval} ${timeUnit}s`;
}

/** `14:00 UTC`, or with its day where that is not today; undefined if it is over. */
export function resetTime({ resetUtc }: Quota = {}, now: number): string | undefined {
	const at = resetUtc === undefined ? undefined : parseTime(resetUtc);
	return at === undefined || at <= now ? undefined : formatTime(at, now);
}

/** `14:00 UTC`, or with its day where that is not today. */
export function formatTime(at: number, now: number): string {
	const [day, time] = new Date(at).toISOString().split('T');
	const today = new Date(now).toISOString().startsWith(day ?? '');
	const date = new Date(at).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
	const clock = `${time?.slice(0, 5)} UTC`;
	return today ? clock : `${date}, ${clock}`;
}

const formatNumber = (value: number): string => value.toLocaleString('en');
