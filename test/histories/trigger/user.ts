import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import type { TriggerHost } from '../../support/engine/triggerHost';
import type { Clock } from './clock';
import type { EventStep, HistoryDeliveries } from './deliveries';
import type { Step, TriggerHistory, Trouble, Which } from './history';
import type { HistoryKpn } from './kpn';
import type { HistoryN8n } from './n8n';
import type { Counts, Taking } from './record';

/** Longer than n8n and the trigger wait for an answer of KPN's. */
const TOO_LONG_MS = 8001;

/** Longer than the trigger waits until it gives back. */
const SOON_MS = 16_000;

const UNSAVED = 'n8n 1.x was killed right after it could not publish a workflow as a whole';

/** What n8n does for its user, for KPN's calls, and for itself as it starts. */
export class HistoryUser {
	/** What was wrong at once. */
	readonly broken: string[] = [];

	/** What n8n has told people: it is written to its log, too. */
	readonly kept: string[] = [];

	readonly counts: Counts = {
		published: 0,
		refused: 0,
		takenOver: 0,
		givenBack: 0,
		executions: 0,
		forged: 0,
		killed: 0,
		excused: 0,
	};

	/** Why KPN's settings may be others in the end than they should be. */
	readonly excuses = new Set<string>();

	/** Whether something went wrong that the log asks people to mend. */
	private isLeft = false;

	/** Epoch milliseconds. */
	private unpublishedAt = -Infinity;

	/** When n8n last published a part of a workflow, and kept nothing of that. */
	private unsavedAt = -Infinity;

	private hasCopied = false;

	private readonly listening = new Map<TriggerHost, () => Promise<boolean>>();

	constructor(
		private readonly history: TriggerHistory,
		private readonly kpn: HistoryKpn,
		private readonly n8ns: HistoryN8n[],
		private readonly triggers: TriggerHost[],
		private readonly clock: Clock,
		private readonly deliveries: HistoryDeliveries,
	) {
		kpn.published = () => triggers.filter((one) => one.published).map(({ url }) => url);
	}

	async does(step: Step): Promise<void> {
		await this.do(step);
		await this.settle();
		await this.attempts();
	}

	/** Whoever has published unpublishes, and does what the log asks for where something went wrong. */
	async endsAll(settledMs: number): Promise<void> {
		await this.kpn.be('up');
		for (const again of [false, true]) {
			const log = this.triggers.flatMap((trigger) => trigger.log).join();
			if (again && !this.isLeft && !log.includes('may still send')) break;
			for (const which of [0, 1] as const) {
				if (again) await this.does({ do: 'publish', which });
				await this.does({ do: 'stop listening', which });
				await this.does({ do: 'unpublish', which });
				await this.passTo(this.clock.now() + settledMs);
			}
		}
	}

	private async do(step: Step): Promise<void> {
		switch (step.do) {
			case 'publish':
				return await this.publish([step.which], step.trouble);
			case 'publish both':
				return await this.publish([0, 1]);
			case 'edit':
				return await this.edit(step.which, step.takeOver, step.trouble);
			case 'unpublish':
				return await this.unpublish(step.which, step.trouble);
			case 'listen':
				return await this.listen(step.which, step.trouble);
			case 'stop listening':
				return await this.stopListening(step.which, step.trouble);
			case 'restart':
				for (const n8n of this.n8ns) await this.restart(n8n, step.downFor);
				return;
			case 'event':
				return this.deliveries.begin(step);
			case 'forge':
				return await this.forge(step);
			case 'rotate':
				return this.kpn.rotate(step.level, step.staged);
			case 'retire':
				return this.kpn.retire(step.deleted);
			case 'by hand':
				return this.kpn.set(step.set);
			case 'kpn':
				return await this.kpn.be(step.is);
			case 'wait':
				return await this.passTo(this.clock.now() + step.seconds * 1000);
		}
	}

	private async publish(chosen: Which[], trouble?: Trouble): Promise<void> {
		const triggers = this.together(chosen).filter(({ published }) => !published);
		if (triggers.length === 0) return;
		const [one, two] = this.triggers;
		if (this.history.copied && !this.hasCopied && one && two && chosen.includes(1)) {
			two.staticData = one.staticData;
			this.hasCopied = true;
		}
		await this.act('publish', triggers, trouble, async () => await this.register(triggers));
	}

