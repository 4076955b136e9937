import './engineHome';

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

import {
	DataDeduplicationService,
	DirectoryLoader,
	ExecutionLifecycleHooks,
	RoutingNode,
	WorkflowExecute,
	type ExecuteContext,
} from 'n8n-core';
import {
	createRunExecutionData,
	NodeHelpers,
	Workflow,
	type IConnections,
	type IExecuteData,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IRunExecutionData,
	type IVersionedNodeType,
	type IWorkflowExecuteAdditionalData,
	type IWorkflowSettings,
} from 'n8n-workflow';

import { KpnSms } from '../nodes/KpnSms/KpnSms.node.ts';
import type { CredentialStore } from './credentialStore';
import { InMemoryDeduplicator } from './deduplicator';

/** What a workflow file of n8n's holds, as far as running it needs. */
export interface WorkflowFile {
	/** Nodes remember by it what they have processed; a workflow without one is a new one each time. */
	id?: string;
	name?: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
}

/** The type's name once n8n has installed the package. */
export const KPN_SMS = 'n8n-nodes-kpn-sms.kpnSms';

/** Node types besides n8n's own; a test may bring more. */
export const ownNodeTypes: Record<string, () => INodeType> = { [KPN_SMS]: () => new KpnSms() };

/**
 * n8n's own nodes from `n8n-nodes-base` and ours from the source, prepared as n8n does on loading
 * them: a declarative node gets the request options that all have in common, and an `execute`.
 */
class LoadedNodeTypes implements INodeTypes {
	private readonly loaded = new Map<string, INodeType | IVersionedNodeType>();

	getByName(name: string): INodeType | IVersionedNodeType {
		const type = this.loaded.get(name) ?? loadNodeType(name);
		this.loaded.set(name, type);
		return type;
	}

	getByNameAndVersion(name: string, version?: number): INodeType {
		const type = NodeHelpers.getVersionedNodeType(this.getByName(name), version);
		if (!type.execute && type.description.requestDefaults) {
			type.execute = async function () {
				// n8n hands the same object to both kinds of node; the types know only the first.
				const context = this as unknown as ExecuteContext;
				return (await new RoutingNode(context, type).runNode()) ?? [];
			};
		}
		return type;
	}

	getKnownTypes() {
		return {};
	}
}

// n8n's nodes are found by name at run time, as n8n itself does it.
const requireNode = createRequire(__filename);

function loadNodeType(name: string): INodeType | IVersionedNodeType {
	const own = ownNodeTypes[name]?.();
	if (own) {
		DirectoryLoader.applyDeclarativeNodeOptionParameters(own);
		return own;
	}
	const base = path.dirname(requireNode.resolve('n8n-nodes-base/package.json'));
	const known = requireNode('n8n-nodes-base/dist/known/nodes.json') as Record<
		string,
		{ className: string; sourcePath: string }
	>;
	const entry = known[name.replace(/^n8n-nodes-base\./, '')];
	if (!entry) throw new Error(`No node type ${name}`);
	const loaded = requireNode(path.join(base, entry.sourcePath)) as Record<
		string,
		new () => INodeType | IVersionedNodeType
	>;
	const NodeClass = loaded[entry.className];
	if (!NodeClass) throw new Error(`${entry.sourcePath} has no ${entry.className}`);
	return new NodeClass();
}

/** What nodes have processed: in memory, instead of n8n's database. */
export const deduplicator = new InMemoryDeduplicator();
void DataDeduplicationService.init(deduplicator);

export const nodeTypes = new LoadedNodeTypes();

export interface StartData {
	/** The node to start at, which gets `items` as its input. */
	node: string;
	items: INodeExecutionData[];
}

export interface RunningExecution {
	finished: Promise<IRun>;
	/** What n8n would store of the execution at this moment. */
	data: IRunExecutionData;
	/** What n8n's cancel button does. */
	cancel(): void;
}

