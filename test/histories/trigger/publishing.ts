import type { TriggerHost } from '../../support/engine/triggerHost';
import type { TriggerHistory, Trouble } from './history';
import type { HistoryKpn } from './kpn';
import type { HistoryN8n } from './n8n';
import type { Taking } from './record';
import type { HistoryTime } from './time';

/** Longer than the trigger waits until it gives back. */
const SOON_MS = 16_000;

/** How n8n publishes and unpublishes triggers, listens for test events, and starts again. */
export class Publishing {
	/** What was wrong at once. */
	readonly broken: string[] = [];

	/** What n8n has told people: it is written to its log, too. */
	readonly kept: string[] = [];

	readonly counts = { published: 0, refused: 0 };

	/** How often n8n was started again. */
	restarts = 0;

	/** Whether something went wrong that the log asks people to mend. */
	isLeft = false;

	/** The URLs that n8n had put at KPN, and was ended before it could store so. */
	readonly unsaved = new Set<string>();

	/** Epoch milliseconds. */
	private unpublishedAt = -Infinity;

	private readonly listening = new Map<TriggerHost, () => Promise<boolean>>();

	constructor(
		private readonly history: TriggerHistory,
		private readonly kpn: HistoryKpn,
		private readonly n8ns: HistoryN8n[],
		private readonly time: HistoryTime,
	) {}

	async publish(triggers: TriggerHost[], trouble?: Trouble): Promise<void> {
		await this.act('publish', triggers, trouble, async () => await this.register(triggers));
	}

	/** Publishes a change of them. */
	async edit(triggers: TriggerHost[], change: () => void, trouble?: Trouble): Promise<void> {
		await this.act('edit', triggers, trouble, async () => {
			const { length } = this.kpn.changes;
			const held = triggers.some(({ url }) => url === this.kpn.url);
			await this.end(triggers);
			change();
			await this.register(triggers);
			const urls = this.kpn.changes.slice(length).map(({ after }) => after?.webhook_url);
			const published = triggers.every((one) => one.published);
			if (held && published && urls.some((url) => url !== this.kpn.url)) {
				this.broken.push('while it was edited, KPN did not send to it');
			}
		});
	}

	async unpublish(triggers: TriggerHost[], trouble?: Trouble): Promise<void> {
		await this.act('unpublish', triggers, trouble, async () => await this.end(triggers));
	}

	async listen(trigger: TriggerHost, trouble?: Trouble): Promise<void> {
		if (this.listening.has(trigger)) return;
		await this.act('listen', [trigger], trouble, async () => {
			this.kpn.taking = [takingOf(trigger, true)];
			await this.tried(trigger.listenForTest().then((end) => this.listening.set(trigger, end)));
		});
	}

	async stopListening(trigger: TriggerHost, trouble?: Trouble): Promise<void> {
		const end = this.listening.get(trigger);
		if (!end) return;
		this.listening.delete(trigger);
		const ending = async () => void (await this.tried(end()));
		await this.act('stop listening', [trigger], trouble, ending);
	}

	/** n8n ends, whatever goes on in it, and starts again. */
	async restart(n8n: HistoryN8n, downFor: number): Promise<void> {
		// Nobody gives back any more what was about to be given back, and a test is never ended.
		const isLeaving = this.time.now - this.unpublishedAt < SOON_MS;
		if (isLeaving || n8n.triggers.some((one) => this.listening.has(one))) this.isLeft = true;
		this.restarts++;
		n8n.kill();
		await this.time.passTo(this.time.now + downFor * 1000);
		n8n.start();
		for (const trigger of n8n.triggers) this.listening.delete(trigger);
		if (this.history.n8n === '2.x') return;
		const published = n8n.triggers.filter((one) => one.published);
		this.kpn.during = 'start';
		this.kpn.taking = published.map((trigger) => takingOf(trigger, false));
		for (const trigger of published) await this.time.waited(this.tried(trigger.restart1x()));
		this.kpn.during = '';
		this.kpn.taking = [];
	}

