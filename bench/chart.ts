import { median, type Result } from './measure';
import { sizesOf } from './targets';

const WIDTH = 860;
const HEIGHT = 440;
const PLOT = { left: 70, top: 20, right: 560, bottom: 390 };
const COLOURS = [
	'#888',
	'#b8860b',
	'#d62728',
	'#ff7f0e',
	'#9467bd',
	'#8c564b',
	'#17a2b8',
	'#1a7f37',
	'#0b5',
	'#7a5',
	'#555',
];

/** Seconds over messages, both logarithmic: one line for each contender, in light and in dark. */
export function chart(results: Result[]): string {
	const shown = results.filter(({ delayMs, readings }) => delayMs === 0 && readings.length > 0);
	const sizes = sizesOf(shown);
	const points = shown.map(({ contender, count, readings }) => ({
		contender,
		count,
		ms: median(readings.map(({ wallMs }) => wallMs)),
	}));
	const low = Math.floor(Math.log10(Math.min(...points.map(({ ms }) => ms))));
	const high = Math.ceil(Math.log10(Math.max(...points.map(({ ms }) => ms))));
	const largest = Math.log10(sizes.at(-1) ?? 1) || 1;
	const x = (count: number) => PLOT.left + (Math.log10(count) / largest) * (PLOT.right - PLOT.left);
	const y = (ms: number) =>
		PLOT.bottom - ((Math.log10(ms) - low) / (high - low)) * (PLOT.bottom - PLOT.top);

	const rows = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
	const grid = [
		...rows.map(
			(ms) =>
				`<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(ms).toFixed(1)}" y2="${y(ms).toFixed(1)}" class="grid"/>` +
				`<text x="${PLOT.left - 8}" y="${(y(ms) + 4).toFixed(1)}" text-anchor="end">${duration(ms)}</text>`,
		),
		...sizes.map(
			(size) =>
				`<text x="${x(size).toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="middle">${size.toLocaleString('en')}</text>`,
		),
		`<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">messages</text>`,
	];
	const names = [...new Set(points.map(({ contender }) => contender))];
	const ends = labels(
		names.map((name) => y(points.filter(({ contender }) => contender === name).at(-1)?.ms ?? 1)),
	);
	const lines = names.map((name, index) => {
		const own = points.filter(({ contender }) => contender === name);
		const colour = COLOURS[index % COLOURS.length];
		const path = own.map(({ count, ms }) => `${x(count).toFixed(1)},${y(ms).toFixed(1)}`).join(' ');
		const last = own.at(-1);
		const end = last ? `${x(last.count).toFixed(1)},${y(last.ms).toFixed(1)}` : '';
		const label = ends[index] ?? 0;
		const thick = name.startsWith('KPN SMS') ? 3 : 1.5;
		return (
			`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${thick}"/>` +
			`<polyline points="${end} ${PLOT.right + 14},${label.toFixed(1)}" fill="none" stroke="${colour}" stroke-width="0.7" stroke-dasharray="2 2"/>` +
			`<text x="${PLOT.right + 18}" y="${(label + 4).toFixed(1)}" style="fill: ${colour}">${name}</text>`
		);
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Time over number of messages">
<style>
text { font: 13px system-ui, sans-serif; fill: #333 }
.grid { stroke: #8884 }
svg { background: #fff }
@media (prefers-color-scheme: dark) { text { fill: #ccc } svg { background: #0d1117 } }
</style>
${[...grid, ...lines].join('\n')}
</svg>
`;
}

const duration = (ms: number) => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);

/** Heights near the wanted ones, that leave room for a line of text each. */
function labels(wanted: number[]): number[] {
	const order = wanted
		.map((_, index) => index)
		.sort((one, other) => (wanted[one] ?? 0) - (wanted[other] ?? 0));
	const placed: number[] = [];
	let free = PLOT.top;
	for (const index of order) {
		placed[index] = Math.max(free, wanted[index] ?? 0);
		free = (placed[index] ?? 0) + 17;
	}
	const over = Math.max(0, free - 17 - PLOT.bottom);
	return placed.map((height) => height - over);
}
