import type { IDataObject } from 'n8n-workflow';

/** Without the fields that have no value: in n8n's table they would be a column of red words. */
export const definedFields = (fields: IDataObject): IDataObject =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
