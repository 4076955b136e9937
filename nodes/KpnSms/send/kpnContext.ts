import type { IExecuteFunctions, IExecuteSingleFunctions } from 'n8n-workflow';

export type KpnContext = IExecuteFunctions | IExecuteSingleFunctions;

/**
 * Whether an AI Agent runs the node as a tool within the agent's own turn, as n8n does it for some
 * parents: then the execution's data are the agent's, and a call is one item.
 */
export const isAgentToolCall = (context: KpnContext): boolean =>
	context.getExecuteData().node.name !== context.getNode().name;
