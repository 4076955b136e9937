import { WAIT_INDEFINITELY } from 'n8n-workflow';

import { isRecord } from '../../shared/isRecord';

const MINUTE = 60_000;
const UNITS: Record<string, number> = { minutes: MINUTE, hours: 60 * MINUTE, days: 1440 * MINUTE };

/**
 * Until when is waited. Read before the SMS leaves: a bad date must not cost a message.
 *
 * @param option Limit Wait Time, as n8n's own nodes have it
 * @param now epoch milliseconds
 * @param toMillis epoch milliseconds of an ISO 8601 date; what names no zone is in the workflow's
 * @returns the time, or what is wrong with the option
 */
export function readTimeLimit(
	option: unknown,
	now: number,
	toMillis: (isoDate: string) => number,
): Date | { problem: string } {
	const values = isRecord(option) ? option.values : undefined;
	if (!isRecord(values)) return WAIT_INDEFINITELY;
	if (values.limitType === 'atSpecifiedTime') return readDate(values.maxDateAndTime, now, toMillis);
	// An expression that gives nothing is no hour: only what the user has left alone is.
	const amount = 'resumeAmount' in values ? Number(values.resumeAmount ?? NaN) : 1;
	const unit = UNITS[String(values.resumeUnit ?? 'hours')];
	if (!(amount > 0) || unit === undefined) {
		return { problem: 'Limit Wait Time is not a time. Enter an amount above 0, and a unit.' };
	}
	const time = now + amount * unit;
	return time < WAIT_INDEFINITELY.getTime() ? new Date(time) : WAIT_INDEFINITELY;
}

const ISO_DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

function readDate(
	value: unknown,
	now: number,
	toMillis: (isoDate: string) => number,
): Date | { problem: string } {
	// A Luxon date comes out of an expression as such.
	const text = value instanceof Date ? value.toISOString() : String(value ?? '').trim();
	const date = new Date(ISO_DATE.test(text) ? toMillis(text.replace(' ', 'T')) : NaN);
	if (Number.isNaN(date.getTime())) {
		return { problem: 'Limit Wait Time has no date that can be read. Choose a date and a time.' };
	}
	if (date.getTime() <= now) {
		return { problem: 'Limit Wait Time is in the past. Choose a date and a time to come.' };
	}
	return date;
}
