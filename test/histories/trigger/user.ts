import type { TriggerHost } from '../../support/engine/triggerHost';
import type { Clock } from './clock';
import type { EventStep, HistoryDeliveries } from './deliveries';
import type { Step, TriggerHistory, Trouble, Which } from './history';
import type { HistoryKpn } from './kpn';
import type { HistoryN8n } from './n8n';
import { Publishing, takesOver } from './publishing';
import { HistoryTime } from './time';

/** What people do in n8n and at KPN, and what KPN sends meanwhile, step by step. */
export class HistoryUser {
	readonly publishing: Publishing;

	private readonly time: HistoryTime;

	private hasCopied = false;

	constructor(
		private readonly history: TriggerHistory,
		private readonly kpn: HistoryKpn,
		private readonly n8ns: HistoryN8n[],
		private readonly triggers: TriggerHost[],
		clock: Clock,
		private readonly deliveries: HistoryDeliveries,
	) {
		kpn.published = () => triggers.filter((one) => one.published).map(({ url }) => url);
		const deliver = async () => await this.attempts();
		this.time = new HistoryTime(clock, kpn, n8ns, deliveries, deliver);
		this.publishing = new Publishing(history, kpn, n8ns, this.time);
	}

	async does(step: Step): Promise<void> {
		await this.do(step);
		await this.time.settle();
		await this.attempts();
	}

	/**
	 * Whoever has published unpublishes, and does what the log asks for where something went wrong: first
	 * with the workflow that KPN sends to.
	 */
	async endsAll(settledMs: number): Promise<void> {
		await this.kpn.be('up');
		for (const again of [false, true]) {
			const log = this.triggers.flatMap((trigger) => trigger.log).join();
			if (again && !this.publishing.isLeft && !log.includes('may still send')) break;
			const first = again && this.kpn.url === this.trigger(1).url ? 1 : 0;
			for (const which of [first, 1 - first] as Which[]) {
				// A test URL that has outlived its test.
				if (again && this.kpn.url === this.trigger(which).testUrl) {
					await this.does({ do: 'listen', which });
				}
				await this.does({ do: 'stop listening', which });
				if (again) await this.does({ do: 'publish', which });
				await this.does({ do: 'unpublish', which });
				await this.time.passTo(this.time.now + settledMs);
			}
		}
	}

	private async do(step: Step): Promise<void> {
		const { publishing, kpn } = this;
		switch (step.do) {
			case 'publish':
				return await this.publish([step.which], step.trouble);
			case 'publish both':
				return await this.publish([0, 1]);
			case 'edit':
				return await this.edit(step);
			case 'unpublish': {
				const triggers = this.together([step.which]).filter(({ published }) => published);
				if (triggers.length > 0) await publishing.unpublish(triggers, step.trouble);
				return;
			}
			case 'listen':
				return await publishing.listen(this.trigger(step.which), step.trouble);
			case 'stop listening':
				return await publishing.stopListening(this.trigger(step.which), step.trouble);
			case 'restart':
				for (const n8n of this.n8ns) await publishing.restart(n8n, step.downFor);
				return;
			case 'event':
				return this.deliveries.begin(step);
			case 'forge':
				return await this.forge(step);
			case 'rotate':
				return kpn.rotate(step.level, step.staged);
			case 'retire':
				return kpn.retire(step.deleted);
			case 'by hand':
				return kpn.set(step.set);
			case 'kpn':
				return await kpn.be(step.is);
			case 'wait':
				return await this.time.passTo(this.time.now + step.seconds * 1000);
		}
	}

	private async publish(chosen: Which[], trouble?: Trouble): Promise<void> {
		const triggers = this.together(chosen).filter(({ published }) => !published);
		if (triggers.length === 0) return;
		const [one, two] = this.triggers;
		if (this.history.copied && !this.hasCopied && one && two && triggers.includes(two)) {
			two.staticData = one.staticData;
			this.hasCopied = true;
		}
		await this.publishing.publish(triggers, trouble);
	}

	private async edit({ which, takeOver, trouble }: Extract<Step, { do: 'edit' }>): Promise<void> {
		const edited = this.trigger(which);
		const options = { takeOver: takeOver ?? takesOver(edited) };
		const change = () => void (edited.node.parameters.additionalOptions = options);
		const triggers = this.together([which]).filter(({ published }) => published);
		if (triggers.length === 0) return change();
		await this.publishing.edit(triggers, change, trouble);
	}

	private async forge({ how, times }: Extract<Step, { do: 'forge' }>): Promise<void> {
		for (let time = 0; time < times; time++) {
			const url = this.triggers.find(({ published }) => published)?.url ?? this.trigger(0).url;
			const request =
				how === 'replayed' ? this.deliveries.replay() : this.deliveries.forge(how, url);
			await this.time.waited(request);
			await this.time.settle();
		}
	}

	/** KPN's attempts that are due. */
	private async attempts(): Promise<void> {
		if (this.deliveries.nextAt > this.time.now) return;
		const killed: HistoryN8n[] = [];
		const tested = new Set<TriggerHost>();
		await this.time.waited(
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
		for (const n8n of new Set(killed)) await this.publishing.restart(n8n, 0);
		// n8n stops listening with the first event.
		for (const trigger of tested) await this.publishing.stopListening(trigger);
		await this.time.settle();
	}

	private hinder(trigger: TriggerHost, { first }: EventStep, kill: (isStored: boolean) => void) {
		if (first === 'n8n cannot start it') trigger.failToStart = true;
		if (first === 'killed before it is stored') trigger.whileStoring = async () => kill(false);
		if (first === 'killed once it is stored') trigger.onStored = () => kill(true);
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
}