/** Starts a workflow on n8n's own engine, in this process. */
export function startWorkflow(
	file: WorkflowFile,
	start: StartData,
	credentials: CredentialStore,
): RunningExecution {
	const workflow = createWorkflow(file);
	const node = workflow.getNode(start.node);
	if (!node) throw new Error(`The workflow has no node ${start.node}`);
	const first: IExecuteData = { node, data: { main: [start.items] }, source: null };
	const data = createRunExecutionData({
		executionData: { nodeExecutionStack: [first] },
	});
	return startExecution(workflow, data, credentials, 'trigger');
}

export const runWorkflow = async (
	file: WorkflowFile,
	start: StartData,
	credentials: CredentialStore,
): Promise<IRun> => await startWorkflow(file, start, credentials).finished;

/**
 * What n8n does on "Retry execution": the stored execution goes on at the node that failed, with
 * the original workflow or, if one is given, with the one that is saved now.
 */
export const retryExecution = async (
	run: IRun,
	original: WorkflowFile,
	credentials: CredentialStore,
	saved?: WorkflowFile,
): Promise<IRun> => await startRetry(run.data, original, credentials, saved).finished;

/** Starts what `retryExecution` waits for. */
export function startRetry(
	stored: IRunExecutionData,
	original: WorkflowFile,
	credentials: CredentialStore,
	saved?: WorkflowFile,
): RunningExecution {
	// Stored as JSON: what is not part of it is lost.
	const data = JSON.parse(JSON.stringify(stored)) as IRunExecutionData;
	const { resultData, executionData } = data;
	const last = resultData.lastNodeExecuted;
	if (last !== undefined) {
		delete resultData.error;
		const runs = resultData.runData[last];
		if (runs?.at(-1)?.error !== undefined) runs.pop();
	}
	const workflow = createWorkflow(saved ?? original);
	if (saved) {
		for (const entry of executionData?.nodeExecutionStack ?? []) {
			entry.node = workflow.getNode(entry.node.name) ?? entry.node;
		}
	}
	return startExecution(workflow, data, credentials, 'retry');
}

function createWorkflow({
	id = randomUUID(),
	name,
	nodes,
	connections,
	settings,
}: WorkflowFile): Workflow {
	return new Workflow({
		id,
		name,
		nodes: structuredClone(nodes),
		connections,
		active: false,
		nodeTypes,
		settings: { executionOrder: 'v1', ...settings },
	});
}

function startExecution(
	workflow: Workflow,
	data: IRunExecutionData,
	credentialsHelper: CredentialStore,
	mode: 'trigger' | 'retry',
): RunningExecution {
	const executionId = randomUUID();
	const local = 'http://localhost/';
	const additionalData = {
		credentialsHelper,
		executionId,
		currentNodeExecutionIndex: 0,
		restApiUrl: local,
		instanceBaseUrl: local,
		formWaitingBaseUrl: `${local}form-waiting`,
		webhookBaseUrl: `${local}webhook`,
		webhookWaitingBaseUrl: `${local}webhook-waiting`,
		webhookTestBaseUrl: `${local}webhook-test`,
		variables: {},
		hooks: new ExecutionLifecycleHooks(mode, executionId, {
			id: workflow.id,
			name: workflow.name ?? '',
			active: false,
			isArchived: false,
			createdAt: new Date(),
			updatedAt: new Date(),
			nodes: Object.values(workflow.nodes),
			connections: workflow.connectionsBySourceNode,
			activeVersionId: null,
		}),
		getRunnerStatus: () => ({ available: false }),
	} as unknown as IWorkflowExecuteAdditionalData;
	const running = new WorkflowExecute(additionalData, mode, data).processRunExecutionData(workflow);
	return { finished: running, data, cancel: () => running.cancel() };
}

/** What a node gave out in one of its runs. */
export function outputOf(run: IRun, node: string, output = 0, runIndex = 0): INodeExecutionData[] {
	return run.data.resultData.runData[node]?.[runIndex]?.data?.main?.[output] ?? [];
}
