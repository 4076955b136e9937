import { ASSUMPTION_IDS, ASSUMPTIONS, type AssumptionId } from './assumptions';
import type { Redactor } from './redact';

const VERDICTS = ['confirmed', 'contradicted', 'not seen'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Finding {
	id: AssumptionId;
	verdict: Verdict;
	/** What KPN did, in words that hold no secret, number or text. */
	seen: string;
}

/** What was found out about each assumption. A contradiction stays, whatever comes after it. */
export class Findings {
	private readonly found = new Map<AssumptionId, Finding>();

	constructor(
		private readonly redactor: Redactor,
		private readonly tell: (finding: Finding) => void,
	) {}

	/** @param seen what KPN did: it is redacted here */
	record(id: AssumptionId, holds: boolean, seen: string): void {
		const finding: Finding = {
			id,
			verdict: holds ? 'confirmed' : 'contradicted',
			seen: this.redactor.clean(seen),
		};
		if (this.found.get(id)?.verdict !== 'contradicted') this.found.set(id, finding);
		this.tell(finding);
	}

	/**
	 * Notes what KPN did where that neither confirms nor contradicts the assumption.
	 *
	 * @param seen what KPN did: it is redacted here
	 */
	leaveOpen(id: AssumptionId, seen: string): void {
		if (this.found.has(id)) return;
		this.found.set(id, { id, verdict: 'not seen', seen: this.redactor.clean(seen) });
	}

	/** Whether KPN has shown nothing at all. */
	areEmpty(): boolean {
		return this.found.size === 0;
	}

	count(verdict: Verdict): number {
		return this.all().filter((one) => one.verdict === verdict).length;
	}

	summary(): string {
		return VERDICTS.map((verdict) => `${this.count(verdict)} ${verdict}`).join(', ');
	}

	/** All assumptions, in their order. */
	all(): Finding[] {
		return ASSUMPTION_IDS.map(
			(id) => this.found.get(id) ?? { id, verdict: 'not seen' as const, seen: '' },
		);
	}

	/** For an issue: without secrets, numbers and texts. */
	report(about: Record<string, string>): string {
		return [
			'# What KPN answers, and what n8n-nodes-kpn-sms expects',
			'',
			...Object.entries(about).map(([name, value]) => `- ${name}: ${value}`),
			`- ${this.summary()}`,
			'',
			'| Assumption | Expected | Seen | Verdict |',
			'| --- | --- | --- | --- |',
			...this.all().map(
				({ id, verdict, seen }) =>
					`| ${id} | ${ASSUMPTIONS[id]} | ${seen || '–'} | ${verdict === 'contradicted' ? '**contradicted**' : verdict} |`,
			),
			'',
		].join('\n');
	}
}