	/** Has n8n do something, which may be killed meanwhile: then it starts again. */
	private async act(
		during: string,
		triggers: TriggerHost[],
		trouble: Trouble | undefined,
		task: () => Promise<void>,
	): Promise<void> {
		const n8ns = this.n8ns.filter((one) => one.triggers.some((host) => triggers.includes(host)));
		const before = triggers.map(({ published }) => published);
		const { length } = this.kpn.changes;
		this.kpn.during = during;
		if (trouble?.kind === 'killed') n8ns[0]?.main.killAt(trouble);
		if (trouble?.kind === 'answer') this.kpn.inject(trouble.skip, trouble.times, trouble.answer);
		if (trouble || this.kpn.is !== 'up') this.isLeft = true;
		const killed = n8ns.map(async ({ main }) => await main.killed);
		await this.time.waited(Promise.race([task(), ...killed]));
		for (const n8n of n8ns) n8n.main.killAt(undefined);
		if (trouble?.kind === 'answer') await this.kpn.be(this.kpn.is);
		for (const n8n of n8ns.filter(({ main }) => !main.alive)) {
			for (const { after } of this.kpn.changes.slice(length)) {
				const put = triggers.find(({ url }) => url === after?.webhook_url);
				if (put) this.unsaved.add(put.url);
			}
			// What was to be unpublished still is published, and n8n 1.x goes on publishing.
			for (const [index, trigger] of triggers.entries()) {
				trigger.published = before[index] === true || this.history.n8n === '1.x';
			}
			await this.restart(n8n, 0);
		}
		this.kpn.during = '';
		this.kpn.taking = [];
	}

	/** Workflows at the same time; the triggers of one as well in n8n 2.x, in 1.x in turn, and all or none. */
	private async register(triggers: TriggerHost[]): Promise<void> {
		this.kpn.taking = triggers.map((trigger) => takingOf(trigger, false));
		const inTurn = this.history.n8n === '1.x' && this.history.second === 'trigger';
		const groups = inTurn ? [triggers] : triggers.map((trigger) => [trigger]);
		await Promise.all(groups.map(async (group) => await this.registerInTurn(group)));
	}

	private async registerInTurn(triggers: TriggerHost[]): Promise<void> {
		const saved = triggers.map(({ staticData }) => staticData);
		const done: TriggerHost[] = [];
		for (const trigger of triggers) {
			if (!(await this.tried(trigger.publish()))) break;
			done.push(trigger);
		}
		if (done.length < triggers.length) {
			this.counts.refused++;
			// n8n 1.x stores nothing of a workflow that it could not publish as a whole.
			for (const [index, one] of done.entries()) one.staticData = saved[index] ?? '{}';
			await this.end(done);
			return;
		}
		this.counts.published += done.length;
		const [only, other] = this.n8ns;
		if (only?.processes.length === 1 && !other) this.kpn.hasToldRetired = true;
		if (!done.some(({ url }) => this.kpn.url === url)) {
			this.broken.push('published, and KPN sends elsewhere');
		}
	}

	private async end(triggers: TriggerHost[]): Promise<void> {
		this.unpublishedAt = this.time.now;
		for (const trigger of triggers) await this.tried(trigger.unpublish());
	}

	/** Whether it was done; what n8n says otherwise is kept. */
	private async tried(task: Promise<unknown>): Promise<boolean> {
		try {
			await task;
			return true;
		} catch (error) {
			this.kept.push(`${(error as Error).stack} ${JSON.stringify(error)}`);
			return false;
		}
	}
}

export function takesOver({ node }: TriggerHost): boolean {
	const { takeOver } = (node.parameters.additionalOptions ?? {}) as { takeOver?: boolean };
	return takeOver === true;
}

function takingOf(trigger: TriggerHost, isTest: boolean): Taking {
	const url = isTest ? trigger.testUrl : trigger.url;
	return { url, takeOver: takesOver(trigger), isTest };
}
