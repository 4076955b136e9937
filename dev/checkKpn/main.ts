/**
 * `npm run check:kpn`, which takes an account at KPN. Shows side by side what this package
 * expects and what KPN answers, and writes a report without secrets, numbers and texts. Asks before
 * each step that costs or changes anything.
 */
import { readAccount } from './account';
import { ASSUMPTIONS } from './assumptions';
import { Findings } from './findings';
import { CheckClient } from './kpn';
import { askOwnNumber } from './ownNumber';
import { Prompt } from './prompt';
import { Redactor } from './redact';
import { checkBadMessages, checkBadToken, checkProducts } from './refusals';
import { LOCAL, writeReport } from './reportFile';
import { judgeRepeat, judgeReports, Listener } from './reports';
import type { Run } from './run';
import { sendBesideBad, sendOne, sendTwo } from './sending';
import { checkSettings, revealKeys } from './settings';
import { checkToken, checkWrongSecret } from './token';

const REPORT_WITHIN_MS = 120_000;
const REPEAT_WITHIN_MS = 90_000;
/** What a shell expects of a program that Ctrl-C has ended. */
const EXIT_SIGINT = 130;

const say = (words: string) => process.stdout.write(`${words}\n`);

async function main(): Promise<void> {
	const redactor = new Redactor();
	const findings = new Findings(redactor, ({ id, verdict, seen }) => {
		say(`${verdict === 'confirmed' ? '  ok' : '  NO'}  ${ASSUMPTIONS[id]}\n        KPN: ${seen}`);
	});
	const prompt = new Prompt(process.stdin, process.stdout);
	let baseUrl = '';
	let run: Run | undefined;
	process.once('SIGINT', () => {
		say('\nBroken off by Ctrl-C.');
		if (run?.isSending) say('An SMS was on its way to KPN: it may arrive, and be billed.');
		say(writeReport(findings, baseUrl, 'by Ctrl-C'));
		process.exit(EXIT_SIGINT);
	});
	try {
		const account = await readAccount(process.argv.slice(2), process.env, prompt);
		baseUrl = account.baseUrl;
		redactor.hide(account.clientId, account.clientSecret);
		const kpn = new CheckClient(account);
		let brokenOff: string | undefined;
		try {
			run = { kpn, findings, redactor, prompt, say, products: [] };
			await check(run);
		} catch (error) {
			// What was found until then is still reported.
			const { cause, message } = error as Error;
			brokenOff = redactor.clean(cause instanceof Error ? cause.message : message);
			say(`\nThe check ended early: ${brokenOff}`);
			process.exitCode = 1;
		}
		say(`\n${writeReport(findings, baseUrl, brokenOff)}`);
	} finally {
		prompt.close();
	}
}

async function check(run: Run): Promise<void> {
	const { prompt, redactor } = run;
	say(`This asks ${run.kpn.account.baseUrl}. Whatever costs or changes anything is asked first.\n`);
	say('A token, and what it is good for (free)');
	if (!(await checkToken(run))) {
		say('\nWithout a token there is no more to see.');
		process.exitCode = 1;
		return;
	}
	await checkProducts(run);
	await checkBadToken(run);
	if (run.products.length === 0) {
		say(
			'\nWithout an SMS product there is no more to see: add one to the project, and start again.',
		);
		process.exitCode = 1;
		return;
	}
	if (await prompt.yes('\nAsk once with a wrong secret? Free, but KPN may count it.')) {
		await checkWrongSecret(run);
	}

	say('\nWebhook settings (free, and only read)');
	await checkSettings(run);
	const reveal =
		'Have KPN show the secret of its signing key, to verify a report with? It is not kept.';
	const secrets = (await prompt.yes(reveal)) ? await revealKeys(run) : [];

	say('\nMessages');
	const number = await askOwnNumber(run);
	if (number) {
		run.ownNumber = number;
		redactor.hideNumber(number);
	}
	const refused = number ? 'a bad number, and an empty text to yours' : 'a bad number';
	if (await prompt.yes(`Have KPN refuse ${refused}? Free, if KPN refuses.`))
		await checkBadMessages(run);
	if (number) await checkMessages(run, secrets);
}

async function checkMessages(run: Run, secrets: string[]): Promise<void> {
	const { prompt, products } = run;
	const current = products.includes('current');
	const api = current ? 'current' : 'v1';
	const listener = current ? await listen(run) : undefined;
	try {
		if (!(await prompt.yes('Send one SMS to your number? It costs 1 SMS.'))) return;
		const extra = current
			? { expirein: '3600', ...(listener && { webhook_url: listener.publicUrl }) }
			: {};
		if (
			listener &&
			(await prompt.yes('Refuse its report once, to see it come again? It takes a minute.'))
		) {
			listener.refusing = 1;
		}
		const retried = listener !== undefined && listener.refusing > 0;
		const sent = await sendOne(run, api, extra);
		if (sent && listener)
			await waitForReports(run, listener, { documentId: sent.documentId, secrets, retried });
		if (!sent) return;
		if (
			current &&
			(await prompt.yes('Send two SMS in one call, to see what the quota counts? It costs 2 SMS.'))
		) {
			await sendTwo(run, sent);
		}
		if (
			current &&
			(await prompt.yes(
				'Send one beside a bad one, which KPN should refuse? It costs 1 SMS if it does not.',
			))
		) {
			await sendBesideBad(run, api);
		}
	} finally {
		await listener?.close();
	}
}

type PublicListener = Listener & { publicUrl: string };

async function listen({ kpn, prompt, redactor }: Run): Promise<PublicListener | undefined> {
	const listener = await Listener.open(Number(process.env.KPN_CHECK_PORT || 0));
	const local = LOCAL.test(kpn.account.baseUrl);
	const publicUrl = local
		? listener.url
		: await prompt.text(
				`An https address from which the internet gets to ${listener.url}, such as that of a tunnel (empty: no report):`,
			);
	if (!publicUrl) {
		await listener.close();
		return undefined;
	}
	redactor.hide(publicUrl);
	return Object.assign(listener, { publicUrl });
}

async function waitForReports(
	run: Run,
	listener: Listener,
	{ documentId, secrets, retried }: { documentId: string; secrets: string[]; retried: boolean },
): Promise<void> {
	say('Waiting for the report, two minutes at most …');
	if (!(await listener.until(1, REPORT_WITHIN_MS))) {
		run.findings.record('report-arrives', false, 'none within two minutes');
		return;
	}
	if (retried) {
		await listener.until(2, REPEAT_WITHIN_MS);
		judgeRepeat(run, listener.received);
	}
	await listener.untilFinal(REPORT_WITHIN_MS);
	const reports = listener.received.slice(retried && listener.received.length > 1 ? 1 : 0);
	judgeReports(run, reports, documentId, secrets);
}

main().catch((error: Error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
