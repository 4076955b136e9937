import { randomUUID } from 'node:crypto';

import type { INode, INodeExecutionData, IRunExecutionData } from 'n8n-workflow';

import type { WorkflowFile } from '../../dev/engine';
import { loopOver, smsNode, smsWorkflow } from '../support/engine/engineSetup';
import type { Change, History, HistoryItem } from './history';

/** Milliseconds that the node waits for an answer; less where some never come. */
const TIMEOUT_MS = 60_000;
export const HANG_TIMEOUT_MS = 3000;

/** Which items go into each run of the node, in order. */
export function runsOf({ way, items }: History, order: number[]): number[][] {
	if (way === undefined) return [order];
	if (way === 'two ways') {
		const straight = order.filter((index) => !items[index]?.detour);
		const round = order.filter((index) => items[index]?.detour);
		return [straight, round].filter(({ length }) => length > 0);
	}
	const turns = Math.ceil(order.length / way);
	return Array.from({ length: turns }, (_, turn) => order.slice(turn * way, (turn + 1) * way));
}

/** The node in a workflow, as a history has it. */
export class HistoryWorkflow {
	/** By which n8n knows it from one execution to the next. */
	readonly id = randomUUID();

	constructor(
		private readonly history: History,
		private readonly credential: string,
		private readonly hangTimeoutMs = HANG_TIMEOUT_MS,
	) {}

	file(change: Change): WorkflowFile {
		return { id: this.id, ...this.graph(smsNode(this.node(change))) };
	}

	private graph(sms: INode): WorkflowFile {
		const { way } = this.history;
		if (way === undefined) return smsWorkflow(sms);
		if (way === 'two ways') return twoWaysTo(sms);
		const { nodes, connections } = loopOver(sms, way);
		const back = [{ node: 'Loop', type: 'main' as const, index: 0 }];
		return { nodes, connections: { ...connections, SMS: { main: [back, back] } } };
	}

	private node(change: Change): Partial<INode> {
		const { computed, options, onError, retryOnFail, once, batching, faults, waits } = this.history;
		const numbers = {
			...{ nothing: '$json.to', text: '$json.to', numbers: '$json.other' },
			'order of numbers': '$json.to.split(",").reverse().join(",")',
		}[change];
		const hangs = faults.some(({ answer }) => answer?.kind === 'hang');
		return {
			onError,
			retryOnFail,
			maxTries: 3,
			waitBetweenTries: 1,
			credentials: { kpnSmsOAuth2Api: { id: this.credential, name: 'KPN' } },
			parameters: {
				sender: '={{ $json.sender }}',
				mobileNumber: `={{ ${numbers}${computed ? ' + ""' : ''} }}`,
				[waits ? 'message' : 'content']:
					`={{ $json.text${computed ? ' + ""' : ''} }}${change === 'text' ? ' (again)' : ''}`,
				...(waits && { operation: 'sendAndWait', responseType: 'approval' }),
				options: { ...options, ...(once && { sendOncePer: '={{ $json.key }}' }) },
				requestOptions: {
					timeout: hangs ? this.hangTimeoutMs : TIMEOUT_MS,
					...(batching && { batching: { batch: batching } }),
				},
			},
		};
	}
}

/** Before → Straight? → SMS, or → Detour → SMS: the node has two runs. */
function twoWaysTo(sms: INode): WorkflowFile {
	const { nodes } = smsWorkflow();
	const [before] = nodes;
	if (!before) throw new Error('There is no node before');
	const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];
	return {
		nodes: [
			before,
			{
				...before,
				id: 'straight',
				name: 'Straight?',
				type: 'n8n-nodes-base.if',
				position: [100, 0],
				parameters: { conditions: { boolean: [{ value1: '={{ $json.detour }}', value2: false }] } },
			},
			{ ...before, id: 'detour', name: 'Detour', position: [150, 300] },
			sms,
		],
		connections: {
			Before: { main: [to('Straight?')] },
			'Straight?': { main: [to('SMS'), to('Detour')] },
			Detour: { main: [to('SMS')] },
		},
	};
}

/**
 * What n8n stores when it is cut off within the SMS node: that run of it is still to be made. Nothing
 * where the node is not running at that moment.
 */
export function cutOff(
	data: IRunExecutionData,
	{ nodes }: WorkflowFile,
	runs: HistoryItem[][],
): IRunExecutionData | undefined {
	const stored = JSON.parse(JSON.stringify(data)) as IRunExecutionData;
	const node = nodes.find(({ name }) => name === 'SMS');
	const input = runs[stored.resultData.runData.SMS?.length ?? 0];
	const { nodeExecutionStack: next = [] } = stored.executionData ?? {};
	const isBetweenRuns = next.some((one) => one.node.name === 'SMS' || one.node.name === 'Loop');
	if (!node || !input || isBetweenRuns) return undefined;
	const items: INodeExecutionData[] = input.map((json, item) => ({
		json: { ...json },
		pairedItem: { item },
	}));
	next.unshift({
		node,
		data: { main: [items] },
		source: { main: [{ previousNode: 'Before' }] },
	});
	stored.resultData.lastNodeExecuted = 'Before';
	return stored;
}
