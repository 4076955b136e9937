import type { SmsApi } from '../../nodes/shared/kpnApi';
import type { Findings } from './findings';
import type { CheckClient } from './kpn';
import type { Prompt } from './prompt';
import type { Redactor } from './redact';

/** What the steps of the check share. */
export interface Run {
	kpn: CheckClient;
	findings: Findings;
	redactor: Redactor;
	prompt: Prompt;
	say: (words: string) => void;
	/** The SMS products that the project turned out to have. */
	products: SmsApi[];
	/** Set while an SMS is on its way to KPN. */
	isSending?: boolean;
	/** A number of the user's own; undefined if nothing may be sent. */
	ownNumber?: string;
}
