import type { IDataObject } from 'n8n-workflow';

import { approvalLabel, labelOf, MAX_ANSWER_CHARACTERS } from './page';
import type { FormField, Question } from './wait';
import type { PageTexts } from './pageTexts';

export type Answer =
	/** `data` as n8n's own nodes have it, and what the recipient is shown of it. */
	| { data: IDataObject; shown: Array<[string, string]> }
	| { problem: string; typed: Record<string, string> };

/** Reads a posted form. What cannot be one of its answers decides nothing. */
export function readAnswer(
	question: Question,
	body: Record<string, unknown>,
	texts: PageTexts,
): Answer {
	if (question.responseType === 'approval') {
		const { approved } = body;
		if (approved !== 'true' && !(approved === 'false' && question.canDisapprove)) {
			return { problem: texts.nothing, typed: {} };
		}
		const label = approvalLabel(question, texts, approved === 'true');
		return { data: { approved: approved === 'true' }, shown: [['', label]] };
	}
	const fields = question.fields ?? [];
	const typed: Record<string, string> = {};
	const missing: string[] = [];
	const invalid: string[] = [];
	const data: IDataObject = {};
	const shown: Array<[string, string]> = [];
	fields.forEach((field, index) => {
		const value = body[`f${index}`];
		const text = (typeof value === 'string' ? value : '').replace(/\r\n/g, '\n').trim();
		typed[field.name] = text;
		if (text === '') {
			if (field.required) missing.push(labelOf(field, texts));
			data[field.name] = null;
			return;
		}
		if (!isValid(field, text)) {
			invalid.push(labelOf(field, texts));
			return;
		}
		data[field.name] = field.type === 'number' ? Number(text) : text;
		shown.push([fields.length > 1 ? labelOf(field, texts) : '', text]);
	});
	if (missing.length > 0) return { problem: `${texts.missing} ${missing.join(', ')}`, typed };
	if (invalid.length > 0) return { problem: `${texts.invalid} ${invalid.join(', ')}`, typed };
	return { data, shown };
}

function isValid({ type, choices = [] }: FormField, value: string): boolean {
	if (value.length > MAX_ANSWER_CHARACTERS) return false;
	switch (type) {
		case 'number':
			return Number.isFinite(Number(value));
		case 'email':
			return /^[^\s@]+@[^\s@]+$/.test(value);
		case 'date':
			return isValidDate(value);
		case 'dropdown':
			return choices.includes(value);
		default:
			return true;
	}
}

/** JavaScript reads the 30th of February as another day: it is invalid. */
function isValidDate(value: string): boolean {
	const date = /^\d{4}-\d\d-\d\d$/.test(value) ? new Date(value) : new Date(NaN);
	return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}
