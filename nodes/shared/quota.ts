import type { IDataObject } from 'n8n-workflow';

/** What the headers of KPN's responses say of the account and of the API. */
export interface AccountInfo {
	quota?: Quota;
	/** The date from which the API is gone, as KPN writes it. */
	sunset?: string;
}

/** KPN's `quota-…` headers, those it sent. */
export interface Quota extends IDataObject {
	limit?: number;
	used?: number;
	interval?: number;
	timeUnit?: string;
	resetUtc?: string;
}

/** Reads them from a response's headers, whose names are in lower case; undefined if there are none. */
export function readAccountInfo(headers: Record<string, unknown>): AccountInfo | undefined {
	const text = (name: string) => {
		const value = headers[name];
		return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
	};
	const number = (name: string) => {
		const value = Number(text(name) ?? NaN);
		return Number.isFinite(value) ? value : undefined;
	};
	const all: Quota = {
		limit: number('quota-limit'),
		used: number('quota-used'),
		interval: number('quota-interval'),
		timeUnit: text('quota-time-unit'),
		resetUtc: text('quota-reset-utc'),
	};
	const present = Object.entries(all).filter(([, value]) => value !== undefined);
	const quota = present.length > 0 ? (Object.fromEntries(present) as Quota) : undefined;
	const sunset = text('sunset');
	const sunsetDate = sunset === undefined || sunset.toLowerCase() === 'n/a' ? undefined : sunset;
	return quota === undefined && sunsetDate === undefined
		? undefined
		: { quota, sunset: sunsetDate };
}
