import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { cacheFolder, DEFAULT_N8N_VERSION } from '../../../dev/n8n/cache';
import { TARBALL } from '../../../dev/n8n/communityPackage';
import { installN8n } from '../../../dev/n8n/install';
import { freePort } from '../../../dev/n8n/ports';
import { N8nRest } from '../../../dev/n8n/rest';
import type { StoredWorkflow } from '../../../dev/n8n/workflows';
import type { AcceptedMessage, Fault, ReportPlan } from '../../../sandbox';
import { waitUntil } from '../waitUntil';

const START = resolve(__dirname, '../../../dev/start.ts');

/** `npm start` as a newcomer runs it, in an empty cache that has but n8n itself. */
export class FirstStart {
	private child?: ChildProcess;
	/** What it has printed. */
	readonly lines: string[] = [];
	n8n = '';
	phones = '';
	form = '';
	rest = new N8nRest('');

	private constructor(private readonly cache: string) {}

	static async prepare(): Promise<FirstStart> {
		await installN8n({ onStep: (words) => void process.stderr.write(`${words}\n`) });
		const cache = await mkdtemp(join(tmpdir(), 'kpn-sms-first-'));
		const name = `n8n-${DEFAULT_N8N_VERSION}`;
		const folder = join(cache, 'n8n-nodes-kpn-sms');
		await mkdir(folder);
		await symlink(join(cacheFolder(), name), join(folder, name));
		return new FirstStart(cache);
	}

	/** Runs it until it says that all is there. Each time n8n has another port. */
	async start(): Promise<void> {
		const [port, sandboxPort] = [await freePort(), await freePort()];
		const env = {
			...process.env,
			// It packs the package itself.
			[TARBALL]: undefined,
			XDG_CACHE_HOME: this.cache,
			N8N_VERSION: DEFAULT_N8N_VERSION,
			N8N_PORT: String(port),
			KPN_SANDBOX_PORT: String(sandboxPort),
		};
		this.lines.length = 0;
		const child = spawn(process.execPath, ['--import', 'tsx', START], {
			cwd: dirname(dirname(START)),
			env,
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		this.child = child;
		const output = createInterface({ input: child.stdout });
		await new Promise<void>((resolve) => {
			output.on('line', (line) => {
				this.lines.push(line);
				if (line.startsWith('A form to try')) resolve();
			});
			output.on('close', resolve);
		});
		const named = (start: string) =>
			/http\S+/.exec(this.lines.find((line) => line.startsWith(start)) ?? '')?.[0] ?? '';
		this.phones = named('Start here').replace(/\/$/, '');
		this.n8n = named("n8n's editor");
		this.form = named('A form to try');
		if (!this.form) throw new Error(`npm start ended:\n${this.lines.join('\n')}`);
		this.rest = new N8nRest(this.n8n);
		await this.rest.logIn();
	}

	/** Ctrl-C. */
	async end(): Promise<void> {
		const { child } = this;
		if (!child || child.exitCode !== null) return;
		child.kill('SIGINT');
		await once(child, 'exit');
	}

	async clear(): Promise<void> {
		await this.end();
		await rm(this.cache, { recursive: true, force: true });
	}

	async workflow(name: string): Promise<StoredWorkflow> {
		const all = await this.rest.get<Array<{ id: string; name: string }>>('/workflows');
		const found = all.find((one) => one.name === name);
		if (!found) throw new Error(`n8n has no workflow ${name}`);
		return await this.rest.get<StoredWorkflow>(`/workflows/${found.id}`);
	}

	/** Names of all workflows, and whether they are published. */
	async workflows(): Promise<Record<string, boolean>> {
		const all = await this.rest.get<Array<{ name: string; active: boolean }>>('/workflows');
		return Object.fromEntries(all.map(({ name, active }) => [name, active]));
	}

	async messages(): Promise<AcceptedMessage[]> {
		return (await (await fetch(`${this.phones}/sandbox/messages`)).json()) as AcceptedMessage[];
	}

	/** Waits for the next message beyond so many. */
	async messageAfter(count: number): Promise<AcceptedMessage> {
		await waitUntil(async () => (await this.messages()).length > count);
		const message = (await this.messages())[count];
		if (!message) throw new Error('The messages were cleared');
		return message;
	}

	async plan(plan: ReportPlan): Promise<void> {
		await this.tell('reports', plan);
	}

	async inject(fault: Fault): Promise<void> {
		await this.tell('faults', fault);
	}

	private async tell(what: string, body: object): Promise<void> {
		const answer = await fetch(`${this.phones}/sandbox/${what}`, {
			method: 'POST',
			body: JSON.stringify(body),
		});
		if (!answer.ok) throw new Error(await answer.text());
	}
}
