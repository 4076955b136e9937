import { createHash } from 'node:crypto';

import type {
	DeduplicationItemTypes,
	ICheckProcessedContextData,
	ICheckProcessedOptions,
	IDataDeduplicator,
	IDeduplicationOutput,
} from 'n8n-workflow';

/**
 * n8n's lists of processed entries in memory: for n8n's engine alone, which has no database. As in the
 * database, the list is read, and written later.
 */
export class InMemoryDeduplicator implements IDataDeduplicator {
	readonly lists = new Map<string, string[]>();

	/** Called before the list is written: a test may throw here, as an unavailable database does. */
	onWrite: (context: ICheckProcessedContextData) => void | Promise<void> = () => {};

	async checkProcessedAndRecord(
		items: DeduplicationItemTypes[],
		_scope: string,
		context: ICheckProcessedContextData,
		{ maxEntries }: ICheckProcessedOptions,
	): Promise<IDeduplicationOutput> {
		const list = await this.read(context);
		const processedBefore = new Set(list);
		const output: IDeduplicationOutput = { new: [], processed: [] };
		for (const item of items) {
			const hash = hashOf(item);
			if (processedBefore.has(hash)) {
				output.processed.push(item);
			} else {
				output.new.push(item);
				list.push(hash);
			}
		}
		if (maxEntries) list.splice(0, list.length - maxEntries);
		await this.write(context, list);
		return output;
	}

	async removeProcessed(
		items: DeduplicationItemTypes[],
		_scope: string,
		context: ICheckProcessedContextData,
	): Promise<void> {
		const list = await this.read(context);
		for (const item of items) {
			const index = list.indexOf(hashOf(item));
			if (index !== -1) list.splice(index, 1);
		}
		await this.write(context, list);
	}

	async clearAllProcessedItems(_scope: string, context: ICheckProcessedContextData): Promise<void> {
		this.lists.delete(nameOf(context));
	}

	async getProcessedDataCount(
		_scope: string,
		context: ICheckProcessedContextData,
	): Promise<number> {
		return this.lists.get(nameOf(context))?.length ?? 0;
	}

	private async read(context: ICheckProcessedContextData): Promise<string[]> {
		await new Promise(setImmediate);
		return [...(this.lists.get(nameOf(context)) ?? [])];
	}

	private async write(context: ICheckProcessedContextData, list: string[]): Promise<void> {
		await new Promise(setImmediate);
		await this.onWrite(context);
		this.lists.set(nameOf(context), list);
	}
}

const nameOf = ({ workflow, node }: ICheckProcessedContextData): string =>
	`${workflow.id} ${node?.id}`;

const hashOf = (item: DeduplicationItemTypes): string =>
	createHash('md5').update(String(item)).digest('base64');
