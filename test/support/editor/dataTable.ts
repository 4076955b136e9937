import type { N8nRest } from '../../../dev/n8n/rest';

interface Table {
	id: string;
	name: string;
	project?: { id: string };
	projectId?: string;
}

/** The rows of a data table, as n8n's own editor reads them; none where there is no such table. */
export async function rowsOf(rest: N8nRest, name: string): Promise<Array<Record<string, unknown>>> {
	const { data } = await rest.get<{ data: Table[] }>('/data-tables-global');
	const table = data.find((one) => one.name === name);
	if (!table) return [];
	const project = table.project?.id ?? table.projectId ?? '';
	const path = `/projects/${project}/data-tables/${table.id}/rows`;
	return (await rest.get<{ data: Array<Record<string, unknown>> }>(path)).data;
}
