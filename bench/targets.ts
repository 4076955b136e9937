import { COMPUTED, DRAGGED, HTTP_REQUEST, ONCE, SCRIPT } from './contenders';
import { AT_ONCE, median, NETWORK, SIZES, type Result } from './measure';
import { AUTOMATIC as AUTOMATIC_TRIGGER, BARE, FORGED, MANUAL, type Events } from './events';
import type { Neighbour } from './others';
import { ratioOf, V1, V1_COUNT, V1_SCRIPT_CALLS, type Walls } from './overNetwork';

export interface Found {
	results: Result[];
	/** On v1. */
	v1: Walls;
	seen: Neighbour[];
	/** Of both nodes. */
	loadingMs: number;
	incoming: Events;
}

export interface Target {
	measure: string;
	target: string;
	measured: string;
	/** Undefined where it was not measured. */
	met?: boolean;
}

/** What the package sets out to be, against what was measured. */
export function targets({ results, v1, seen, loadingMs, incoming }: Found): Target[] {
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
	const compared = (
		measure: string,
		target: string,
		value: number,
		unit: string,
		met: boolean,
	): Target =>
		Number.isFinite(value)
			? { measure, target, measured: `${digits(value)} ${unit}`, met }
			: { measure, target, measured: 'not measured' };
	const absolute = (measure: string, most: number, value: number, unit: string): Target =>
		compared(measure, `≤ ${digits(most)} ${unit}`, value, unit, value <= most);
	const ratio = (measure: string, most: number, one: number, other: number): Target =>
		absolute(measure, most, one / other, '×');
	const p99 = (contender: string) => seen.find((one) => one.contender === contender)?.p99 ?? NaN;
	const grown = ({ grownMB }: { grownMB?: number }) => grownMB;
	const ours = results.filter(({ contender }) => contender.startsWith('KPN SMS'));
	const extraCalls = ours.flatMap(({ count, readings }) =>
		readings.map(({ calls }) => calls - Math.ceil(count / 200)),
	);
	const largest = Math.max(...results.map(({ count }) => count));
	const pause = ({ pauseMs }: { pauseMs?: number }) => pauseMs;
	/** Beyond that of a node that does nothing with the same items. */
	const pauses = ours
		.filter(({ count, delayMs }) => count >= 1000 && delayMs === AT_ONCE)
		.map(({ contender, count }) => {
			return of(contender, count, AT_ONCE, pause) - of('No Operation', count, AT_ONCE, pause);
		});
	const rate = (name: string) => incoming.rates.find((one) => one.name === name)?.perSecond ?? NaN;
	const atLeast = (measure: string, least: number, one: number, other: number): Target =>
		compared(measure, `≥ ${digits(least)} ×`, one / other, '×', one / other >= least);
	const held = (name: string) => incoming.held.find((one) => one.name === name)?.mb ?? NaN;
	return [
		ratio(
			'Fields dragged in, 10,000: wall time of HTTP Request',
			1 / 60,
			of(DRAGGED, 10_000, AT_ONCE),
			of(HTTP_REQUEST, 10_000, AT_ONCE),
		),
		ratio(
			'Fields dragged in, 10,000: of Edit Fields with the same fields',
			0.1,
			of(DRAGGED, 10_000, AT_ONCE),
			of('Edit Fields', 10_000, AT_ONCE),
		),
		ratio(
			'Expressions, 10,000: of Edit Fields with the same expressions',
			1.1,
			of(COMPUTED, 10_000, AT_ONCE),
			of('Edit Fields, expressions', 10_000, AT_ONCE),
		),
		ratio(
			'Fields dragged in, 10,000 over 150 ms: of the undici script',
			1.1,
			of(DRAGGED, 10_000, NETWORK),
			of(SCRIPT, 10_000, NETWORK),
		),
		ratio(
			'Send Once Per, 10,000 over 150 ms: of the same without',
			1.3,
			of(ONCE, 10_000, NETWORK),
			of(DRAGGED, 10_000, NETWORK),
		),
		ratio(
			'One SMS: wall time of HTTP Request',
			1,
			of(DRAGGED, 1, AT_ONCE),
			of(HTTP_REQUEST, 1, AT_ONCE),
		),
		...v1Targets(v1).map(([measure, most, value]) => absolute(measure, most, value, '×')),
		absolute('API calls beyond one for each 200 messages', 0, Math.max(...extraCalls), 'calls'),
		absolute(
			'Token calls of a run, the first of all apart',
			1,
			Math.max(...ours.flatMap(({ readings }) => readings.map(({ tokenCalls }) => tokenCalls))),
			'calls',
		),
		absolute(
			'Longest pause of the event loop beyond that of No Operation, from 1,000 items on',
			50,
			Math.max(...pauses),
			'ms',
		),
		ratio(
			'A second workflow’s p99 while 10,000 are sent: of the same with No Operation',
			1.25,
			p99(DRAGGED),
			p99('No Operation'),
		),
		ratio(
			`Memory for ${largest.toLocaleString('en')} items, fields dragged in: of Edit Fields`,
			0.5,
			of(DRAGGED, largest, AT_ONCE, grown),
			of('Edit Fields', largest, AT_ONCE, grown),
		),
		absolute('Loading both nodes', 30, loadingMs, 'ms'),
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

/** Measure, target and what was measured, of what v1 takes over a network. */
export function v1Targets(walls: Walls): Array<[measure: string, most: number, value: number]> {
	const what = `v1, ${digits(V1_COUNT)} messages over ${NETWORK} ms`;
	return [
		[
			`${what}: of an undici script with ${V1_SCRIPT_CALLS} at once`,
			1.3,
			ratioOf(walls, V1, SCRIPT),
		],
		[`${what}: of HTTP Request`, 0.7, ratioOf(walls, V1, HTTP_REQUEST)],
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
