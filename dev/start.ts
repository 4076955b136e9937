/**
 * `npm start`: the real n8n with this package installed, beside a sandbox that plays KPN. Everything
 * stays on this machine, and ends with Ctrl-C.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startSandbox, type Suggestion } from '../sandbox';
import { cacheFolder, n8nVersion } from './n8n/cache';
import { installThisPackage } from './n8n/communityPackage';
import { installN8n } from './n8n/install';
import { HOST, portFor } from './n8n/ports';
import { N8nRest, OWNER } from './n8n/rest';
import { startN8n } from './n8n/run';
import { GRACE_MS } from './processGroup';
import { showProgress } from './progress';
import { prepareWorkspace, type Workspace } from './workspace';

const say = (words: string) => console.log(words);
const progress = showProgress();

async function main(signal: AbortSignal): Promise<void> {
	const stops: Array<() => Promise<void>> = [];
	try {
		const version = n8nVersion();
		const userFolder = join(cacheFolder(), `start-${version}`);
		const [port, sandboxPort] = await Promise.all([
			portFor('N8N_PORT', 5678),
			portFor('KPN_SANDBOX_PORT', 4040),
		]);
		const { step, howFar } = progress;
		const installation = await installN8n({ version, onStep: step, onProgress: howFar, signal });

		step('Building the package and installing it into n8n');
		await mkdir(userFolder, { recursive: true });
		await installThisPackage(userFolder, signal);

		step(`Starting n8n ${version}`);
		const sandbox = await startSandbox({ port: sandboxPort, host: HOST });
		stops.push(() => sandbox.close());
		const n8n = await startN8n({ installation, userFolder, port, signal });
		stops.push(async () => {
			await n8n.stop();
			if ((await n8n.ended).killed) say(CUT_OFF);
		});

		step('Putting the examples into n8n');
		const rest = new N8nRest(n8n.url, signal);
		await rest.logIn().catch((cause: unknown) => {
			signal.throwIfAborted();
			throw new Error(
				`${OWNER.email} can't log in; was the password changed? To begin anew, delete ${userFolder}`,
				{ cause },
			);
		});
		const workspace = await prepareWorkspace(rest, sandbox, userFolder, signal);
		sandbox.suggestions.push(...suggestions(n8n.url, workspace));
		progress.succeeded();

		for (const problem of workspace.problems) say(problem);
		say('');
		say(`Start here     ${sandbox.url}/  (the phones, empty at each start, and what to try)`);
		say(`n8n's editor   ${n8n.url}  (log in: ${OWNER.email}, password ${OWNER.password})`);
		say(`A form to try  ${workspace.form}`);

		await Promise.race([n8n.ended, aborted(signal)]);
		if (!signal.aborted) throw new Error(`n8n ended by itself. Its log: ${n8n.logFile}`);
	} finally {
		for (const stop of stops.reverse()) await stop();
	}
}

/** What the phone page suggests to try first. */
function suggestions(n8nUrl: string, { form, oneTimeCode, dataTables }: Workspace): Suggestion[] {
	return [
		{ words: 'Sign up with a made-up mobile number:', link: { words: 'the form', url: form } },
		{ words: 'Reply on the phone that appears here: it is answered. After STOP it is not.' },
		...(oneTimeCode
			? [{ words: 'Prove that a phone is yours:', link: { words: 'get a code', url: oneTimeCode } }]
			: []),
		{
			words: 'See what KPN reported on the SMS of the examples, in the data table sms-reports:',
			link: { words: 'data tables', url: dataTables },
		},
		{
			words: `Log in to n8n (${OWNER.email}, ${OWNER.password}) and execute Sheet → SMS, Alarm, or Ask the Manager by SMS:`,
			link: { words: 'the workflows', url: `${n8nUrl}/home/workflows` },
		},
	];
}

const aborted = async (signal: AbortSignal) =>
	await new Promise<void>((resolve) => {
		if (signal.aborted) resolve();
		signal.addEventListener('abort', () => resolve(), { once: true });
	});

const CUT_OFF = `n8n did not end within ${GRACE_MS / 1000} s. An execution that was cut off may be retried in n8n, and a retry sends all of it again, also what has left: see docs/delivery-guarantees.md.`;

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	// Not `once`: npm passes on a signal that the terminal has sent here already.
	process.on(name, () => {
		if (stopping.signal.aborted) return;
		progress.failed();
		say('Stopping, which takes up to 20 s …');
		stopping.abort();
	});
}
main(stopping.signal)
	.catch((error: unknown) => {
		progress.failed();
		if (stopping.signal.aborted) return;
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	})
	.finally(() => process.exit());
