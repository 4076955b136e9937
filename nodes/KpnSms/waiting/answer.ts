import type { IDataObject } from 'n8n-workflow';

import { approvalLabel, labelOf, LONGEST_ANSWER } from './page';
import type { FormField, Question } from './wait';
import type { Words } from './words';

export type Answer =
	/** `data` as n8n's own nodes have it, and what the person is shown of it. */
	| { data: IDataObject; shown: Array<[string, string]> }
	| { problem: string; typed: Record<string, string> };

/** Reads a posted form. What cannot be one of its answers decides nothing. */
export function readAnswer(
	question: Question,
	body: Record<string, unknown>,
	words: Words,
): Answer {
	if (question.responseType === 'approval') {
		const { approved } = body;
		if (approved !== 'true' && !(approved === 'false' && question.canDisapprove)) {
			return { problem: words.nothing, typed: {} };
		}
		const label = approvalLabel(question, words, approved === 'true');
		return { data: { approved: approved === 'true' }, shown: [['', label]] };
	}
	const fields = question.fields ?? [];
	const typed: Record<string, string> = {};
	const missing: string[] = [];
	const invalid: string[] = [];
	const data: IDataObject = {};
	const shown: Array<[string, string]> = [];
	fields.forEach((field, index) => {
		const given = body[`f${index}`];
		const value = (typeof given === 'string' ? given : '').replace(/\r\n/g, '\n').trim();
		typed[field.name] = value;
		if (value === '') {
			if (field.required) missing.push(labelOf(field, words));
			data[field.name] = null;
			return;
		}
		if (!fits(field, value)) {
			invalid.push(labelOf(field, words));
			return;
		}
		data[field.name] = field.type === 'number' ? Number(value) : value;
		shown.push([fields.length > 1 ? labelOf(field, words) : '', value]);
	});
	if (missing.length > 0) return { problem: `${words.missing} ${missing.join(', ')}`, typed };
	if (invalid.length > 0) return { problem: `${words.invalid} ${invalid.join(', ')}`, typed };
	return { data, shown };
}

function fits({ type, choices = [] }: FormField, value: string): boolean {
	if (value.length > LONGEST_ANSWER) return false;
	switch (type) {
		case 'number':
			return Number.isFinite(Number(value));
		case 'email':
			return /^[^\s@]+@[^\s@]+$/.test(value);
		case 'date':
			return isDay(value);
		case 'dropdown':
			return choices.includes(value);
		default:
			return true;
	}
}

/** The 30th of February is none: read as a date, it comes out as another day. */
function isDay(value: string): boolean {
	const date = /^\d{4}-\d\d-\d\d$/.test(value) ? new Date(value) : new Date(NaN);
	return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}