	private async edit(which: Which, takeOver?: boolean, trouble?: Trouble): Promise<void> {
		const triggers = this.together([which]).filter(({ published }) => published);
		const options = { takeOver: takeOver ?? this.takesOver(this.trigger(which)) };
		const change = () => (this.trigger(which).node.parameters.additionalOptions = options);
		if (triggers.length === 0) return void change();
		await this.act('edit', triggers, trouble, async () => {
			const { length } = this.kpn.changes;
			const held = triggers.some(({ url }) => url === this.kpn.url);
			this.unpublishedAt = this.clock.now();
			for (const trigger of triggers) await this.tried(trigger.unpublish());
			change();
			await this.register(triggers);
			const urls = this.kpn.changes.slice(length).map(({ after }) => after?.webhook_url);
			if (held && this.isPublished(triggers) && urls.some((url) => url !== this.kpn.url)) {
				this.broken.push('while it was edited, KPN did not send to it');
			}
		});
	}

	private isPublished = (triggers: TriggerHost[]): boolean =>
		triggers.every((one) => one.published);

	/** Workflows at the same time; the triggers of one as well in n8n 2.x, in 1.x in turn, and all or none. */
	private async register(triggers: TriggerHost[]): Promise<void> {
		this.kpn.taking = triggers.map((trigger) => this.takingOf(trigger, false));
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
			this.unpublishedAt = this.clock.now();
			for (const trigger of done) await this.tried(trigger.unpublish());
			// n8n 1.x stores nothing of a workflow that it could not publish as a whole.
			if (triggers.length > 1) {
				for (const [index, one] of triggers.entries()) one.staticData = saved[index] ?? '{}';
				if (done.length > 0) this.unsavedAt = this.clock.now();
			}
			return;
		}
		this.counts.published += done.length;
		const [only, other] = this.n8ns;
		if (only?.processes.length === 1 && !other) this.kpn.hasToldRetired = true;
		if (!done.some(({ url }) => this.kpn.url === url)) {
			this.broken.push('published, and KPN sends elsewhere');
		}
	}

	private async unpublish(which: Which, trouble?: Trouble): Promise<void> {
		const triggers = this.together([which]).filter(({ published }) => published);
		if (triggers.length === 0) return;
		await this.act('unpublish', triggers, trouble, async () => {
			this.unpublishedAt = this.clock.now();
			for (const trigger of triggers) await this.tried(trigger.unpublish());
		});
	}

	private async listen(which: Which, trouble?: Trouble): Promise<void> {
		const trigger = this.trigger(which);
		if (this.listening.has(trigger)) return;
		await this.act('listen', [trigger], trouble, async () => {
			this.kpn.taking = [this.takingOf(trigger, true)];
			await this.tried(trigger.listenForTest().then((end) => this.listening.set(trigger, end)));
		});
	}

	private async stopListening(which: Which, trouble?: Trouble): Promise<void> {
		await this.ends(this.trigger(which), trouble);
	}

	private async ends(trigger: TriggerHost, trouble?: Trouble): Promise<void> {
		const end = this.listening.get(trigger);
		if (!end) return;
		this.listening.delete(trigger);
		await this.act(
			'stop listening',
			[trigger],
			trouble,
			async () => void (await this.tried(end())),
		);
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
		this.kpn.during = during;
		if (trouble?.kind === 'killed') n8ns[0]?.main.killAt(trouble);
		if (trouble?.kind === 'answer') this.kpn.inject(trouble.skip, trouble.times, trouble.answer);
		if (trouble || this.kpn.is !== 'up') this.isLeft = true;
		const killed = n8ns.map(async ({ main }) => await main.killed);
		await this.waited(Promise.race([task(), ...killed]));
		for (const n8n of n8ns) n8n.main.killAt(undefined);
		if (trouble?.kind === 'answer') await this.kpn.be(this.kpn.is);
		for (const n8n of n8ns.filter(({ main }) => !main.alive)) {
			// What was to be unpublished still is published, and n8n 1.x goes on publishing.
			for (const [index, trigger] of triggers.entries()) {
				trigger.published = before[index] === true || this.history.n8n === '1.x';
			}
			await this.restart(n8n, 0);
		}
		this.kpn.during = '';
		this.kpn.taking = [];
	}

	private async restart(n8n: HistoryN8n, downFor: number): Promise<void> {
		// Nobody gives back any more what was about to be given back, and a test is never ended.
		const isWaiting = this.clock.now() - this.unpublishedAt < SOON_MS;
		if (this.clock.now() - this.unsavedAt < SOON_MS) this.excuses.add(UNSAVED);
		if (isWaiting || n8n.triggers.some((one) => this.listening.has(one))) this.isLeft = true;
		this.counts.killed++;
		n8n.kill();
		await this.passTo(this.clock.now() + downFor * 1000);
		n8n.start();
		for (const trigger of n8n.triggers) this.listening.delete(trigger);
		if (this.history.n8n === '2.x') return;
		const published = n8n.triggers.filter((one) => one.published);
		this.kpn.during = 'start';
		this.kpn.taking = published.map((trigger) => this.takingOf(trigger, false));
		for (const trigger of published) await this.waited(this.tried(trigger.restart1x()));
		this.kpn.during = '';
		this.kpn.taking = [];
	}

	private async forge({ how, times }: Extract<Step, { do: 'forge' }>): Promise<void> {
		for (let time = 0; time < times; time++) {
			const url = this.triggers.find(({ published }) => published)?.url ?? this.trigger(0).url;
			const request =
				how === 'replayed' ? this.deliveries.replay() : this.deliveries.forge(how, url);
			await this.waited(request);
			await this.settle();
		}
	}

	/** KPN's attempts that are due. */
	private async attempts(): Promise<void> {
		if (this.deliveries.nextAt > this.clock.now()) return;
		const killed: HistoryN8n[] = [];
		const tested = new Set<TriggerHost>();
		await this.waited(
			this.deliveries.makeDue(({ n8n, trigger, isTest }, step, isFirst) => {
				const { length } = trigger.executions;
				let more = 0;
				if (isFirst) {
					this.hinder(trigger, step, (isStored) => {
						n8n.kill();
						killed.push(n8n);
						if (isStored) more++;
					});
				}
				return () => {
					trigger.failToStart = false;
					trigger.whileStoring = trigger.onStored = undefined;
					if (isTest && trigger.executions.length > length) tested.add(trigger);
					return more;
				};
			}),
		);
		for (const n8n of new Set(killed)) await this.restart(n8n, 0);
		// n8n stops listening with the first event.
		for (const trigger of tested) await this.ends(trigger);
		await this.settle();
	}

	private hinder(trigger: TriggerHost, { first }: EventStep, kill: (isStored: boolean) => void) {
		if (first === 'n8n cannot start it') trigger.failToStart = true;
		if (first === 'killed before it is stored') trigger.whileStoring = async () => kill(false);
		if (first === 'killed once it is stored') trigger.onStored = () => kill(true);
	}

	/** Lets time pass, and all happen that is due until then. */
	private async passTo(time: number): Promise<void> {
		for (let next = this.deliveries.nextAt; next <= time; next = this.deliveries.nextAt) {
			this.clock.passTo(next);
			await this.settle();
			await this.attempts();
		}
		this.clock.passTo(time);
		await this.settle();
	}

	/** Where KPN leaves a call without an answer, time passes until that is given up. */
	private async waited(task: Promise<unknown>): Promise<void> {
		let isOver = false;
		const over = task.finally(() => (isOver = true));
		while (!isOver) {
			if (!this.kpn.mayHang) return void (await over);
			const { length } = this.kpn.sandbox.settingsCalls;
			await Promise.race([over, delay(4)]);
			const isStill = this.kpn.sandbox.settingsCalls.length === length;
			if (!isOver && isStill && this.inFlight > 0) this.timeOut();
		}
		await over;
	}

	/** Until nothing goes on in n8n that only needs an answer. */
	private async settle(): Promise<void> {
		for (let quiet = 0; quiet < 3; quiet++) {
			await turn();
			if (this.inFlight === 0) continue;
			quiet = -1;
			if (!this.kpn.mayHang) continue;
			const { length } = this.kpn.sandbox.settingsCalls;
			await delay(4);
			if (this.kpn.sandbox.settingsCalls.length === length) this.timeOut();
		}
	}

	private timeOut(): void {
		this.clock.passTo(this.clock.now() + TOO_LONG_MS);
		for (const { processes } of this.n8ns) for (const process of processes) process.timeOut();
	}

	private get inFlight(): number {
		const processes = this.n8ns.flatMap((n8n) => n8n.processes).filter(({ alive }) => alive);
		return processes.reduce((sum, { inFlight }) => sum + inFlight, 0);
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

	private trigger(which: Which): TriggerHost {
		const trigger = this.triggers[which];
		if (!trigger) throw new Error(`There is no trigger ${which}`);
		return trigger;
	}

	/** The triggers of a workflow are published with each other. */
	private together(chosen: Which[]): TriggerHost[] {
		return this.history.second === 'trigger'
			? [...this.triggers]
			: chosen.map((one) => this.trigger(one));
	}

	private takesOver({ node }: TriggerHost): boolean {
		const { takeOver } = (node.parameters.additionalOptions ?? {}) as { takeOver?: boolean };
		return takeOver === true;
	}

	private takingOf(trigger: TriggerHost, isTest: boolean): Taking {
		const url = isTest ? trigger.testUrl : trigger.url;
		return { url, takeOver: this.takesOver(trigger), isTest };
	}
}
