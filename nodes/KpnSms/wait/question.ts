import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { isRecord } from '../../shared/isRecord';
import { isHumanReview } from './outputs';
import type { FormField, Question, ResponseType } from './wait';

const RESPONSE_TYPES: ResponseType[] = ['approval', 'freeText', 'form', 'deliveryReport'];

/** In the output, n8n's nodes put the first beside the answers; the second can be no key of it. */
const RESERVED_NAMES = ['respondedAt', '__proto__'];

export interface QuestionParameters {
	responseType: ResponseType;
	/** The text of the SMS, without the link. */
	content: unknown;
	/** None for a delivery report. */
	question?: Question;
	problems: string[];
}

/** Reads what is asked from the parameters. A form that cannot be shown must not cost an SMS. */
export function readQuestion(context: IExecuteFunctions): QuestionParameters {
	const responseType = context.getNodeParameter('responseType', 0, 'approval') as ResponseType;
	if (!RESPONSE_TYPES.includes(responseType)) {
		throw new Error(`Wait For is none of ${RESPONSE_TYPES.join(', ')}.`);
	}
	const typed: unknown = context.getNodeParameter('message', 0, '');
	const { content, message } = isReviewDefault(context)
		? review(context)
		: { content: typed, message: typed };
	if (responseType === 'deliveryReport') return { responseType, content, problems: [] };
	const question: Question = {
		responseType,
		sender: String(context.getNodeParameter('sender', 0, '')).trim(),
		message: typeof message === 'string' ? message : String(message ?? ''),
	};
	const problems: string[] = [];
	if (responseType === 'approval') {
		const values = recordOf(context.getNodeParameter('approvalOptions.values', 0, {}));
		question.canDisapprove = values.approvalType === 'double';
		question.approveLabel = labelOf(values.approveLabel, 'Approve');
		question.disapproveLabel = labelOf(values.disapproveLabel, 'Decline');
	} else if (responseType === 'freeText') {
		question.fields = [{ name: 'text', label: '', type: 'textarea', required: true }];
	} else {
		question.fields = formFields(context.getNodeParameter('formFields.values', 0, []), problems);
	}
	return { responseType, content, question, problems };
}

/** A label with our default text counts as not set: the page shows it in the reader's language. */
function labelOf(value: unknown, defaultLabel: string): string | undefined {
	const label = typeof value === 'string' ? value.trim() : '';
	return label === '' || label === defaultLabel ? undefined : label;
}

function formFields(given: unknown, problems: string[]): FormField[] {
	const fields = (Array.isArray(given) ? given : [])
		.filter(isRecord)
		.map(({ fieldLabel, fieldType, requiredField, fieldOptions }): FormField => ({
			name: String(fieldLabel ?? '').trim(),
			label: String(fieldLabel ?? '').trim(),
			type: (fieldType ?? 'text') as FormField['type'],
			required: requiredField === true,
			...(fieldType === 'dropdown' && { choices: choicesOf(fieldOptions) }),
		}));
	if (fields.length === 0) problems.push('Form Fields is empty: add a field.');
	const names = fields.map(({ name }) => name);
	if (names.includes('')) problems.push('A field of the form has no label: give it one.');
	const reserved = names.find((name) => RESERVED_NAMES.includes(name));
	if (reserved !== undefined)
		problems.push(`A field of the form is called ${reserved}: n8n needs that name.`);
	const duplicate = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
	if (duplicate !== undefined)
		problems.push(`Two fields of the form are called ${duplicate}: rename one.`);
	const empty = fields.find(({ choices }) => choices?.length === 0);
	if (empty) problems.push(`The field ${empty.name} of the form has no choices: add some.`);
	return fields;
}

const choicesOf = (options: unknown): string[] => {
	const { values } = recordOf(options);
	return (Array.isArray(values) ? values : [])
		.map((one) => String(recordOf(one).option ?? '').trim())
		.filter((choice) => choice !== '');
};

const recordOf = (value: unknown): IDataObject => (isRecord(value) ? value : {});

/**
 * Whether it is the message with which n8n starts a human review. That puts all that the agent wants
 * to do into the text: too long, and too private, for an SMS, so that goes on the page alone.
 */
function isReviewDefault(context: IExecuteFunctions): boolean {
	if (!isHumanReview(context.getNode())) return false;
	const raw = context.getNodeParameter('message', 0, '', { rawExpressions: true });
	return DEFAULT_REVIEW.test(String(raw));
}

const DEFAULT_REVIEW =
	/^=The agent wants to run this tool: \{\{ *\$tool\.name *\}\}\s+Input:\s+\{\{ *\$tool\.parameters *\}\}\s*$/;

/** In place of n8n's message: what the SMS says, and what the page says besides. */
function review(context: IExecuteFunctions): { content: string; message: string } {
	const name = String(context.evaluateExpression('{{ $tool.name }}', 0) ?? '');
	// n8n itself would write “[object Object]” for them.
	const parameters: unknown = context.evaluateExpression('{{ $tool.parameters }}', 0);
	const lines = isRecord(parameters)
		? Object.entries(parameters).map(([key, value]) => `${key}: ${textOf(value)}`)
		: [textOf(parameters ?? '')];
	const introduction = `An AI agent asks for your approval: ${name}`;
	return {
		content: `${introduction.slice(0, MAX_REVIEW_CHARACTERS)}. What it wants to do, and your answer:`,
		message: `${introduction}\n\n${lines.join('\n')}`,
	};
}

/** Characters, so that the SMS stays within two parts with most links. */
const MAX_REVIEW_CHARACTERS = 90;

const textOf = (value: unknown): string =>
	typeof value === 'string' ? value : JSON.stringify(value);
