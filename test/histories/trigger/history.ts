import type { WebhookConfig } from '../../../sandbox';
import type { KilledAt } from './process';

/** KPN's levels, as the sandbox names them. */
export type LevelName = 'application' | 'team' | 'organization';

/** Which of the two workflows; in `second` is said what the second one is. */
export type Which = 0 | 1;

/** What goes wrong while n8n publishes or unpublishes. */
export type Trouble =
	| ({ kind: 'killed' } & KilledAt)
	| {
			kind: 'answer';
			skip: number;
			times: number;
			answer: 500 | 403 | 429 | 'reset' | 'taken, then reset' | 'hang';
	  };

/** What KPN tells in one body. */
export type Payload =
	| 'report'
	| 'report by message id'
	| 'next report'
	| 'report without identity'
	| 'inbound'
	| 'inbound without identity'
	| 'two reports'
	| 'both kinds';

export type Forgery =
	| 'guessed secret'
	| 'guessed secret and key id'
	| 'unsigned'
	| 'old'
	| 'replayed'
	| 'revoked key'
	| 'staged key'
	| 'another body';

export type ByHand =
	| { level: LevelName; config: WebhookConfig | undefined }
	/** Only the fields that are left out, whatever the URL is. */
	| { excluded: string[] };

export type Step =
	| { do: 'publish' | 'unpublish' | 'listen'; which: Which; trouble?: Trouble }
	| { do: 'edit'; which: Which; takeOver?: boolean; trouble?: Trouble }
	| { do: 'stop listening'; which: Which; trouble?: Trouble }
	| { do: 'publish both' }
	/** Whatever was waiting in n8n, and all that it remembered, is gone. */
	| { do: 'restart'; downFor: number }
	| {
			do: 'event';
			payload: Payload;
			/** How often the same attempt is made at once. */
			atOnce: 1 | 2 | 3;
			/** What becomes of the first attempt. */
			first?: 'n8n cannot start it' | 'killed before it is stored' | 'killed once it is stored';
			/** Signed with the key before the newest one, while KPN may. */
			retiring: boolean;
			/** Whether each attempt has a timestamp of its own. */
			restamped: boolean;
			/** KPN's attempt comes once more, so many seconds after it was taken. */
			again?: number;
	  }
	| { do: 'forge'; how: Forgery; times: number }
	| { do: 'rotate'; level: LevelName; staged: boolean }
	| { do: 'retire'; deleted: boolean }
	| { do: 'by hand'; set: ByHand }
	| { do: 'kpn'; is: 'up' | 'down' | 'hanging' | 'failing' | 'forbidding' }
	| { do: 'wait'; seconds: number };

/** Everything that is drawn by chance. It says nothing of what has to come of it. */
export interface TriggerHistory {
	/** A start of n8n 1.x asks each published trigger, one of 2.x none. */
	n8n: '1.x' | '2.x';
	/** Another workflow, another trigger in the first one, or the first one imported by another n8n. */
	second: 'workflow' | 'trigger' | 'n8n';
	/** Whether the static data of the first one come along to the second when it is made. */
	copied: boolean;
	/** That take the events of the first n8n, in turn. */
	processes: 1 | 2;
	configs: Partial<Record<LevelName, WebhookConfig>>;
	keys: LevelName[];
	/** Whether KPN shows at a level what comes from above. */
	showsInherited: boolean;
	triggers: Array<{
		takeOver: boolean;
		events: Array<'deliveryReport' | 'inboundSms'>;
	}>;
	steps: Step[];
}
