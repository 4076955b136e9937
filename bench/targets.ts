import { median, SIZES, type Result } from './measure';
import { AUTOMATIC as AUTOMATIC_TRIGGER, BARE, FORGED, MANUAL, type Events } from './events';
import type { Loading, Neighbour } from './others';

export interface Found {
	results: Result[];
	seen: Neighbour[];
	load: Loading;
	incoming: Events;
}

export interface Target {
	measure: string;
	target: string;
	measured: string;
	met: boolean;
}

const AUTOMATIC = 'KPN SMS: Send Bulk, automatic';
const EXPRESSIONS = 'KPN SMS: Send Bulk, expressions';
const SEND = 'KPN SMS: Send';

/** What the package sets out to be, against what was measured. */
export function targets({ results, seen, load, incoming }: Found): Target[] {
	const of = (
		contender: string,
		count: number,
		delayMs: number,
		read: (reading: Result['readings'][number]) => number | undefined = ({ wallMs }) => wallMs,
	): number => {
		const result = results.find(
			(one) => one.contender === contender && one.count === count && one.delayMs === delayMs,
		);
		return median((result?.readings ?? []).map((reading) => read(reading) ?? NaN));
	};
	const ratio = (measure: string, most: number, one: number, other: number): Target => ({
		measure,
		target: `≤ ${digits(most)} ×`,
		measured: Number.isNaN(one / other) ? 'not measured' : `${digits(one / other)} ×`,
		met: one / other <= most,
	});
	const absolute = (measure: string, most: number, value: number, unit: string): Target => ({
		measure,
		target: `≤ ${most} ${unit}`,
		measured: `${digits(value)} ${unit}`,
		met: value <= most,
	});
	const p99 = (contender: string) => seen.find((one) => one.contender === contender)?.p99 ?? NaN;
	const grown = ({ grownMB }: { grownMB?: number }) => grownMB;
	const ours = results.filter(({ contender }) => contender.startsWith('KPN SMS'));
	const extraCalls = ours.flatMap(({ count, readings }) =>
		readings.map(({ calls }) => calls - Math.ceil(count / 200)),
	);
	const largest = Math.max(...results.map(({ count }) => count));
	const pauses = ours
		.filter(({ contender }) => contender === AUTOMATIC)
		.map(({ count, delayMs }) => of(AUTOMATIC, count, delayMs, ({ pauseMs }) => pauseMs));
	const rate = (name: string) => incoming.rates.find((one) => one.name === name)?.perSecond ?? NaN;
	const atLeast = (measure: string, least: number, one: number, other: number): Target => ({
		...ratio(measure, 1, one, other),
		target: `≥ ${digits(least)} ×`,
		met: one / other >= least,
	});
	const held = (name: string) => incoming.held.find((one) => one.name === name)?.mb ?? NaN;
	return [
		ratio(
			'Send Bulk, automatic, 10,000: wall time of HTTP Request',
			1 / 50,
			of(AUTOMATIC, 10_000, 0),
			of('HTTP Request', 10_000, 0),
		),
		ratio(
			'Send Bulk, automatic, 10,000 over 150 ms: of the undici script',
			1.2,
			of(AUTOMATIC, 10_000, 150),
			of('undici script, outside n8n', 10_000, 150),
		),
		ratio(
			'Send Bulk, expressions, 10,000: of Edit Fields with the same expressions',
			0.8,
			of(EXPRESSIONS, 10_000, 0),
			of('Edit Fields', 10_000, 0),
		),
		ratio(
			'Send, 1,000: wall time of HTTP Request',
			0.6,
			of(SEND, 1000, 0),
			of('HTTP Request', 1000, 0),
		),
		absolute('API calls beyond one for each 200 messages', 0, Math.max(...extraCalls), 'calls'),
		absolute(
			'Token calls of a run, the first of all apart',
			1,
			Math.max(...ours.flatMap(({ readings }) => readings.map(({ tokenCalls }) => tokenCalls))),
			'calls',
		),
		absolute(
			'Longest pause of the event loop, Send Bulk, automatic, at any size (n8n’s own included)',
			50,
			Math.max(...pauses),
			'ms',
		),
		ratio(
			'A second workflow’s p99 during Send Bulk, automatic, 10,000: of its idle p99',
			3,
			p99(AUTOMATIC),
			p99('nobody'),
		),
		ratio(
			`Memory for ${largest.toLocaleString('en')} items, Send Bulk, automatic: of Edit Fields`,
			1.5,
			of(AUTOMATIC, largest, 0, grown),
			of('Edit Fields', largest, 0, grown),
		),
		absolute('Loading both nodes', 30, load.requireMs, 'ms'),
		absolute(
			'One SMS by Send: beyond the plain declarative node',
			1,
			of(SEND, 1, 0) - of('plain declarative node', 1, 0),
			'ms',
		),
		...[MANUAL, AUTOMATIC_TRIGGER].map((name) =>
			atLeast(`${name}: events a second of ${BARE}`, 0.95, rate(name), rate(BARE)),
		),
		atLeast('Forged events a second: of true ones', 1, rate(FORGED), rate(MANUAL)),
		absolute(
			`100 unfinished requests, ${MANUAL}: beyond ${BARE}`,
			50,
			held(MANUAL) - held(BARE),
			'MB',
		),
	];
}

export const digits = (value: number): string =>
	Number.isNaN(value)
		? '–'
		: value.toLocaleString('en', {
				maximumFractionDigits: Math.abs(value) < 1 ? 3 : Math.abs(value) < 10 ? 2 : 0,
			});

export const sizesOf = (results: Result[]): number[] =>
	SIZES.filter((size) => results.some(({ count }) => count === size));
