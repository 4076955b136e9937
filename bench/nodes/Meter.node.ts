import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';

const pauses = monitorEventLoopDelay({ resolution: 1 });

let start: { at: number; cpu: NodeJS.CpuUsage; memoryMB: number };

/** Megabytes of memory that the process has, or the most that it had since `forgetPeak`. */
function memory(line: 'VmRSS' | 'VmHWM'): number {
	const status = readFileSync('/proc/self/status', 'utf8');
	return Number(new RegExp(`${line}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

const forgetPeak = () => writeFileSync('/proc/self/clear_refs', '5');

/** Two of them measure what n8n's process spends on the node between them. */
export class Meter implements INodeType {
	description: INodeType['description'] = {
		displayName: 'Meter',
		name: 'meter',
		group: ['transform'],
		version: 1,
		description: 'Starts or stops measuring',
		defaults: { name: 'Meter' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [{ displayName: 'Mark', name: 'mark', type: 'string', default: 'start' }],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		if (this.getNodeParameter('mark', 0) === 'start') {
			globalThis.gc?.();
			forgetPeak();
			pauses.reset();
			pauses.enable();
			// It notices a pause from its second tick on.
			await delay(20);
			start = { at: performance.now(), cpu: process.cpuUsage(), memoryMB: memory('VmRSS') };
			return [items];
		}
		const wallMs = performance.now() - start.at;
		const { user, system } = process.cpuUsage(start.cpu);
		const peakMB = memory('VmHWM');
		await delay(10);
		pauses.disable();
		const json = {
			wallMs,
			cpuMs: (user + system) / 1000,
			grownMB: peakMB - start.memoryMB,
			peakMB,
			pauseMs: pauses.max / 1e6,
			items: items.length,
			failed: items.filter(({ json }) => 'error' in json).length,
			accepted: items.filter(({ json }) => json.outcome === 'accepted').length,
			unknown: items.filter(({ json }) => json.outcome === 'unknown').length,
		};
		return [[{ json, pairedItem: 0 }]];
	}
}
