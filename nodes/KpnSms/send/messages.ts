import { mapWithYield } from '../../shared/eventLoop';
import { isInvalid, type InvalidItem, type ValidItem } from '../check/checkItem';
import { KeyedHash } from '../deduplication/keyedHash';
import { KeyStore } from '../deduplication/keyStore';
import { Ledger } from '../deduplication/ledger';
import { SendOnce } from '../deduplication/sendOnce';
import type { ItemResult } from '../output/itemResult';
import { tooManyParts } from '../output/runTexts';
import { messagesOf, outcomeOf, type Message } from './message';
import type { KpnContext } from './kpnContext';
import type { RequestSettings } from '../operations/requestSettings';

/** The messages of a run, and what keeps each from being sent twice. */
export interface RunMessages {
	/** In order; more are invalid than before where the run as a whole cannot be sent. */
	items: Array<ValidItem | InvalidItem>;
	byItem: Map<ValidItem, Message[]>;
	/** Whether an earlier try of this execution had messages accepted. */
	hasAcceptedBefore: boolean;
	/** What earlier tries have settled. */
	ledger: Ledger;
	/** Set where an item has a key of Send Once Per. */
	sendOnce?: SendOnce;
}

/** Makes the messages of a run, each with what earlier tries say of it. */
export async function createMessages(
	context: KpnContext,
	{ credential }: RequestSettings,
	checked: Array<ValidItem | InvalidItem>,
): Promise<RunMessages> {
	const hash = new KeyedHash(credential);
	const ledger = Ledger.of(context, hash);
	const store = KeyStore.of(context);
	const sendOnce = store && checked.some(hasOnceKey) ? new SendOnce(store, hash) : undefined;
	const byItem = new Map<ValidItem, Message[]>();
	let hasAcceptedBefore = false;
	await mapWithYield(checked, (item) => {
		if (isInvalid(item)) return;
		const messages = messagesOf(item);
		byItem.set(item, messages);
		for (const message of messages) {
			sendOnce?.keys.add(message);
			if (item.options.dryRun) continue;
			ledger.applyPrevious(message);
			hasAcceptedBefore ||= message.outcome?.outcome === 'accepted';
		}
	});
	const keyProblem = sendOnce ? sendOnce.keys.problem : NO_STORE;
	const tooManyPartsProblem = partsProblem(
		checked,
		(item) => (byItem.get(item) ?? []).filter((message) => isUnsent(message, sendOnce)).length,
	);
	const items = checked.map((item) => {
		if (isInvalid(item)) return item;
		if (keyProblem !== undefined && hasOnceKey(item)) return invalidate(item, keyProblem);
		return tooManyPartsProblem !== undefined && !item.options.dryRun
			? invalidate(item, tooManyPartsProblem)
			: item;
	});
	return { items, byItem, hasAcceptedBefore, ledger, sendOnce };
}

/**
 * The messages that are to be sent, in order.
 *
 * @param isRetry whether an earlier try was another execution: what comes back goes there
 */
export async function findUnsent(run: RunMessages, isRetry: boolean): Promise<Message[]> {
	const { byItem, sendOnce } = run;
	const unsent: Message[] = [];
	await mapWithYield(itemsToSend(run), (item) => {
		for (const message of byItem.get(item) ?? []) {
			if (isUnsent(message, sendOnce)) unsent.push(message);
			if (!message.outcome) continue;
			if (isRetry) message.outcome = { ...message.outcome, elsewhere: true };
			sendOnce?.recordPrevious(message);
		}
	});
	return unsent;
}

/** What became of each item, once all of its messages are settled. */
export async function resultsOf({ items, byItem, sendOnce }: RunMessages): Promise<ItemResult[]> {
	const dryRunMessages = items.flatMap((item) =>
		!isInvalid(item) && item.options.dryRun ? (byItem.get(item) ?? []) : [],
	);
	const alreadySent = await sendOnce?.findSentBefore(dryRunMessages);
	return await mapWithYield(items, (item): ItemResult => {
		if (isInvalid(item)) return item;
		const messages = byItem.get(item) ?? [];
		if (!item.options.dryRun) return { item, outcomes: messages.map(outcomeOf) };
		const sentBefore = alreadySent && messages.filter((one) => alreadySent.has(one)).length;
		return { item, outcomes: [], sentBefore };
	});
}

/** The items of a run that can be sent, and are not only to be checked. */
export const itemsToSend = ({ items }: Pick<RunMessages, 'items'>): ValidItem[] =>
	items.filter((item): item is ValidItem => !isInvalid(item) && !item.options.dryRun);

const isUnsent = (message: Message, sendOnce?: SendOnce): boolean =>
	!message.outcome && !sendOnce?.keys.duplicates.has(message);

const hasOnceKey = (item: ValidItem | InvalidItem): item is ValidItem =>
	!isInvalid(item) && item.onceKey !== undefined;

const invalidate = (
	{ itemIndex, options, recipients, inputFields }: ValidItem,
	problem: string,
): InvalidItem => ({
	itemIndex,
	problems: [problem],
	dryRun: options.dryRun,
	recipient: recipients.join(', '),
	inputFields,
});

/** n8n has no store for a node that an AI Agent runs within its own turn. */
const NO_STORE =
	'Send Once Per does not work where an AI Agent runs this node within its own turn, for n8n gives it nothing to remember by there. Remove the option, or let the agent call a sub-workflow with this node.';

/** Why nothing of a run is sent: it would cost more than the user has set for all of it. */
function partsProblem(
	checkedItems: Array<ValidItem | InvalidItem>,
	countUnsent: (item: ValidItem) => number,
): string | undefined {
	const validItems = itemsToSend({ items: checkedItems });
	const maxParts = validItems.reduce(
		(min, { options }) => Math.min(min, options.maximumPartsInAll ?? Infinity),
		Infinity,
	);
	if (maxParts === Infinity) return undefined;
	const parts = validItems.reduce((sum, item) => sum + item.size.parts * countUnsent(item), 0);
	return parts > maxParts ? tooManyParts(parts, maxParts) : undefined;
}
