import '../../dev/engineHome';

import fc from 'fast-check';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { Workflow } from 'n8n-workflow';

import { nodeTypes } from '../../dev/engine';
import { draggedFields } from '../../nodes/KpnSms/operations/draggedFields';
import { expressionOver, json } from '../support/draggedExpressions';
import { smsNode } from '../support/engine/engineSetup';

/** n8n’s own evaluation is right by definition: what is read without it must come to the same. */
const workflow = new Workflow({
	nodes: [smsNode()],
	connections: {},
	active: false,
	nodeTypes,
});

function evaluate(expression: string, item: IDataObject): unknown {
	const items: INodeExecutionData[] = [{ json: item }];
	return workflow.expression.getParameterValue(expression, null, 0, 0, 'SMS', items, 'manual', {});
}

test('what is read of any dragged fields of any item is what n8n evaluates', () => {
	let read = 0;
	fc.assert(
		fc.property(json, fc.infiniteStream(fc.nat()), (item, choices) => {
			const expression = expressionOver(item, choices);
			const value = draggedFields(expression)?.(item);
			if (value === undefined) return;
			read++;
			expect(value).toEqual(evaluate(expression, item));
		}),
		{ numRuns: 1000 },
	);
	expect(read).toBeGreaterThan(100);
});

const item = {
	name: 'Ann',
	'Mobile number': '0612345670',
	body: { rows: [{ phone: 612345671 }] },
	yes: true,
	list: ['a'],
	nothing: null,
	dash: -0,
};

test.each([
	['={{ $json.name }}', 'Ann'],
	['={{$json.name}}', 'Ann'],
	["={{ $json['Mobile number'] }}", '0612345670'],
	['={{ $json["Mobile number"] }}', '0612345670'],
	['={{ $json.body.rows[0].phone }}', 612345671],
	['={{ $json.yes }}', true],
	['=Dear {{ $json.name }}, call {{ $json["Mobile number"] }}.\n"Bye" `x` $ =', undefined],
	['=Dear {{ $json.name }}, {{ $json.body.rows[0].phone }} is yours.', undefined],
])('%s is read', (expression, expected) => {
	const value = draggedFields(expression)?.(item);
	expect(value).toBe(evaluate(expression, item));
	if (expected !== undefined) expect(value).toBe(expected);
});

test.each([
	'={{ $json.nowhere }}',
	'={{ $json.nothing }}',
	'={{ $json.list }}',
	'={{ $json.list.length }}',
	'={{ $json.name.length }}',
	'={{ $json.body }}',
	'=Dear {{ $json.nowhere }}',
	'={{ $json.constructor }}',
	'={{ $json["__proto__"] }}',
	'={{ $json.toString }}',
	'={{ $json.name + "" }}',
	'={{ $json.name.trim() }}',
	'={{ $json.name /* x */ }}',
	'={{ $("Before").item.json.name }}',
	'={{ $json.name }} {{ $now }}',
	'={{ $json.name }} \\{{ $json.name }}',
	'={{ $json.name }} }}',
	'={{ $json }}',
	'=plain',
	'plain',
])('%s is left to n8n', (expression) => {
	expect(draggedFields(expression)?.(item)).toBeUndefined();
});
