import { createHash } from 'node:crypto';

import type { FormField, Question } from './wait';
import type { PageTexts } from './pageTexts';

const STYLE = `
:root { color-scheme: light dark; --back: #f4f5f7; --card: #fff; --ink: #1c1e21; --soft: #5b6169; --line: #c3c8ce; --main: #087f5b; --on-main: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --back: #121416; --card: #1d2023; --ink: #eceef0; --soft: #a6adb5; --line: #4a5057; --main: #38d9a9; --on-main: #08261d; --bad: #ffb4ab; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--back); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 1.25rem; background: var(--card); border-radius: 1rem; }
h1 { margin: 0; font-size: 1rem; font-weight: 400; color: var(--soft); overflow-wrap: anywhere; }
h1 strong { display: block; font-size: 1.25rem; color: var(--ink); }
.message { margin: 1rem 0 1.5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
form > p { margin: 0 0 1rem; }
label { display: block; margin-bottom: .25rem; font-weight: 600; overflow-wrap: anywhere; }
label small, .once { font-weight: 400; color: var(--soft); font-size: .875rem; }
input, textarea, select { width: 100%; min-height: 3rem; padding: .625rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); color: inherit; font: inherit; }
textarea { min-height: 7rem; resize: vertical; }
button { display: block; width: 100%; min-height: 3.25rem; margin: .75rem 0 0; padding: .75rem 1rem; border: 1px solid var(--main); border-radius: .75rem; background: var(--main); color: var(--on-main); font: inherit; font-weight: 600; overflow-wrap: anywhere; cursor: pointer; }
button.second { background: transparent; border-color: var(--line); color: var(--ink); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.problem { padding: .75rem; border: 1px solid var(--bad); border-radius: .5rem; color: var(--bad); }
.once { margin: 1rem 0 0; }
dl { margin: .25rem 0 0; } dt { color: var(--soft); font-size: .875rem; } dd { margin: 0 0 .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

/**
 * No script, nothing from elsewhere. No `form-action`: on a page that is sandboxed, WebKit (each
 * browser of an iPhone) does not take the 'self' of the meta element for the page's own
 * origin, and the buttons do nothing.
 */
const POLICY = [
	"default-src 'none'",
	`style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
	"base-uri 'none'",
];

export const PAGE_HEADERS = {
	'content-type': 'text/html; charset=utf-8',
	'content-security-policy': [...POLICY, "frame-ancestors 'none'", 'sandbox allow-forms'].join(
		'; ',
	),
	'cache-control': 'no-store',
	'referrer-policy': 'no-referrer',
	'x-content-type-options': 'nosniff',
	'x-robots-tag': 'noindex',
};

/** The question, with what is to be corrected and what was typed already. */
export function questionPage(
	question: Question,
	texts: PageTexts,
	problem?: string,
	typed: Record<string, string> = {},
): string {
	const { sender, message, fields } = question;
	return page(
		texts,
		texts.title,
		`<h1>${escapeHtml(texts.from)} <strong dir="auto">${escapeHtml(sender)}</strong></h1>
<p class="message" dir="auto">${escapeHtml(message)}</p>
${problem === undefined ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`}
<form method="post">
${fields ? fields.map((field, index) => input(field, index, texts, typedValue(field, typed))).join('\n') : ''}
${buttons(question, texts)}
</form>
<p class="once">${escapeHtml(texts.once)}</p>`,
	);
}

/** What is shown once n8n has the answer, which is repeated for the recipient to check. */
export const thanksPage = (texts: PageTexts, answers: Array<[string, string]>): string =>
	page(
		texts,
		texts.thanks,
		`<h1><strong>${escapeHtml(texts.thanks)}</strong></h1>
<p>${escapeHtml(texts.recorded)}</p>
<p class="once">${escapeHtml(texts.answered)}</p>
<dl>${answers
			.map(
				([label, answer]) =>
					`${label && `<dt dir="auto">${escapeHtml(label)}</dt>`}<dd dir="auto">${escapeHtml(answer)}</dd>`,
			)
			.join('')}</dl>`,
	);

export const closedPage = (texts: PageTexts): string =>
	page(
		texts,
		texts.closed,
		`<h1><strong>${escapeHtml(texts.closed)}</strong></h1>
<p>${escapeHtml(texts.closedWhy)}</p>`,
	);

const page = ({ lang }: PageTexts, title: string, content: string): string =>
	`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;

/** Without an action, a form is posted to where it is, with the signed query as it came. */
function buttons(question: Question, texts: PageTexts): string {
	if (question.responseType !== 'approval') return `<button>${escapeHtml(texts.send)}</button>`;
	const approve = `<button name="approved" value="true">${escapeHtml(approvalLabel(question, texts, true))}</button>`;
	if (!question.canDisapprove) return approve;
	return `${approve}
<button class="second" name="approved" value="false">${escapeHtml(approvalLabel(question, texts, false))}</button>`;
}

export const approvalLabel = (question: Question, texts: PageTexts, approved: boolean): string =>
	approved ? question.approveLabel || texts.approve : question.disapproveLabel || texts.disapprove;

/** A field may be called `constructor`, which every object has. */
const typedValue = ({ name }: FormField, typed: Record<string, string>): string | undefined =>
	Object.hasOwn(typed, name) ? typed[name] : undefined;

/** Characters; more than is ever typed on a phone. */
export const MAX_ANSWER_CHARACTERS = 10_000;

function input(field: FormField, index: number, texts: PageTexts, typed = ''): string {
	const { type, required, choices = [] } = field;
	const attributes = `id="f${index}" name="f${index}"${required ? ' required' : ''}`;
	const label = `<label for="f${index}">${escapeHtml(labelOf(field, texts))}${required ? '' : ` <small>(${escapeHtml(texts.optional)})</small>`}</label>`;
	const maxLength = ` maxlength="${MAX_ANSWER_CHARACTERS}"`;
	if (type === 'textarea') {
		return `<p>${label}<textarea ${attributes}${maxLength} dir="auto">\n${escapeHtml(typed)}</textarea></p>`;
	}
	if (type === 'dropdown') {
		const options = choices.map(
			(choice) =>
				`<option value="${escapeHtml(choice)}"${choice === typed ? ' selected' : ''}>${escapeHtml(choice)}</option>`,
		);
		return `<p>${label}<select ${attributes}><option value="">${escapeHtml(texts.choose)}</option>${options.join('')}</select></p>`;
	}
	const step = type === 'number' ? ' step="any"' : '';
	return `<p>${label}<input type="${type}"${step} ${attributes}${maxLength} value="${escapeHtml(typed)}" dir="auto"></p>`;
}

export const labelOf = ({ label }: FormField, texts: PageTexts): string => label || texts.answer;

const ENTITIES: Record<string, string> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/** Escapes what was typed: it is text, never markup. */
const escapeHtml = (value: string): string =>
	value.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
