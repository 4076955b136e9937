import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';

import { draggedFields } from '../../../nodes/KpnSms/operations/draggedFields';
import { EXPRESSIONS } from '../expressions';

/** Compares what is read of its expressions, for each item, with what this n8n evaluates. */
export class DraggedFields implements INodeType {
	description: INodeType['description'] = {
		displayName: 'Dragged Fields',
		name: 'draggedFields',
		group: ['transform'],
		version: 1,
		description: 'Compares',
		defaults: { name: 'Dragged Fields' },
		inputs: ['main'],
		outputs: ['main'],
		properties: Array.from({ length: EXPRESSIONS }, (_, index) => ({
			displayName: `Value ${index}`,
			name: `value${index}`,
			type: 'string' as const,
			default: '',
		})),
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		let read = 0;
		const differences: string[] = [];
		for (const [itemIndex, { json }] of this.getInputData().entries()) {
			for (let index = 0; index < EXPRESSIONS; index++) {
				const stored = this.getNodeParameter(`value${index}`, 0, '', { rawExpressions: true });
				const value = draggedFields(stored)?.(json);
				if (value === undefined) continue;
				read++;
				const evaluated = this.getNodeParameter(`value${index}`, itemIndex);
				if (Object.is(value, evaluated)) continue;
				differences.push(JSON.stringify({ stored, value, evaluated }));
			}
		}
		return [[{ json: { read, differences }, pairedItem: 0 }]];
	}
}
