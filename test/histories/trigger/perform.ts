import type { INode } from 'n8n-workflow';

import { startTriggerSetup, triggerNode } from '../../support/engine/triggerSetup';
import { Clock } from './clock';
import { HistoryDeliveries } from './deliveries';
import type { TriggerHistory } from './history';
import { HistoryKpn } from './kpn';
import { HistoryN8n } from './n8n';
import { PERSONAL } from './payload';
import type { TriggerRecord } from './record';
import { HistoryUser } from './user';

/** Long after the trigger takes unpublishing for meant. */
const SETTLED_MS = 20_000;

/** Does what a history says, with the trigger's own code and over HTTP, and keeps the record of it. */
export async function perform(history: TriggerHistory): Promise<TriggerRecord> {
	const clock = new Clock();
	const setting = await startTriggerSetup();
	const { sandbox, credentials, kpnId } = setting;
	const kpn = new HistoryKpn(sandbox, history);
	const first = new HistoryN8n('first', history.processes, clock, credentials);
	const n8ns =
		history.second === 'n8n' ? [first, new HistoryN8n('other', 1, clock, credentials)] : [first];
	try {
		for (const n8n of n8ns) await n8n.listen();
		const nodes = history.triggers.map(({ takeOver, events }) =>
			triggerNode({
				credentials: { kpnSmsOAuth2Api: { id: kpnId, name: 'KPN' } },
				parameters: { events, additionalOptions: { takeOver } },
			}),
		) as [INode, INode];
		const one = first.add(nodes[0], 'workflow');
		const second =
			history.second === 'n8n'
				? { ...nodes[1], id: nodes[0].id, webhookId: nodes[0].webhookId }
				: nodes[1];
		const two = (n8ns[1] ?? first).add(
			second,
			history.second === 'workflow' ? 'another' : 'workflow',
		);
		const triggers = [one, two];
		const find = (url: string) => {
			for (const [index, trigger] of triggers.entries()) {
				const n8n = n8ns.find(({ triggers: own }) => own.includes(trigger));
				if (n8n && [trigger.url, trigger.testUrl].includes(url)) {
					return { n8n, trigger, index, isTest: url === trigger.testUrl };
				}
			}
			return undefined;
		};
		const deliveries = new HistoryDeliveries(kpn, clock, find);
		const user = new HistoryUser(history, kpn, n8ns, triggers, clock, deliveries);
		for (const step of history.steps) await user.does(step);
		await user.endsAll(SETTLED_MS);
		kpn.keepCalls();
		const { publishing } = user;
		return {
			initial: history.configs.application,
			changes: kpn.changes,
			deliveries: deliveries.all,
			forged: deliveries.forged,
			executions: triggers.map(({ executions }) => executions),
			calls: [...kpn.written],
			urls: triggers.flatMap(({ url, testUrl }) => [url, testUrl]),
			last: sandbox.settings.application,
			lastExcluded: sandbox.settings.excludedFields,
			above: kpn.levelsAbove,
			unsaved: [...publishing.unsaved],
			restarts: publishing.restarts,
			broken: publishing.broken,
			kept: triggers.map(({ staticData }) => staticData).join('\n') + publishing.kept.join('\n'),
			log: triggers.flatMap(({ log }) => log).join('\n'),
			secrets: [
				...[sandbox.clientId, sandbox.clientSecret, 'of-theirs'],
				...[...kpn.secrets, ...kpn.tokens, ...PERSONAL],
			],
			counts: publishing.counts,
		};
	} finally {
		for (const n8n of n8ns) await n8n.close();
		await setting.close();
	}
}
