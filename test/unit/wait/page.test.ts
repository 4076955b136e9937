import fc from 'fast-check';

import { resumeUrlsProblem } from '../../../nodes/KpnSms/wait/resumeUrls';
import { readAnswer } from '../../../nodes/KpnSms/wait/answer';
import { PAGE_HEADERS, questionPage, thanksPage } from '../../../nodes/KpnSms/wait/page';
import { readTimeLimit } from '../../../nodes/KpnSms/wait/timeLimit';
import { textsFor } from '../../../nodes/KpnSms/wait/pageTexts';

const words = textsFor('en');
const NOW = Date.parse('2030-01-01T00:00:00Z');
/** In the place of n8n, in a workflow whose time zone is Tokyo's. */
const inTokyo = (isoDate: string) =>
	Date.parse(isoDate.endsWith('Z') ? isoDate : `${isoDate}+09:00`);

test('whatever is asked and typed is text, never markup', () => {
	const nasty = fc.string({ unit: fc.constantFrom(...'<>"\'&/ab =') });
	fc.assert(
		fc.property(nasty, nasty, nasty, (sender, message, typed) => {
			const question = {
				responseType: 'form' as const,
				sender,
				message,
				fields: [
					{
						name: 'f',
						label: message,
						type: 'dropdown' as const,
						required: true,
						choices: [typed],
					},
					{ name: 'g', label: typed, type: 'textarea' as const, required: false },
					{ name: 'h', label: typed, type: 'text' as const, required: false },
				],
			};
			const tags = (page: string) =>
				page.match(/<[^>]*>/g)?.map((tag) => /^<\/?\w*/.exec(tag)?.[0]);
			const plain = { ...question, sender: 'x', message: 'x' };
			plain.fields = question.fields.map((field) => ({ ...field, label: 'x' }));
			const given = { f: typed, g: typed, h: typed };
			expect(tags(questionPage(question, words, message, given))).toEqual(
				tags(questionPage(plain, words, 'x', {})),
			);
			expect(tags(thanksPage(words, [[sender || 'x', typed]]))).toEqual(
				tags(thanksPage(words, [['x', 'x']])),
			);
		}),
	);
});

