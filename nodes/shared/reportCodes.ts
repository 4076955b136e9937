/** The statuses and error codes of KPN's delivery reports, as its documentation lists them. */

export interface ReportStatus {
	name: string;
	/** Whether KPN will report nothing more on this message. */
	final: boolean;
}

export const STATUSES: Record<number, ReportStatus> = {
	1: { name: 'delivered', final: true },
	2: { name: 'queued', final: false },
	3: { name: 'accepted', final: false },
	4: { name: 'failed', final: true },
	5: { name: 'rejected', final: true },
	6: { name: 'expired', final: true },
};

const NEVER = 'this recipient cannot be reached, so do not try again';
const LATER = 'worth trying later';

/** What each code means, and where KPN says so, whether another try helps. */
export const ERROR_CODES: Record<string, string> = {
	'001': 'Unknown error',
	'002': 'Number unknown or invalid',
	'003': `Recipient barred: ${NEVER}`,
	'004': `Recipient opted out: ${NEVER}`,
	'005': 'Device or network cannot receive SMS',
	'006': `Handset busy or unavailable: ${LATER}`,
	'007': `Out of coverage: ${LATER}`,
	'008': `Deregistered for good: ${NEVER}`,
	'009': `Temporary trouble with handset, SIM or storage: ${LATER}`,
	'010': `Permanent trouble with the handset: ${NEVER}`,
	'011': `Network failure: ${LATER}`,
	'012': 'Number portability',
	'013': 'No internal route',
	'014': 'No route',
	'015': 'Routing error',
	'016': 'Malformed submission',
	'017': 'Invalid parameter or encoding',
	'018': 'Blocked as spam',
	'019': 'Content not permitted: another text may arrive',
	'020': 'No credit or quota',
	'021': 'Age or parental block',
	'022': `On a do-not-disturb list, or opted out: ${NEVER}`,
	'023': 'Spend or rate limit',
	'024': 'Validity expired',
	'025': 'Failure at a third party',
	'026': 'DLT registration: entity missing or invalid',
	'027': 'DLT registration: header missing or invalid',
	'028': 'DLT registration: content missing or invalid',
	'029': 'Consent missing: get it before you send again',
	'030': 'Other regulatory error',
};
