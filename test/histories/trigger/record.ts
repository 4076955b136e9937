import type { INodeExecutionData } from 'n8n-workflow';

import type { WebhookConfig } from '../../../sandbox';
import type { Payload } from './history';

/** Which trigger is being published, or listens for a test event. */
export interface Taking {
	url: string;
	takeOver: boolean;
	isTest: boolean;
}

/** One change of the application's configuration at KPN. */
export interface Change {
	by: 'hand' | 'n8n';
	before?: WebhookConfig;
	after?: WebhookConfig;
	/** Where KPN sent before, whatever level that came from. */
	holder?: string;
	/** What KPN left out before and after, and what it would without a configuration of the application. */
	excluded: { before: string[]; after: string[]; above: string[] };
	/** What the user had n8n do at that moment. */
	during: string;
	taking: Taking[];
	/** The URLs of the triggers that were published. */
	published: string[];
}

/** What KPN sends in one body, until it is taken. */
export interface Delivery {
	/** Is in the payload, and so in the items of each execution. */
	mark: string;
	payload: Payload;
	url: string;
	/** To which trigger; none where the URL is somebody else's. */
	trigger?: number;
	isTest: boolean;
	/** The events of it that the trigger has been told to start for. */
	wanted: number;
	/** How many executions more than one may start it, where n8n was killed or has several processes. */
	more: number;
	attempts: Attempt[];
}

export interface Attempt {
	number: number;
	/** Of those made at once; null where nothing came. */
	statuses: Array<number | null>;
	/** Whether the workflow was published, n8n was up and nothing was going wrong in it. */
	up: boolean;
	/** Whether the key is KPN's active one, or one that the trigger has been able to see. */
	knowable: boolean;
	/** Whether each process had verified an event with this key. */
	known: boolean;
	/** Whether KPN could be asked for its keys, and nobody had made the trigger do so just before. */
	askable: boolean;
}

/** A request that KPN has not made, or would not make any more. */
export interface Forged {
	how: string;
	mark: string;
	status: number | null;
}

export interface TriggerRecord {
	initial?: WebhookConfig;
	changes: Change[];
	deliveries: Delivery[];
	forged: Forged[];
	/** By trigger. */
	executions: INodeExecutionData[][][];
	/** Changes that n8n made at KPN, as `POST /applications`. */
	calls: string[];
	/** URLs of the triggers, for production and test. */
	urls: string[];
	/** What KPN has in the end, and leaves out. */
	last?: WebhookConfig;
	lastExcluded: string[];
	/** Team and organization as they are, and as people have set them. */
	above: [unknown, unknown];
	/** The URLs that n8n had put at KPN, and was ended before it could store so. */
	unsaved: string[];
	/** How often n8n was started again. */
	restarts: number;
	/** What was broken at once: words for it. */
	broken: string[];
	/** All that n8n kept or wrote, to be searched for what is secret or personal. */
	kept: string;
	log: string;
	secrets: string[];
	/** How often triggers were published, or could not be. */
	counts: { published: number; refused: number };
}
