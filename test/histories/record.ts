import type { IRun } from 'n8n-workflow';

import type { AcceptedMessage, SendCall } from '../../sandbox';
import type { Change } from './history';

/** How one try of an execution ended, as n8n has it. */
export interface Try {
	/** Of which execution. */
	execution: number;
	/** Which items of the history go into each run of the node, in order. */
	runs: number[][];
	/** How many of them earlier tries had made. */
	runsBefore: number;
	/** What had been changed for it. */
	change: Change;
	/** Its send calls: the first, and the one after the last. */
	firstCall: number;
	endCall: number;
	/** Send calls on their way when n8n was cut off: it never had their answers. */
	unheard: SendCall[];
	/** Send calls answered at about that moment: it may have had their answers or not. */
	maybeHeard: SendCall[];
	/** Where somebody pressed Stop: how many of its send calls had an answer by then. */
	answeredBeforeStop?: number;
	/** Whether the execution had waited, and its time was up. */
	afterWait: boolean;
	/** What n8n says in the end; nothing where it was cut off, or could not keep what came out. */
	run?: IRun;
	/** Whether it was cut off and n8n kept nothing of it: a retry begins as if it had never been. */
	forgotten?: boolean;
	/** Whether n8n's database or queue was away during it: what it put on record may be lost. */
	disturbed?: boolean;
}

/** Whether somebody pressed Stop. */
export const isStopped = ({ answeredBeforeStop }: Try): boolean => answeredBeforeStop !== undefined;

/** What happened: KPN's side as the sandbox saw it, and n8n's. */
export interface HistoryRecord {
	calls: SendCall[];
	messages: AcceptedMessage[];
	tokenCalls: number;
	/** How often all tokens were made to expire. */
	expired: number;
	tries: Try[];
	/** Whether the machine stood still for so long that calls may have timed out by themselves. */
	stalled: boolean;
	/** Secrets and tokens that nobody may find in what n8n keeps. */
	secrets: string[];
}
