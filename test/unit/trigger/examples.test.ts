import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { INode } from 'n8n-workflow';

const EXAMPLES = ['reports-to-data-table', 'inbound-sms-to-auto-reply', 'failed-delivery-to-email'];

test.each(EXAMPLES)(
	'%s can be imported: no credential ids, and a note on how to use it',
	async (name) => {
		const file = join(__dirname, '..', '..', '..', 'examples', `${name}.json`);
		const { nodes } = JSON.parse(await readFile(file, 'utf8')) as { nodes: INode[] };
		for (const { credentials } of nodes) {
			for (const credential of Object.values(credentials ?? {})) {
				expect(credential).toEqual({ id: null, name: expect.any(String) });
			}
		}
		const notes = nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
		expect(notes).toHaveLength(1);
		expect(nodes.filter(({ type }) => type.endsWith('.kpnSmsTrigger'))).toHaveLength(1);
		expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
	},
);