test('the page has no script and loads nothing', () => {
	const page = questionPage({ responseType: 'approval', sender: 'A', message: 'B' }, words);
	expect(page).not.toMatch(/<script|src=|href=|url\(|@import|action=/i);
	const policy = PAGE_HEADERS['content-security-policy'];
	expect(policy).toMatch(/default-src 'none'/);
	expect(policy).not.toMatch(/script-src|unsafe/);
});

test.each(['constructor', 'toString', 'hasOwnProperty'])(
	'a field called %s is shown empty, and answered',
	(name) => {
		const field = { name, label: name, type: 'text' as const, required: true };
		const form = { responseType: 'form' as const, sender: 'A', message: 'B', fields: [field] };
		expect(questionPage(form, words)).toContain(`name="f0" required maxlength="10000" value=""`);
		expect(readAnswer(form, { f0: 'x' }, words)).toMatchObject({ data: { [name]: 'x' } });
	},
);

test('no policy says where a form may go: WebKit would send it nowhere', () => {
	const page = questionPage({ responseType: 'approval', sender: 'A', message: 'B' }, words);
	expect(page).not.toContain('form-action');
	expect(PAGE_HEADERS['content-security-policy']).not.toContain('form-action');
});

test.each([
	[undefined, 'en'],
	['nl-NL,nl;q=0.9,en;q=0.8', 'nl'],
	['en-GB,en;q=0.9,nl;q=0.8', 'en'],
	['de-DE,nl;q=0.5,en;q=0.3', 'nl'],
	['fr', 'en'],
	['nld', 'en'],
])('Accept-Language %s is answered in %s', (header, lang) => {
	expect(textsFor(header).lang).toBe(lang);
});

test('only what a button can post decides', () => {
	const single = { responseType: 'approval' as const, sender: 'A', message: 'B' };
	const double = { ...single, canDisapprove: true };
	expect(readAnswer(single, { approved: 'true' }, words)).toMatchObject({
		data: { approved: true },
	});
	expect(readAnswer(double, { approved: 'false' }, words)).toMatchObject({
		data: { approved: false },
	});
	for (const approved of [undefined, '', 'yes', true, ['true'], 'TRUE']) {
		expect(readAnswer(double, { approved }, words)).toHaveProperty('problem');
	}
	expect(readAnswer(single, { approved: 'false' }, words)).toHaveProperty('problem');
});

test.each([
	[undefined, 'for ever'],
	[{ values: { resumeAmount: 2, resumeUnit: 'hours' } }, '2030-01-01T02:00:00.000Z'],
	[
		{ values: { limitType: 'atSpecifiedTime', maxDateAndTime: '2030-01-02T00:00:00Z' } },
		'2030-01-02T00:00:00.000Z',
	],
	[
		{ values: { limitType: 'atSpecifiedTime', maxDateAndTime: '2030-01-02T10:00:00' } },
		'2030-01-02T01:00:00.000Z',
	],
	[{ values: { limitType: 'atSpecifiedTime', maxDateAndTime: '01-02-2030' } }, 'problem'],
	[{ values: {} }, '2030-01-01T01:00:00.000Z'],
	[{ values: { resumeAmount: null, resumeUnit: 'hours' } }, 'problem'],
	[{ values: { resumeAmount: undefined, resumeUnit: 'hours' } }, 'problem'],
	[{ values: { resumeAmount: 0, resumeUnit: 'hours' } }, 'problem'],
	[{ values: { resumeAmount: 'x', resumeUnit: 'hours' } }, 'problem'],
	[{ values: { resumeAmount: 1, resumeUnit: 'weeks' } }, 'problem'],
	[{ values: { limitType: 'atSpecifiedTime', maxDateAndTime: '' } }, 'problem'],
	[{ values: { limitType: 'atSpecifiedTime', maxDateAndTime: 'soon' } }, 'problem'],
	[{ values: { limitType: 'atSpecifiedTime', maxDateAndTime: '2029-12-31' } }, 'problem'],
])('Limit Wait Time %j: %s', (option, expected) => {
	const read = readTimeLimit(option, NOW, inTokyo);
	if (expected === 'problem') expect(read).toHaveProperty('problem');
	else if (expected === 'for ever') expect(read).toEqual(new Date('3000-01-01T00:00:00Z'));
	else expect(read).toEqual(new Date(expected));
});

test.each([
	['http://localhost:5678', true, false, /nobody but this machine/],
	['http://localhost:5678', false, true, undefined],
	['http://n8n.example.com', true, true, /to https addresses/],
	['http://n8n.example.com', true, false, undefined],
	['https://n8n.example.com', true, true, undefined],
])('the address %s (production: %s, report alone: %s)', (base, production, report, expected) => {
	const addresses = {
		link: `${base}/webhook-waiting/1/x?a=b`,
		report: `${base}/webhook-waiting/1/x?r=b`,
	};
	const problem = resumeUrlsProblem(addresses, report, production);
	if (expected) expect(problem).toMatch(expected);
	else expect(problem).toBeUndefined();
});

test.each([
	['2030-02-28', true],
	['2028-02-29', true],
	['2030-02-30', false],
	['2030-13-01', false],
	['28-02-2030', false],
])('of dates, %s is one: %s', (value, isDate) => {
	const field = { name: 'day', label: 'Day', type: 'date' as const, required: true };
	const form = { responseType: 'form' as const, sender: 'A', message: 'B', fields: [field] };
	const answer = readAnswer(form, { f0: value }, words);
	if (isDate) expect(answer).toMatchObject({ data: { day: value } });
	else expect(answer).toHaveProperty('problem', 'Please correct: Day');
});
