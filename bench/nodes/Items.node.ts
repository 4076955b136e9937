import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';

/** As many guests as are asked for, each with a number, and a text for those who take it as it is. */
export class Items implements INodeType {
	description: INodeType['description'] = {
		displayName: 'Items',
		name: 'items',
		group: ['transform'],
		version: 1,
		description: 'Makes items to be sent',
		defaults: { name: 'Items' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [{ displayName: 'Count', name: 'count', type: 'number', default: 1 }],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const run = this.getExecutionId();
		const count = this.getNodeParameter('count', 0) as number;
		return [
			Array.from({ length: count }, (_, index) => {
				const name = `Guest ${index}`;
				const table = index % 90;
				return {
					json: {
						name,
						table,
						key: `${run}-${index}`,
						mobile_number: `+316${12_300_000 + index}`,
						content: `Hello ${name}, table ${table} is yours.`,
					},
					pairedItem: 0,
				};
			}),
		];
	}
}
